#include "tests/fuzz/made_signature.h"

#include <stdarg.h>
#include <string.h>

typedef struct writer {
    char *text;
    size_t length;
} writer;

static void put(writer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(writer *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int more = vsnprintf(out->text + out->length, MADE_SIGNATURE - out->length, format, arguments);
    va_end(arguments);
    out->length += (size_t)more;
    if (out->length >= MADE_SIGNATURE) // a source of 255 bytes does not come near
        abort();
}

static const char *const integers[] = {"i32", "u32", "i8", "u8", "i16", "u16", "i64", "u64"};
enum { INTEGERS = sizeof integers / sizeof *integers };
static const char *const directions[] = {"in", "out", "inout"};

static void put_value(made_source *source, writer *out, int depth);

static void put_structure(made_source *source, writer *out, int depth) {
    const unsigned fields = 1 + made_below(source, 5);
    put(out, "struct{");
    for (unsigned i = 0; i < fields; i++) {
        const unsigned repeat = made_below(source, 24);
        put_value(source, out, depth + 1);
        if (repeat > 11) // half of them are arrays, of 1 to 12
            put(out, "[%u]", repeat - 11);
        put(out, ";");
    }
    put(out, "}");
}

static void put_value(made_source *source, writer *out, int depth) {
    static const char *const others[] = {"f32", "f64", "bool", "handle", "isize", "usize"};
    enum { OTHERS = sizeof others / sizeof *others, STRUCTURES = 4 };
    const unsigned kind = made_below(source, INTEGERS + OTHERS + STRUCTURES + 1);
    if (kind < INTEGERS)
        put(out, "%s", integers[kind]);
    else if (kind < INTEGERS + OTHERS)
        put(out, "%s", others[kind - INTEGERS]);
    else if (kind == INTEGERS + OTHERS || depth >= 4)
        put(out, "enum %s{A=0,B=1,C=%u}", integers[made_below(source, INTEGERS)],
            2 + made_below(source, 100));
    else
        put_structure(source, out, depth);
}

/* Parameter number index; the answer is whether it is an integer that can say a length. */
static int put_parameter(made_source *source, writer *out, unsigned index, const uint8_t *lengths,
                         unsigned known) {
    const unsigned form = made_below(source, 12);
    if (form < 3) {
        put(out, "%s", integers[made_below(source, INTEGERS)]);
        return 1;
    }
    if (form < 6) {
        put_value(source, out, 0);
        return 0;
    }
    const char *const text = made_below(source, 2) ? "wstr" : "str";
    if (form == 6) {
        put(out, "in %s", text);
        return 0;
    }
    const unsigned direction = form < 8 ? 1 + made_below(source, 2) : made_below(source, 3);
    put(out, "%s ", directions[direction]);
    if (form < 8)
        put(out, "%s", text);
    else
        put_value(source, out, 0);
    if (form == 11)
        put(out, " *");
    else if (known > 0 && made_below(source, 3)) // else the parameter behind may say it: see put_parameters
        put(out, "[#%u]", lengths[made_below(source, known)]);
    else if (made_below(source, 3))
        put(out, "[%u]", 1 + made_below(source, 40));
    else {
        put(out, "[#%u], %s", index + 1, integers[made_below(source, INTEGERS)]);
        return 2;
    }
    return 0;
}

static void put_variadic(made_source *source, writer *out, unsigned room) {
    static const char *const promoted[] = {"i32", "u32", "i64", "u64", "f64", "handle", "in str", "in wstr"};
    put(out, ", ...");
    for (unsigned i = made_below(source, 7); i > 0 && room > 0; i--, room--)
        put(out, ", %s", promoted[made_below(source, sizeof promoted / sizeof *promoted)]);
}

static void put_parameters(made_source *source, writer *out, const char *convention) {
    enum { MOST = 32 };
    uint8_t lengths[MOST];
    unsigned known = 0, index = 0;
    if (strcmp(convention, "thiscall ") == 0) {
        put(out, "handle");
        index = 1;
    }
    const unsigned size = made_byte(source);
    const unsigned count = size % 8 ? size % 8 + size / 32 : size / 8 + 1; // few, now and then all 32
    while (index < count && index + 2 <= MOST) {
        put(out, "%s", index ? ", " : "");
        const int is = put_parameter(source, out, index, lengths, known);
        if (is == 2)
            index++;
        if (is)
            lengths[known++] = (uint8_t)index;
        index++;
    }
    if (convention[0] == '\0' && made_below(source, 6) == 1 && index > 0)
        put_variadic(source, out, MOST - index);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the writer
void made_signature(made_source *source, char text[MADE_SIGNATURE]) {
    static const char *const conventions[] = {"", "", "stdcall ", "fastcall ", "thiscall "};
    const char *const convention = conventions[made_below(source, sizeof conventions / sizeof *conventions)];
    writer out = {text, 0};
    put(&out, "%s", convention);
    if (made_below(source, 8) == 7)
        put(&out, "void");
    else
        put_value(source, &out, 0);
    put(&out, "(");
    put_parameters(source, &out, convention);
    put(&out, ")");
}
