#include "registry/class_table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "registry/class_command.h"

#define ROWS_MAX 64
#define STRINGS_MAX 48
#define STRING_FIXED 160 // the constant parts of any one key, a class id and a ProgID

typedef struct builder {
    hp_class_table *table;
    size_t used, capacity;
} builder;

static int is_letter(wchar_t c) {
    return (c >= L'a' && c <= L'z') || (c >= L'A' && c <= L'Z');
}

static int is_digit(wchar_t c) {
    return c >= L'0' && c <= L'9';
}

static wchar_t lower(wchar_t c) {
    return c >= L'A' && c <= L'Z' ? (wchar_t)(c + (L'a' - L'A')) : c;
}

static int same_text(const wchar_t *a, const wchar_t *b) {
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

int hp_class_table_progid_valid(const wchar_t *progid) {
    if (!progid || is_digit(progid[0]))
        return 0;
    size_t length = 0, part = 0;
    for (; progid[length]; length++) {
        wchar_t c = progid[length];
        if (length == HP_CLASS_PROGID_MAX || (c == L'.' && part == 0))
            return 0;
        if (c != L'.' && !is_letter(c) && !is_digit(c))
            return 0;
        part = c == L'.' ? 0 : part + 1;
    }
    return part > 0;
}

static size_t decimal(uint32_t number, wchar_t text[11]) {
    wchar_t digits[10];
    size_t count = 0;
    do {
        digits[count++] = (wchar_t)(L'0' + number % 10);
        number /= 10;
    } while (number);
    for (size_t i = 0; i < count; i++)
        text[i] = digits[count - 1 - i];
    text[count] = 0;
    return count;
}

HRESULT hp_class_table_versioned(const wchar_t *progid, uint32_t version, wchar_t *text) {
    text[0] = 0;
    wchar_t number[11];
    if (!hp_class_table_progid_valid(progid) || version == 0 ||
        wcslen(progid) + 1 + decimal(version, number) > HP_CLASS_PROGID_MAX)
        return E_INVALIDARG;
    wcscpy(text, progid);
    wcscat(text, L".");
    wcscat(text, number);
    return S_OK;
}

uint32_t hp_class_table_version_of(const wchar_t *progid, const wchar_t *versioned) {
    for (; *progid; progid++, versioned++) {
        if (lower(*progid) != lower(*versioned))
            return 0;
    }
    if (*versioned++ != L'.' || *versioned == L'0' || !*versioned)
        return 0;
    uint64_t version = 0;
    for (; *versioned; versioned++) {
        if (!is_digit(*versioned))
            return 0;
        version = version * 10 + (uint64_t)(*versioned - L'0');
        if (version > UINT32_MAX)
            return 0;
    }
    return (uint32_t)version;
}

// Not more than limit + 1 characters are looked at.
static size_t length_within(const wchar_t *text, size_t limit) {
    size_t length = 0;
    while (length <= limit && text[length])
        length++;
    return length;
}

static int is_class_id(const wchar_t *text) {
    if (!text || length_within(text, HP_CLASS_ID_CHARS) != HP_CLASS_ID_CHARS - 1)
        return 0;
    static const wchar_t shape[] = L"{########-####-####-####-############}";
    for (size_t i = 0; shape[i]; i++) {
        wchar_t c = lower(text[i]);
        if (shape[i] == L'#' ? !is_digit(c) && !(c >= L'a' && c <= L'f') : c != shape[i])
            return 0;
    }
    return 1;
}

const char *hp_class_table_complaint(const hp_class_plan *plan) {
    wchar_t versioned[HP_CLASS_PROGID_MAX + 1];
    if (!hp_class_table_progid_valid(plan->progid))
        return "the ProgID must have at most 39 characters, letters, digits and single periods, and begin "
               "with a letter";
    if (plan->version == 0)
        return "the version must be at least 1";
    if (hp_class_table_versioned(plan->progid, plan->version, versioned) != S_OK)
        return "ProgID and version together must have at most 39 characters";
    if (plan->name && length_within(plan->name, HP_CLASS_NAME_MAX) > HP_CLASS_NAME_MAX)
        return "the name must have at most 255 characters";
    if (!is_class_id(plan->clsid))
        return "the class id is malformed";
    if (!plan->exe || length_within(plan->exe, HP_CLASS_EXE_MAX) > HP_CLASS_EXE_MAX)
        return "the path of the EXE is missing or too long";
    if (!hp_class_command_path_full(plan->exe))
        return "the path of the EXE must be a full one, to a file, without quotation marks";
    if (plan->arch != HP_ARCH_X64 && plan->arch != HP_ARCH_X86)
        return "the architecture is neither x64 nor x86";
    return NULL;
}

// Joins strings, up to a NULL, in the table's block; its capacity is an upper bound, see
// hp_class_table_build.
static const wchar_t *join(builder *b, const wchar_t *first, ...) {
    wchar_t *text = b->table->strings + b->used;
    size_t length = 0;
    va_list parts;
    va_start(parts, first);
    for (const wchar_t *part = first; part; part = va_arg(parts, const wchar_t *)) {
        size_t count = wcslen(part);
        if (b->used + length + count + 1 > b->capacity)
            break;
        memcpy(text + length, part, count * sizeof(wchar_t));
        length += count;
    }
    va_end(parts);
    text[length] = 0;
    b->used += length + 1;
    return text;
}

#define JOIN(b, ...) join(b, __VA_ARGS__, (const wchar_t *)NULL)

static void add_row(builder *b, hp_class_row row) {
    for (int view = HP_CLASS_VIEW_64; view <= HP_CLASS_VIEW_32; view++) {
        row.view = (hp_class_view)view;
        b->table->rows[b->table->count++] = row;
    }
}

static void add(builder *b, unsigned flags, const wchar_t *key, const wchar_t *value, const wchar_t *text) {
    add_row(b,
            (hp_class_row){.key = key, .value = value, .text = text, .type = HP_CLASS_TEXT, .flags = flags});
}

static void add_class(builder *b, const hp_class_plan *plan, const wchar_t *name, const wchar_t *versioned) {
    const wchar_t *key = JOIN(b, HP_CLASS_ROOT, L"\\CLSID\\", plan->clsid);
    const wchar_t *clsid = JOIN(b, plan->clsid);
    wchar_t number[11];
    decimal(plan->version, number);
    add_row(b, (hp_class_row){.key = key,
                              .value = HP_CLASS_MARK,
                              .number = HP_CLASS_MARK_VERSION,
                              .type = HP_CLASS_NUMBER,
                              .flags = HP_CLASS_ROW_MARK | HP_CLASS_ROW_OWN});
    add(b, HP_CLASS_ROW_OWN, key, HP_CLASS_MARK_ARCH, plan->arch == HP_ARCH_X64 ? L"x64" : L"x86");
    add(b, HP_CLASS_ROW_OWN, key, NULL, name);
    add(b, HP_CLASS_ROW_OWN, key, L"AppID", clsid);
    add(b, HP_CLASS_ROW_OWN, JOIN(b, key, L"\\ProgID"), NULL, versioned);
    add(b, HP_CLASS_ROW_OWN, JOIN(b, key, L"\\VersionIndependentProgID"), NULL, JOIN(b, plan->progid));
    add(b, HP_CLASS_ROW_OWN, JOIN(b, key, L"\\Version"), NULL, JOIN(b, number, L".0"));
    add(b, HP_CLASS_ROW_OWN, JOIN(b, key, L"\\TypeLib"), NULL, HP_CLASS_LIBID);
    add(b, HP_CLASS_ROW_OWN, JOIN(b, key, L"\\LocalServer32"), NULL, JOIN(b, L"\"", plan->exe, L"\""));
}

static void add_app(builder *b, const hp_class_plan *plan, const wchar_t *name) {
    const wchar_t *file = plan->exe + hp_class_command_file_at(plan->exe);
    add(b, HP_CLASS_ROW_OWN, JOIN(b, HP_CLASS_ROOT, L"\\AppID\\", plan->clsid), NULL, name);
    add(b, HP_CLASS_ROW_SHARED, JOIN(b, HP_CLASS_ROOT, L"\\AppID\\", file), L"AppID", JOIN(b, plan->clsid));
}

// HELPDIR is the folder of the EXE, as it is when nobody names a better one.
static void add_library(builder *b, const hp_class_plan *plan) {
    const wchar_t *key = JOIN(b, HP_CLASS_ROOT, L"\\TypeLib\\" HP_CLASS_LIBID L"\\1.0");
    wchar_t *folder = b->table->strings + b->used;
    (void)JOIN(b, plan->exe);
    size_t end = hp_class_command_file_at(folder);
    folder[end > 3 ? end - 1 : end] = 0; // "C:\" keeps its backslash
    add(b, 0, key, NULL, L"Hotpatch 1.0: live update of a running program");
    add(b, 0, JOIN(b, key, L"\\FLAGS"), NULL, L"0");
    add(b, 0, JOIN(b, key, L"\\HELPDIR"), NULL, folder);
    add(b, 0, JOIN(b, key, plan->arch == HP_ARCH_X64 ? L"\\0\\win64" : L"\\0\\win32"), NULL,
        JOIN(b, plan->exe));
}

// CLSID before the label: rows are taken back in reverse, and the label is ours only while CLSID still is.
static void add_progid(builder *b, unsigned flags, const wchar_t *progid, const wchar_t *clsid,
                       const wchar_t *name) {
    const wchar_t *key = JOIN(b, HP_CLASS_ROOT, L"\\", progid);
    add(b, flags, JOIN(b, key, L"\\CLSID"), NULL, JOIN(b, clsid));
    add(b, flags | HP_CLASS_ROW_LABEL, key, NULL, name);
}

HRESULT hp_class_table_build(const hp_class_plan *plan, hp_class_table *table) {
    *table = (hp_class_table){0};
    if (hp_class_table_complaint(plan))
        return E_INVALIDARG;
    builder b = {.table = table};
    wchar_t text[HP_CLASS_PROGID_MAX + 1];
    HRESULT hr = hp_class_table_versioned(plan->progid, plan->version, text);
    if (FAILED(hr))
        return hr;
    const wchar_t *given = plan->name && plan->name[0] ? plan->name : plan->progid;
    b.capacity = STRINGS_MAX * (STRING_FIXED + wcslen(given)) + 4 * (wcslen(plan->exe) + 3);
    table->rows = calloc(ROWS_MAX, sizeof *table->rows);
    table->strings = malloc(b.capacity * sizeof *table->strings);
    if (!table->rows || !table->strings) {
        hp_class_table_free(table);
        return E_OUTOFMEMORY;
    }
    const wchar_t *versioned = JOIN(&b, text);
    const wchar_t *name = JOIN(&b, given);
    add_class(&b, plan, name, versioned);
    add_app(&b, plan, name);
    add_library(&b, plan);
    add_progid(&b, 0, versioned, plan->clsid, name);
    add_progid(&b, HP_CLASS_ROW_CURRENT, plan->progid, plan->clsid, name);
    add(&b, HP_CLASS_ROW_CURRENT, JOIN(&b, HP_CLASS_ROOT, L"\\", plan->progid, L"\\CurVer"), NULL, versioned);
    return S_OK;
}

void hp_class_table_free(hp_class_table *table) {
    free(table->rows);
    free(table->strings);
    *table = (hp_class_table){0};
}

const hp_class_row *hp_class_table_find(const hp_class_table *table, const hp_class_row *row) {
    for (size_t i = 0; i < table->count; i++) {
        const hp_class_row *other = &table->rows[i];
        if (other->view == row->view && same_text(other->key, row->key) &&
            same_text(other->value ? other->value : L"", row->value ? row->value : L""))
            return other;
    }
    return NULL;
}
