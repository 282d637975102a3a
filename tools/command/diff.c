// hotpatch diff: which functions of a newer image can replace those of an older one while it runs.
#include "tools/command/diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxygen/signature.h"
#include "tools/print.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: hotpatch diff [OPTION...] OLD NEW [PATTERN...]\n"
    "Compares two images, the app that runs and its update: which functions can be replaced live, and which\n"
    "cannot, and why. What counts is what attach goes by: the tables of \"hotpatch prepare\", and what is "
    "marked\n"
    "in the source with HP_PATCHABLE, HP_EXPORT and HP_OFFER. \"*\" marks functions that NEW offers to apps; "
    "they\n"
    "come first.\n"
    "Patterns choose functions by name: \"*\" is any characters, \"?\" one.\n"
    "Each has to match a function of NEW.\n\n"
    "  --json        an object: old, new, replaceable, functions\n"
    "  --color=WHEN  auto (default: if stdout is a terminal and NO_COLOR is not set), always, never\n"
    "  -h, --help    this text\n\n"
    "Exit codes: 0 every function that NEW offers (if it offers none: every one that both have) can be\n"
    "replaced; 1 some cannot, the images have no function in common, or a pattern matches none of NEW;\n"
    "2 the command line cannot be understood; 3 an image cannot be read, or knows\n"
    "nothing of its functions.\n";

const hp_known_function *hp_diff_known(const hp_diff_verdict *it) {
    return it->side == HP_DIFF_OLD ? &it->old : &it->new;
}

int hp_diff_is_offered(const hp_diff_verdict *it) {
    return it->side != HP_DIFF_OLD && it->new.replacement != 0;
}

/* Where OLD says nothing, NEW is believed. */
static void judge_signatures(const hp_diff_comparison *both, hp_diff_verdict *it) {
    char old[HP_SIGNATURE_MAX + 1], new[HP_SIGNATURE_MAX + 1];
    hp_signature parsed;
    hp_signature_error error = {0};
    hp_known_signature(&both->old.known, &it->old, old);
    hp_known_signature(&both->new.known, &it->new, new);
    if (FAILED(it->old.callable) || FAILED(it->new.callable)) {
        const int is_old = FAILED(it->old.callable);
        it->result = is_old ? it->old.callable : it->new.callable;
        snprintf(it->detail, sizeof it->detail, "in %s: %.380s", is_old ? "OLD" : "NEW", is_old ? old : new);
    } else if (it->new.callable == S_FALSE) {
        it->result = HP_E_SIGNATURE_UNKNOWN;
        snprintf(it->detail, sizeof it->detail,
                 "in NEW: it has neither a written signature nor a prepared one");
    } else if (it->old.callable == S_FALSE) {
        it->result = hp_signature_parse(new, both->new.binary.pe.arch, &parsed, &error);
        if (FAILED(it->result))
            snprintf(it->detail, sizeof it->detail, "in NEW: %s", error.reason);
    } else {
        it->result = hp_signature_compare(old, new, both->new.binary.pe.arch, it->detail, sizeof it->detail);
    }
}

static void judge(const hp_diff_comparison *both, hp_diff_verdict *it) {
    const hp_arch old = both->old.binary.pe.arch, new = both->new.binary.pe.arch;
    if (old != new) {
        it->result = HP_E_SERVER_ARCHITECTURE;
        snprintf(it->detail, sizeof it->detail, "OLD is %s, NEW is %s", hp_binary_arch(old),
                 hp_binary_arch(new));
    } else if (FAILED(it->old.patchable)) {
        it->result = it->old.patchable;
        snprintf(it->detail, sizeof it->detail, "OLD cannot be patched there");
    } else {
        judge_signatures(both, it);
    }
}

static int by_offer(const void *a, const void *b) {
    const hp_diff_verdict *one = a, *other = b;
    const int first = hp_diff_is_offered(one), second = hp_diff_is_offered(other);
    return first != second ? second - first : strcmp(hp_diff_known(one)->name, hp_diff_known(other)->name);
}

/* What NEW has, looked for in OLD as attach does it. */
static void add_new(hp_diff_comparison *both, const hp_known_function *function) {
    hp_diff_verdict *it = &both->items[both->count++];
    *it = (hp_diff_verdict){.side = HP_DIFF_BOTH, .new = *function};
    it->result = hp_known_look(&both->old.known, function->name, &it->old);
    if (SUCCEEDED(it->result)) {
        judge(both, it);
    } else if (it->result == HP_E_NAME_UNKNOWN) {
        it->side = HP_DIFF_NEW;
        if (it->old.name)
            snprintf(it->detail, sizeof it->detail, "OLD has %.255s, a static function is another one",
                     it->old.name);
    } else {
        snprintf(it->detail, sizeof it->detail, "in OLD, %.255s is one of them", it->old.name);
    }
}

static void add_old(hp_diff_comparison *both, const hp_known_function *function) {
    hp_known_function ignored;
    if (hp_known_look(&both->new.known, function->name, &ignored) == HP_E_NAME_UNKNOWN)
        both->items[both->count++] =
            (hp_diff_verdict){.side = HP_DIFF_OLD, .old = *function, .result = HP_E_NAME_UNKNOWN};
}

static int can_go(const hp_diff_verdict *it) {
    return it->side == HP_DIFF_BOTH && SUCCEEDED(it->result);
}

/* Those that could be replaced first, by what they mean in OLD. */
static int by_place(const void *a, const void *b) {
    const hp_diff_verdict *one = a, *other = b;
    if (can_go(one) != can_go(other))
        return can_go(other) - can_go(one);
    if (one->old.rva != other->old.rva)
        return one->old.rva > other->old.rva ? 1 : -1;
    return hp_diff_is_offered(other) - hp_diff_is_offered(one);
}

/* Nobody has offered two names of one function: each of them could be. */
static int stands_alone(const hp_diff_verdict *it) {
    return !hp_diff_is_offered(it) && strcmp(it->new.name, it->old.name) == 0;
}

static void refuse_twin(hp_diff_verdict *it, const hp_diff_verdict *other) {
    if (stands_alone(it))
        return;
    it->result = HP_E_ADDRESS_SHARED;
    snprintf(it->detail, sizeof it->detail, "%.300s", other->new.name);
}

/* "add" and "add(i32)" of NEW may both mean OLD's "add". As attach does it: of those that are offered both
   are refused; the one that is offered is not disturbed by others. */
static void refuse_twins(hp_diff_comparison *both) {
    hp_diff_verdict *items = both->items;
    qsort(items, both->count, sizeof *items, by_place);
    for (size_t i = 0, end; i < both->count && can_go(&items[i]); i = end) {
        for (end = i + 1; end < both->count && can_go(&items[end]) && items[end].old.rva == items[i].old.rva;
             end++)
            refuse_twin(&items[end], &items[i]);
        if (end > i + 1 && hp_diff_is_offered(&items[i]) == hp_diff_is_offered(&items[i + 1]))
            refuse_twin(&items[i], &items[i + 1]);
    }
}

static void choose(hp_diff_comparison *both, char *const *patterns, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < both->count; i++)
        if (hp_binary_is_chosen(hp_diff_known(&both->items[i])->name, patterns, count))
            both->items[kept++] = both->items[i];
    both->count = kept;
}

static HRESULT compare(hp_diff_comparison *both, char *const *patterns, size_t count, hp_trouble *trouble) {
    const hp_known *old = &both->old.known, *new = &both->new.known;
    both->items = calloc(old->count + new->count + 1, sizeof *both->items);
    if (!both->items)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    for (size_t i = 0; i < new->count; i++)
        add_new(both, &new->all[i]);
    for (size_t i = 0; i < old->count; i++)
        add_old(both, &old->all[i]);
    refuse_twins(both); /* also for names that the patterns do not choose */
    choose(both, patterns, count);
    qsort(both->items, both->count, sizeof *both->items, by_offer);
    return S_OK;
}

/* Is everything replaceable that counts? And a line about it. */
static int conclude(const hp_diff_comparison *both, int chosen) {
    size_t count[3] = {0}, live = 0, offered = 0, offered_live = 0;
    for (size_t i = 0; i < both->count; i++) {
        const hp_diff_verdict *it = &both->items[i];
        const int good = SUCCEEDED(it->result), offers = hp_diff_is_offered(it);
        count[it->side]++;
        live += (size_t)good;
        offered += (size_t)offers;
        offered_live += (size_t)(offers && good);
    }
    hp_print_note(
        "%zu of %zu functions can be replaced live, %zu of %zu that NEW offers; %zu only in OLD, %zu "
        "only in NEW",
        live, count[HP_DIFF_BOTH], offered_live, offered, count[HP_DIFF_OLD], count[HP_DIFF_NEW]);
    if (count[HP_DIFF_BOTH] == 0)
        hp_print_note("hotpatch diff: OLD and NEW have no %sfunction in common", chosen ? "such " : "");
    return count[HP_DIFF_BOTH] > 0 && (offered ? offered_live == offered : live == count[HP_DIFF_BOTH]);
}

/* Marks are enough; a table that is there must be sound. */
static HRESULT open_image(const char *path, hp_diff_image *image, hp_trouble *trouble) {
    hp_trouble missing = {0};
    HRESULT hr = hp_binary_open(path, &image->binary, trouble);
    if (FAILED(hr))
        return hr;
    hr = hp_binary_table(&image->binary, path, &missing);
    if (SUCCEEDED(hr) || hr == HP_E_TABLE_MISSING) {
        const HRESULT known = hp_known_open(&image->binary.pe, &image->binary.table, &image->known);
        if (FAILED(known))
            return hp_trouble_set(trouble, known, path, "what is marked in the source (.hpfn)");
        if (image->known.count > 0)
            return S_OK;
    }
    return SUCCEEDED(hr) ? hr : hp_trouble_set(trouble, hr, path, "%s", missing.detail);
}

static void close_image(hp_diff_image *image) {
    hp_known_close(&image->known);
    hp_binary_close(&image->binary);
}

/* What matches nothing of NEW is a mistake. */
static int match(const hp_known *new, const char *path, char **patterns, size_t count) {
    int good = 1;
    for (size_t k = 0; k < count; k++) {
        int matches = 0;
        for (size_t i = 0; i < new->count && !matches; i++)
            matches = hp_binary_is_chosen(new->all[i].name, &patterns[k], 1);
        if (!matches)
            hp_print_note("hotpatch diff: %s: no function matches \"%s\"", path, patterns[k]);
        good &= matches;
    }
    return good;
}

static int diff(char **operands, size_t patterns, int as_json) {
    hp_diff_comparison both = {0};
    hp_trouble trouble = {0};
    int code;
    HRESULT hr = open_image(operands[0], &both.old, &trouble);
    if (SUCCEEDED(hr))
        hr = open_image(operands[1], &both.new, &trouble);
    if (SUCCEEDED(hr))
        hr = compare(&both, operands + 2, patterns, &trouble);
    if (FAILED(hr)) {
        code = hp_tool_fail("diff", &trouble);
    } else {
        if (!as_json)
            hp_diff_print(&both);
        const int matches = match(&both.new.known, operands[1], operands + 2, patterns);
        const int good = conclude(&both, patterns > 0) && matches;
        code = good ? HP_TOOL_OK : HP_TOOL_NO;
        if (as_json && !hp_diff_print_json(&both, operands, good))
            code = HP_TOOL_FAILED;
    }
    free(both.items);
    close_image(&both.old);
    close_image(&both.new);
    return code;
}

int hp_diff_main(int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"color", required_argument, NULL, 'c'}, {0}};
    int code, json = 0;
    for (int option; (option = hp_tool_option(argc, argv, options, help, &code)) != -1;) {
        if (option == -2)
            return code;
        json |= option == 'j';
        if (option == 'c' && !hp_print_color(optarg))
            return hp_tool_misuse(argv[0], "--color is auto, always or never, not \"%s\"", optarg);
    }
    if (argc - optind < 2)
        return hp_tool_misuse(argv[0], "two images are needed: the one that runs, and its update");
    return diff(argv + optind, (size_t)(argc - optind - 2), json);
}
