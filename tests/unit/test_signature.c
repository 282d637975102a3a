// Signatures: every rule of the grammar, every error with its place, limits exactly at
// and one beyond, canonical form.
#include "proxygen/signature.h"

#include "idl/protocol.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const hp_arch both[] = {HP_ARCH_X86, HP_ARCH_X64};

/** Room for a text that is longer than any signature may be. */
typedef struct long_text {
    size_t length;
    char text[3 * HP_SIGNATURE_MAX];
} long_text;

HP_PRINTF(2, 3) static void append(long_text *to, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    to->length += (size_t)vsnprintf(to->text + to->length, sizeof to->text - to->length, format, arguments);
    va_end(arguments);
    assert_true(to->length < sizeof to->text);
}

static void must_parse(const char *text, hp_arch arch, hp_signature *signature) {
    hp_signature_error error;
    HRESULT hr = hp_signature_parse(text, arch, signature, &error);
    if (FAILED(hr))
        fail_msg("%.200s: 0x%08x at %zu: %s", text, (unsigned)hr, error.position, error.reason);
}

static void must_fail(const char *text, hp_arch arch, HRESULT code, size_t position, const char *reason) {
    hp_signature signature;
    hp_signature_error error;
    HRESULT hr = hp_signature_parse(text, arch, &signature, &error);
    if (hr != code || error.position != position || !strstr(error.reason, reason))
        fail_msg("%.200s: 0x%08x at %zu: %s", text, (unsigned)hr, error.position, error.reason);
    assert_int_equal(hp_signature_parse(text, arch, &signature, NULL), code);
}

static void simple_types_have_the_width_that_their_name_says(void **state) {
    (void)state;
    static const struct {
        const char *name;
        hp_type_kind kind;
        uint32_t x86, x64;
    } types[] = {
        {"bool", HP_TYPE_BOOL, 1, 1},    {"i8", HP_TYPE_SIGNED, 1, 1},      {"u8", HP_TYPE_UNSIGNED, 1, 1},
        {"i16", HP_TYPE_SIGNED, 2, 2},   {"u16", HP_TYPE_UNSIGNED, 2, 2},   {"i32", HP_TYPE_SIGNED, 4, 4},
        {"u32", HP_TYPE_UNSIGNED, 4, 4}, {"i64", HP_TYPE_SIGNED, 8, 8},     {"u64", HP_TYPE_UNSIGNED, 8, 8},
        {"isize", HP_TYPE_SIGNED, 4, 8}, {"usize", HP_TYPE_UNSIGNED, 4, 8}, {"f32", HP_TYPE_FLOAT, 4, 4},
        {"f64", HP_TYPE_FLOAT, 8, 8},    {"handle", HP_TYPE_HANDLE, 4, 8},
    };
    for (size_t i = 0; i < COUNT(types); i++) {
        for (size_t a = 0; a < COUNT(both); a++) {
            char text[64];
            snprintf(text, sizeof text, "%s(%s)", types[i].name, types[i].name);
            hp_signature signature;
            must_parse(text, both[a], &signature);
            uint32_t size = both[a] == HP_ARCH_X86 ? types[i].x86 : types[i].x64;
            const hp_type *found[] = {&signature.result, &signature.parameter[0].type};
            for (size_t f = 0; f < COUNT(found); f++) {
                assert_int_equal(found[f]->kind, types[i].kind);
                assert_int_equal(found[f]->size, size);
                assert_int_equal(found[f]->align, size);
                assert_int_equal(found[f]->lone_float, 0);
                assert_int_equal(found[f]->text, 0);
            }
            assert_int_equal(signature.arch, both[a]);
            assert_int_equal(signature.count, 1);
            assert_int_equal(signature.parameter[0].direction, HP_BY_VALUE);
        }
    }
}

static void the_example_of_the_documentation_means_what_it_says(void **state) {
    (void)state;
    hp_signature s;
    must_parse("stdcall i32(i32 id, in wstr name, inout u8 buf[len], u32 len)", HP_ARCH_X86, &s);
    assert_int_equal(s.convention, HP_CONVENTION_STDCALL);
    assert_int_equal(s.count, 4);
    assert_int_equal(s.variadic, 0);
    assert_int_equal(s.parameter[1].direction, HP_IN);
    assert_int_equal(s.parameter[1].length, HP_LENGTH_TERMINATED);
    assert_int_equal(s.parameter[1].type.text, 1);
    assert_int_equal(s.parameter[1].type.size, 2);
    assert_int_equal(s.parameter[2].direction, HP_INOUT);
    assert_int_equal(s.parameter[2].length, HP_LENGTH_PARAMETER);
    assert_int_equal(s.parameter[2].count, 3);
    assert_int_equal(s.parameter[3].direction, HP_BY_VALUE);
}

static void convention_is_known_on_x86_and_one_on_x64(void **state) {
    (void)state;
    static const struct {
        const char *text;
        hp_convention convention;
    } cases[] = {
        {"void(handle)", HP_CONVENTION_CDECL},
        {"cdecl void(handle)", HP_CONVENTION_CDECL},
        {"stdcall void(handle)", HP_CONVENTION_STDCALL},
        {"fastcall void(handle)", HP_CONVENTION_FASTCALL},
        {"thiscall void(handle)", HP_CONVENTION_THISCALL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        hp_signature s;
        must_parse(cases[i].text, HP_ARCH_X86, &s);
        assert_int_equal(s.convention, cases[i].convention);
        must_parse(cases[i].text, HP_ARCH_X64, &s);
        assert_int_equal(s.convention, HP_CONVENTION_CDECL);
    }
}

static void memory_is_constant_counted_or_terminated(void **state) {
    (void)state;
    static const struct {
        const char *text;
        hp_direction direction;
        hp_length_kind length;
        uint32_t count;
    } cases[] = {
        {"void(in i32*)", HP_IN, HP_LENGTH_CONSTANT, 1},
        {"void(out i32 *p)", HP_OUT, HP_LENGTH_CONSTANT, 1},
        {"void(inout handle* p)", HP_INOUT, HP_LENGTH_CONSTANT, 1},
        {"void(in u16[7])", HP_IN, HP_LENGTH_CONSTANT, 7},
        {"void(in u16 a[7])", HP_IN, HP_LENGTH_CONSTANT, 7},
        {"void(in f64 a[n], i8 n)", HP_IN, HP_LENGTH_PARAMETER, 1},
        {"void(in f64 a[n], i64, usize n)", HP_IN, HP_LENGTH_PARAMETER, 2},
        {"void(in f64[#2], i64, u16)", HP_IN, HP_LENGTH_PARAMETER, 2},
        {"void(in f64[#\n2], i64, u16)", HP_IN, HP_LENGTH_PARAMETER, 2},
        {"void(in str)", HP_IN, HP_LENGTH_TERMINATED, 0},
        {"void(out str s[9])", HP_OUT, HP_LENGTH_CONSTANT, 9},
        {"void(inout wstr s[n], u32 n)", HP_INOUT, HP_LENGTH_PARAMETER, 1},
        {"void(in struct{i8;i16}*)", HP_IN, HP_LENGTH_CONSTANT, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t a = 0; a < COUNT(both); a++) {
            hp_signature s;
            must_parse(cases[i].text, both[a], &s);
            assert_int_equal(s.parameter[0].direction, cases[i].direction);
            assert_int_equal(s.parameter[0].length, cases[i].length);
            assert_int_equal(s.parameter[0].count, cases[i].count);
        }
    }
}

static void length_may_stand_before_and_behind_its_buffer(void **state) {
    (void)state;
    hp_signature s;
    must_parse("void(u32 n, in u8 a[n], out u8 b[m], i16 m)", HP_ARCH_X64, &s);
    assert_int_equal(s.parameter[1].count, 0);
    assert_int_equal(s.parameter[2].count, 3);
}

static void any_white_space_separates_and_none_is_needed(void **state) {
    (void)state;
    hp_signature s;
    must_parse(" \t\r\n\v\fvoid\n(\tin\vu8\fa\r[ n ] ,u32 n , ... , struct { i32 a [ 2 ] ; } ) \n",
               HP_ARCH_X86, &s);
    assert_int_equal(s.count, 3);
    must_parse("void(in u8 a[n],u32 n,...,struct{i32 a[2];})", HP_ARCH_X86, &s);
}

static void words_of_c_and_of_the_grammar_are_names_where_a_name_stands(void **state) {
    (void)state;
    static const char *const names[] = {"int", "struct", "in",     "out", "inout", "void",  "i32",
                                        "str", "cdecl",  "return", "_",   "x9",    "handle"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char text[128];
        hp_signature s;
        snprintf(text, sizeof text, "void(i32 %s, in u8 b[%s], struct %s { i32 %s; } s)", names[i], names[i],
                 names[i], names[i]);
        must_parse(text, HP_ARCH_X64, &s);
        assert_int_equal(s.parameter[1].count, 0);
    }
}

static void no_parameters_can_be_written_in_two_ways(void **state) {
    (void)state;
    hp_signature s;
    must_parse("i32()", HP_ARCH_X64, &s);
    assert_int_equal(s.count, 0);
    must_parse("i32( void )", HP_ARCH_X64, &s);
    assert_int_equal(s.count, 0);
    assert_int_equal(s.result.size, 4);
}

static void structures_are_laid_out_as_c_compilers_do(void **state) {
    (void)state;
    static const struct {
        const char *structure;
        uint32_t x86_size, x86_align, x64_size, x64_align;
        uint8_t lone_float, in_registers, lone_word; // on x86
    } cases[] = {
        {"struct{i8}", 1, 1, 1, 1, 0, 1, 0},
        {"struct{i8;i8;i8}", 3, 1, 3, 1, 0, 0, 0},
        {"struct{i8 a;i16 b}", 4, 2, 4, 2, 0, 1, 0},
        {"struct{i8;i64}", 16, 8, 16, 8, 0, 0, 0},
        {"struct{i8;f64;}", 16, 8, 16, 8, 0, 0, 0},
        {"struct{i64;i8}", 16, 8, 16, 8, 0, 0, 0},
        {"struct{handle;i8}", 8, 4, 16, 8, 0, 1, 0},
        {"struct{isize}", 4, 4, 8, 8, 0, 1, 1},
        {"struct{i32}", 4, 4, 4, 4, 0, 1, 1},
        {"struct{i32 a[1]}", 4, 4, 4, 4, 0, 1, 0},
        {"struct{struct{i32}}", 4, 4, 4, 4, 0, 1, 0},
        {"struct{f32}", 4, 4, 4, 4, 4, 1, 0},
        {"struct{f32 a[1]}", 4, 4, 4, 4, 4, 1, 0},
        {"struct{f64}", 8, 8, 8, 8, 8, 1, 0},
        {"struct{struct{f64 x[1]} y[1]}", 8, 8, 8, 8, 8, 1, 0},
        {"struct{f32 a[2]}", 8, 4, 8, 4, 0, 1, 0},
        {"struct{f32;f32}", 8, 4, 8, 4, 0, 1, 0},
        {"struct{struct{f32};i8}", 8, 4, 8, 4, 0, 1, 0},
        {"struct{i8;struct{f32}}", 8, 4, 8, 4, 0, 1, 0},
        {"struct{i8 a[3];i8}", 4, 1, 4, 1, 0, 0, 0}, // a field of 3 bytes keeps the whole out of registers
        {"struct{struct{i8 a[3];i8};i32}", 8, 4, 8, 4, 0, 0, 0},
        {"struct{struct{i16;i8};i32}", 8, 4, 8, 4, 0, 1, 0},
        {"struct{i8 a[8]}", 8, 1, 8, 1, 0, 1, 0},
        {"struct{i32 a[3]}", 12, 4, 12, 4, 0, 0, 0},
        {"struct{struct{i8;i16;i8}[2]; bool}", 14, 2, 14, 2, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[128];
        hp_signature s;
        snprintf(text, sizeof text, "%s(%s)", cases[i].structure, cases[i].structure);
        must_parse(text, HP_ARCH_X86, &s);
        const hp_type *type = &s.parameter[0].type;
        assert_int_equal(type->kind, HP_TYPE_STRUCT);
        assert_int_equal(type->size, cases[i].x86_size);
        assert_int_equal(type->align, cases[i].x86_align);
        assert_int_equal(type->lone_float, cases[i].lone_float);
        assert_int_equal(type->in_registers, cases[i].in_registers);
        assert_int_equal(type->lone_word, cases[i].lone_word);
        assert_memory_equal(type, &s.result, sizeof *type);
        must_parse(text, HP_ARCH_X64, &s);
        assert_int_equal(s.parameter[0].type.size, cases[i].x64_size);
        assert_int_equal(s.parameter[0].type.align, cases[i].x64_align);
        assert_int_equal(s.parameter[0].type.lone_float, cases[i].lone_float);
    }
}

static void parameters_behind_the_dots_are_variadic(void **state) {
    (void)state;
    hp_signature s;
    must_parse("i32(in str format, ..., f64, i32, in str, struct{f32})", HP_ARCH_X64, &s);
    assert_int_equal(s.variadic, 1);
    assert_int_equal(s.count, 5);
    assert_int_equal(s.parameter[0].variadic, 0);
    for (int i = 1; i < 5; i++)
        assert_int_equal(s.parameter[i].variadic, 1);
    must_parse("cdecl i32(in str format, ...)", HP_ARCH_X86, &s);
    assert_int_equal(s.variadic, 1);
    assert_int_equal(s.count, 1);
    must_parse("i32(in str format, ..., in i8*, out f32[2], inout bool*)", HP_ARCH_X86, &s);
    assert_int_equal(s.count, 4);
}

static void object_of_thiscall_is_as_large_as_a_pointer(void **state) {
    (void)state;
    static const char *const good[] = {"thiscall void(handle)",     "thiscall void(usize)",
                                       "thiscall void(isize this)", "thiscall void(inout i8*)",
                                       "thiscall void(in str)",     "thiscall struct{i32 a[9]}(handle, f32)"};
    hp_signature s;
    for (size_t i = 0; i < COUNT(good); i++) {
        must_parse(good[i], HP_ARCH_X86, &s);
        must_parse(good[i], HP_ARCH_X64, &s);
    }
    must_parse("thiscall void(u32)", HP_ARCH_X86, &s);
    must_fail("thiscall void(u32)", HP_ARCH_X64, HP_E_SIGNATURE_CONVENTION, 14, "object of thiscall");
    must_parse("thiscall void(u64)", HP_ARCH_X64, &s);
    must_fail("thiscall void( u64)", HP_ARCH_X86, HP_E_SIGNATURE_CONVENTION, 15, "object of thiscall");
}

typedef struct bad {
    const char *text;
    HRESULT code;
    size_t position;
    const char *reason;
} bad;

static const bad errors[] = {
#define SYNTAX HP_E_SIGNATURE_SYNTAX
    {"", SYNTAX, 0, "expected a convention or a result type, but the text ends"},
    {"  ", SYNTAX, 2, "the text ends"},
    {"cdecl", SYNTAX, 5, "expected a result type, but the text ends"},
    {"cdecl (i32)", SYNTAX, 6, "expected a result type"},
    {"(i32)", SYNTAX, 0, "expected a convention or a result type"},
    {"int(i32)", SYNTAX, 0, "expected a type"},
    {"cdecl stdcall i32()", SYNTAX, 6, "expected a type"},
    {"I32()", SYNTAX, 0, "expected a type"},
    {"i32", SYNTAX, 3, "expected \"(\", but the text ends"},
    {"i32 f(i32)", SYNTAX, 4, "expected \"(\""},
    {"i32(", SYNTAX, 4, "expected a type, but the text ends"},
    {"i32(i32", SYNTAX, 7, "expected \",\" or \")\", but the text ends"},
    {"i32(i32,", SYNTAX, 8, "expected a type, but the text ends"},
    {"i32(i32,)", SYNTAX, 8, "expected a type"},
    {"i32(,i32)", SYNTAX, 4, "expected a type"},
    {"i32(i32;i32)", SYNTAX, 7, "expected \",\" or \")\""},
    {"i32(i32 a b)", SYNTAX, 10, "expected \",\" or \")\""},
    {"i32(i32 9)", SYNTAX, 8, "expected \",\" or \")\""},
    {"i32(i32))", SYNTAX, 8, "expected the end"},
    {"i32(i32) const", SYNTAX, 9, "expected the end"},
    {"i32(i32);", SYNTAX, 8, "expected the end"},
    {"i32(const i32)", SYNTAX, 4, "expected a type"},
    {"i32(i32 a, u8 a)", SYNTAX, 14, "the same name"},
    {"i32(void, i32)", SYNTAX, 4, "void is not a value"},
    {"i32(void v)", SYNTAX, 4, "void is not a value"},
    {"i32(i32, void)", SYNTAX, 9, "void is not a value"},
    {"i32(in void *p)", SYNTAX, 7, "void is not a value"},
    {"i32(void, ...)", SYNTAX, 4, "void is not a value"},
    // bytes that no signature contains
    {"i32(i32 \xC3\xA4)", SYNTAX, 8, "0xC3"},
    {"\xEF\xBB\xBFi32()", SYNTAX, 0, "0xEF"},
    {"i32(i32 \x01)", SYNTAX, 8, "0x01"},
    {"i32(i32 /* id */)", SYNTAX, 8, "0x2F"},
    {"i32(i32 &)", SYNTAX, 8, "0x26"},
    {"i32(i32, ..)", SYNTAX, 9, "0x2E"},
    {"i32()\x7F", SYNTAX, 5, "0x7F"},
    // memory
    {"void(i32 *p)", SYNTAX, 5, "need in, out or inout"},
    {"void(u8, i32 p[4])", SYNTAX, 9, "need in, out or inout"},
    {"void(str)", SYNTAX, 5, "need in, out or inout"},
    {"void(wstr s[4])", SYNTAX, 5, "need in, out or inout"},
    {"void(in i32 p)", SYNTAX, 5, "takes no direction"},
    {"void(i8, out struct{i32})", SYNTAX, 9, "takes no direction"},
    {"void(in i32 **p)", SYNTAX, 13, "pointer to a pointer"},
    {"void(in str *p)", SYNTAX, 12, "a string is a pointer"},
    {"void(out wstr*[4])", SYNTAX, 13, "a string is a pointer"},
    {"void(in i32 *p[4])", SYNTAX, 14, "exclude each other"},
    {"void(in inout i32 *p)", SYNTAX, 8, "expected a type"},
    {"void(in)", SYNTAX, 7, "expected a type"},
    {"void(in i32 p[4)", SYNTAX, 15, "expected \"]\""},
    {"void(in i32 p[4][2])", SYNTAX, 16, "expected \",\" or \")\""},
    {"void(in i32 p[])", SYNTAX, 14, "expected a number or the name"},
    {"void(in i32 p[-1])", SYNTAX, 14, "0x2D"},
    {"void(in i32 p[4k])", SYNTAX, 15, "expected \"]\""},
    {"void(in i32 p[04])", SYNTAX, 14, "does not begin with 0"},
    {"void(in i32 p[00])", SYNTAX, 14, "does not begin with 0"},
    {"void(in i32 p[#])", SYNTAX, 15, "expected a number"},
    {"void(in i32 p[#n], i32 n)", SYNTAX, 15, "expected a number"},
    {"void(in i32 p[#01], i32 n)", SYNTAX, 15, "does not begin with 0"},
    {"void(in i32 [4]p)", SYNTAX, 15, "expected \",\" or \")\""},
    // structures
    {"void(struct)", SYNTAX, 11, "expected \"{\""},
    {"void(struct point)", SYNTAX, 17, "expected \"{\""},
    {"void(struct{})", SYNTAX, 12, "needs a field"},
    {"void(struct{;})", SYNTAX, 12, "expected a type"},
    {"void(struct{i32;;})", SYNTAX, 16, "expected a type"},
    {"void(struct{i32, i32})", SYNTAX, 15, "expected \";\" or \"}\""},
    {"void(struct{i32", SYNTAX, 15, "expected \";\" or \"}\", but the text ends"},
    {"void(struct{i32 *p})", SYNTAX, 16, "cannot be a pointer"},
    {"void(struct{str s})", SYNTAX, 12, "only be a parameter"},
    {"void(struct{i32;void})", SYNTAX, 16, "void is not a value"},
    {"void(struct{in i32})", SYNTAX, 12, "expected a type"},
    {"void(struct{i32 a;i8 a})", SYNTAX, 21, "two fields"},
    {"void(struct{struct{i8 a;i8 a}b})", SYNTAX, 27, "two fields"},
    {"void(struct{i32 a[0]})", SYNTAX, 18, "at least one element"},
    {"void(struct{i32 a[n]}, i32 n)", SYNTAX, 18, "expected a number"},
    {"void(struct{i32 a[]})", SYNTAX, 18, "expected a number"},
    {"void(struct{i32 a[2})", SYNTAX, 19, "expected \"]\""},
    // results
    {"str()", HP_E_SIGNATURE_RETURN_POINTER, 0, "string"},
    {"stdcall wstr()", HP_E_SIGNATURE_RETURN_POINTER, 8, "string"},
    {"i32 *()", HP_E_SIGNATURE_RETURN_POINTER, 4, "pointer"},
    {"void*()", HP_E_SIGNATURE_RETURN_POINTER, 4, "pointer"},
    {"struct{i8}*()", HP_E_SIGNATURE_RETURN_POINTER, 10, "pointer"},
    {"i32[4]()", HP_E_SIGNATURE_RETURN_POINTER, 3, "array"},
    {"in i32()", SYNTAX, 0, "expected a type"},
    // lengths
    {"void(in i32 p[0])", HP_E_SIGNATURE_LENGTH, 14, "0 elements"},
    {"void(in i32 p[n])", HP_E_SIGNATURE_LENGTH, 14, "no parameter of this name"},
    {"void(in i32 p[#1])", HP_E_SIGNATURE_LENGTH, 15, "no parameter"},
    {"void(in i32 p[#4294967296])", HP_E_SIGNATURE_LENGTH, 15, "no parameter"},
    {"void(in i32 p[N], i32 n)", HP_E_SIGNATURE_LENGTH, 14, "no parameter of this name"},
    {"void(in i32 p[p])", HP_E_SIGNATURE_LENGTH, 14, "by value"},
    {"void(in i32 p[#0])", HP_E_SIGNATURE_LENGTH, 15, "by value"},
    {"void(in i32 p[n], in i32 *n)", HP_E_SIGNATURE_LENGTH, 14, "by value"},
    {"void(in i32 p[n], bool n)", HP_E_SIGNATURE_LENGTH, 14, "integer"},
    {"void(in i32 p[n], f32 n)", HP_E_SIGNATURE_LENGTH, 14, "integer"},
    {"void(in i32 p[n], handle n)", HP_E_SIGNATURE_LENGTH, 14, "integer"},
    {"void(in i32 p[n], struct{i32} n)", HP_E_SIGNATURE_LENGTH, 14, "integer"},
    {"void(in str s[10])", HP_E_SIGNATURE_LENGTH, 13, "ends with its NUL"},
    {"void(in wstr[n], u32 n)", HP_E_SIGNATURE_LENGTH, 12, "ends with its NUL"},
    {"void(out str s, i32)", HP_E_SIGNATURE_LENGTH, 14, "needs the length"},
    {"void(inout wstr)", HP_E_SIGNATURE_LENGTH, 15, "needs the length"},
    // conventions
    {"stdcall void(i32, ...)", HP_E_SIGNATURE_CONVENTION, 18, "cdecl"},
    {"fastcall void(i32, ..., i32)", HP_E_SIGNATURE_CONVENTION, 19, "cdecl"},
    {"thiscall void(handle, ...)", HP_E_SIGNATURE_CONVENTION, 22, "cdecl"},
    {"void(i32, ..., f32 x)", HP_E_SIGNATURE_CONVENTION, 15, "f64"},
    {"void(i32, ..., i8)", HP_E_SIGNATURE_CONVENTION, 15, "i32"},
    {"void(i32, ..., u8)", HP_E_SIGNATURE_CONVENTION, 15, "i32"},
    {"void(i32, ..., i16)", HP_E_SIGNATURE_CONVENTION, 15, "i32"},
    {"void(i32, ..., f64, u16)", HP_E_SIGNATURE_CONVENTION, 20, "i32"},
    {"void(i32, ..., bool)", HP_E_SIGNATURE_CONVENTION, 15, "i32"},
    {"void(...)", SYNTAX, 5, "expected a parameter before"},
    {"void(i32 ...)", SYNTAX, 9, "expected \",\" or \")\""},
    {"void(i32, ..., ...)", SYNTAX, 15, "twice"},
    {"void(i32, ... i32)", SYNTAX, 14, "expected \",\" or \")\""},
    {"void(i32, ...,)", SYNTAX, 14, "expected a type"},
    {"thiscall void( )", HP_E_SIGNATURE_CONVENTION, 15, "object"},
    {"thiscall void(void)", HP_E_SIGNATURE_CONVENTION, 18, "object"},
    {"thiscall void(i8)", HP_E_SIGNATURE_CONVENTION, 14, "object"},
    {"thiscall void(f32)", HP_E_SIGNATURE_CONVENTION, 14, "object"},
    {"thiscall void(f64)", HP_E_SIGNATURE_CONVENTION, 14, "object"},
    {"thiscall void(bool)", HP_E_SIGNATURE_CONVENTION, 14, "object"},
    {"thiscall void(struct{handle})", HP_E_SIGNATURE_CONVENTION, 14, "object"},
};

static void each_error_has_its_place_and_reason(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        for (size_t a = 0; a < COUNT(both); a++)
            must_fail(errors[i].text, both[a], errors[i].code, errors[i].position, errors[i].reason);
    }
}

static void every_prefix_of_a_signature_is_refused_where_it_ends(void **state) {
    (void)state;
    static const char whole[] = "cdecl struct p{i32 a[2];f32}(in str s,inout u8 b[n],u32 n,in i32*,...,f64)";
    hp_signature signature;
    must_parse(whole, HP_ARCH_X86, &signature);
    for (size_t length = 0; length + 1 < sizeof whole; length++) {
        char text[sizeof whole] = {0};
        memcpy(text, whole, length);
        hp_signature_error error;
        assert_true(FAILED(hp_signature_parse(text, HP_ARCH_X86, &signature, &error)));
        assert_true(error.position <= length);
        assert_true(error.reason[0] != '\0');
    }
}

static void null_and_unknown_architecture_are_the_callers_mistake(void **state) {
    (void)state;
    hp_signature s;
    hp_signature_error error = {99, "x"};
    char canon[16];
    assert_int_equal(hp_signature_parse(NULL, HP_ARCH_X86, &s, &error), E_INVALIDARG);
    assert_int_equal(error.position, 0);
    assert_string_equal(error.reason, "");
    assert_int_equal(hp_signature_parse("void()", HP_ARCH_X86, NULL, NULL), E_INVALIDARG);
    assert_int_equal(hp_signature_parse("void()", (hp_arch)3, &s, NULL), E_INVALIDARG);
    assert_int_equal(hp_signature_canonical(NULL, HP_ARCH_X86, canon, sizeof canon), E_INVALIDARG);
    assert_int_equal(hp_signature_canonical("void()", HP_ARCH_X86, NULL, 9), E_INVALIDARG);
    assert_int_equal(hp_signature_canonical("void()", HP_ARCH_X64, canon, 0), E_INVALIDARG);
    assert_int_equal(hp_signature_canonical("void()", (hp_arch)0, canon, sizeof canon), E_INVALIDARG);
}

static void the_33rd_parameter_is_one_too_many(void **state) {
    (void)state;
    long_text text = {0};
    append(&text, "void(i32");
    for (int i = 1; i < 32; i++)
        append(&text, ",i32");
    size_t end = text.length;
    append(&text, ")");
    hp_signature s;
    must_parse(text.text, HP_ARCH_X64, &s);
    assert_int_equal(s.count, 32);
    text.length = end;
    append(&text, ",...)");
    must_parse(text.text, HP_ARCH_X64, &s);
    text.length = end;
    append(&text, ",i32)");
    must_fail(text.text, HP_ARCH_X64, HP_E_SIGNATURE_LIMIT, end + 1, "32 parameters");
}

static void a_text_of_4097_bytes_is_one_too_long(void **state) {
    (void)state;
    hp_signature s;
    static char text[HP_SIGNATURE_MAX + 2];
    memset(text, ' ', sizeof text - 1);
    memcpy(text, "void()", 6);
    must_fail(text, HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, HP_SIGNATURE_MAX, "4096");
    text[HP_SIGNATURE_MAX] = '\0';
    must_parse(text, HP_ARCH_X86, &s);
    text[HP_SIGNATURE_MAX - 1] = '!'; // the very last byte is looked at
    must_fail(text, HP_ARCH_X86, HP_E_SIGNATURE_SYNTAX, HP_SIGNATURE_MAX - 1, "0x21");
}

static void a_text_full_of_named_fields_is_read_to_its_end(void **state) {
    (void)state;
    long_text text = {0};
    append(&text, "void(struct{");
    for (unsigned i = 0; text.length + 6 + 7 <= HP_SIGNATURE_MAX; i++)
        append(&text, "i8 %c%c;", 'A' + (int)(i % 26),
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[i / 26]);
    size_t end = text.length;
    append(&text, "})");
    hp_signature s;
    must_parse(text.text, HP_ARCH_X86, &s);
    text.length = end;
    append(&text, "i8 AA})");
    must_fail(text.text, HP_ARCH_X86, HP_E_SIGNATURE_SYNTAX, end + 3, "two fields");
}

static void a_structure_of_65537_bytes_is_too_large(void **state) {
    (void)state;
    hp_signature s;
    must_parse("void(in struct{i8 a[65536]}*)", HP_ARCH_X86, &s);
    assert_int_equal(s.parameter[0].type.size, 65536);
    must_fail("void(in struct{i8 a[65537]}*)", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 20, "65536");
    must_parse("void(struct{i64 a[8192]})", HP_ARCH_X64, &s);
    must_fail("void(struct{i64 a[8193]})", HP_ARCH_X64, HP_E_SIGNATURE_LIMIT, 18, "65536");
    must_fail("void(struct{i8 a[65536];i8})", HP_ARCH_X64, HP_E_SIGNATURE_LIMIT, 24, "65536");
    must_parse("void(struct{i8 a[65535];i8})", HP_ARCH_X64, &s);
    must_fail("void(struct{i8 a[65535];i16})", HP_ARCH_X64, HP_E_SIGNATURE_LIMIT, 24, "65536"); // padding
    must_parse("void(struct{i64;i8 a[65521]})", HP_ARCH_X64, &s);
    assert_int_equal(s.parameter[0].type.size, 65536);
    must_fail("void(struct{i8 a[4294967295]})", HP_ARCH_X64, HP_E_SIGNATURE_LIMIT, 17, "65536");
    must_fail("void(struct{i8 a[4294967297]})", HP_ARCH_X64, HP_E_SIGNATURE_LIMIT, 17, "65536");
    must_fail("void(struct{i64 a[99999999999999999999999999]})", HP_ARCH_X64, HP_E_SIGNATURE_LIMIT, 18,
              "65536");
    must_fail("void(struct{struct{i8 a[32768]}b[3]})", HP_ARCH_X64, HP_E_SIGNATURE_LIMIT, 33, "65536");
}

static void a_buffer_beyond_a_frame_is_too_large(void **state) {
    (void)state;
    hp_signature s;
    must_parse("void(in u8[268435456])", HP_ARCH_X86, &s);
    must_fail("void(in u8[268435457])", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 11, "256 MiB");
    must_parse("void(in i64 a[33554432])", HP_ARCH_X86, &s);
    must_fail("void(in i64 a[33554433])", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 14, "256 MiB");
    must_parse("void(out wstr s[134217728])", HP_ARCH_X86, &s);
    must_fail("void(out wstr s[134217729])", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 16, "256 MiB");
    must_fail("void(in u8[4294967296])", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 11, "256 MiB");
    must_fail("void(in u8[4294967295])", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 11, "256 MiB");
    must_fail("void(in struct{i8 a[65536]}[4097])", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 28, "256 MiB");
    must_parse("void(in struct{i8 a[65536]}[4096])", HP_ARCH_X86, &s);
}

static void the_9th_level_of_structures_is_too_deep(void **state) {
    (void)state;
    hp_signature s;
    for (int depth = 8; depth <= 9; depth++) {
        long_text text = {0};
        append(&text, "void(i8,");
        for (int i = 0; i < depth; i++)
            append(&text, "struct{");
        append(&text, "f32");
        for (int i = 0; i < depth; i++)
            append(&text, "}");
        append(&text, ",struct{struct{i8}})");
        if (depth == 9) {
            must_fail(text.text, HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 8 + 8 * 7, "8 levels");
            continue;
        }
        must_parse(text.text, HP_ARCH_X86, &s);
        assert_int_equal(s.parameter[1].type.lone_float, 4);
    }
    long_text text = {0};
    while (text.length + 7 < HP_SIGNATURE_MAX)
        append(&text, "struct{");
    must_fail(text.text, HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 8 * 7, "8 levels");
}

static void stack_arguments_end_at_64_kib_on_x86(void **state) {
    (void)state;
    hp_signature s;
    must_parse("void(struct{i8 a[65536]})", HP_ARCH_X86, &s);
    must_fail("void(struct{i8 a[65536]},i8)", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 25, "stack");
    must_parse("void(struct{i8 a[65536]},i8)", HP_ARCH_X64, &s);
    must_parse("void(struct{i8 a[65529]},i8)", HP_ARCH_X86, &s);
    must_fail("void(struct{i8 a[65533]},i8)", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 25, "stack");
    must_fail("struct{i64[2]}(struct{i8 a[65536]})", HP_ARCH_X86, HP_E_SIGNATURE_LIMIT, 15, "stack");
}

static void canonical_form_has_one_spelling(void **state) {
    (void)state;
    static const struct {
        const char *text, *x86, *x64;
    } cases[] = {
        {"void()", "cdecl void()", "void()"},
        {" cdecl void ( void ) ", "cdecl void()", "void()"},
        {"stdcall i32(i32 id, in wstr name, inout u8 buf[len], u32 len)",
         "stdcall i32(i32,in wstr,inout u8[#3],u32)", "i32(i32,in wstr,inout u8[#3],u32)"},
        {"isize(usize n, handle h, in isize *p)", "cdecl i32(u32,handle,in i32*)", "i64(u64,handle,in i64*)"},
        {"bool(i8,u8,i16,u16,i32,u32,i64,u64,f32,f64)", "cdecl bool(i8,u8,i16,u16,i32,u32,i64,u64,f32,f64)",
         "bool(i8,u8,i16,u16,i32,u32,i64,u64,f32,f64)"},
        {"fastcall struct p { i32 x; f32 v [ 3 ] ; } (in struct { struct in{handle i8;}str; isize q; }*p)",
         "fastcall struct{i32;f32[3]}(in struct{struct{handle};i32}*)",
         "struct{i32;f32[3]}(in struct{struct{handle};i64}*)"},
        {"thiscall void(inout u8 *me, out str s[1], in i32 a[1], in i32 b[2])",
         "thiscall void(inout u8*,out str[1],in i32*,in i32[2])",
         "void(inout u8*,out str[1],in i32*,in i32[2])"},
        {"void(in struct struct{struct void{i8 i8;};}*)", "cdecl void(in struct{struct{i8}}*)",
         "void(in struct{struct{i8}}*)"},
        {"void(i32 , ... )", "cdecl void(i32,...)", "void(i32,...)"},
        {"void(i32 , ..., f64 x, in str)", "cdecl void(i32,...,f64,in str)", "void(i32,...,f64,in str)"},
        {"void(struct{struct{i8;}a[2];i8;}x)", "cdecl void(struct{struct{i8}[2];i8})",
         "void(struct{struct{i8}[2];i8})"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t a = 0; a < COUNT(both); a++) {
            char once[HP_SIGNATURE_MAX + 129], twice[HP_SIGNATURE_MAX + 129];
            assert_int_equal(hp_signature_canonical(cases[i].text, both[a], once, sizeof once), S_OK);
            assert_string_equal(once, both[a] == HP_ARCH_X86 ? cases[i].x86 : cases[i].x64);
            assert_int_equal(hp_signature_canonical(once, both[a], twice, sizeof twice), S_OK);
            assert_string_equal(once, twice);
        }
    }
}

static void canonical_forms_are_equal_exactly_for_the_same_call(void **state) {
    (void)state;
    static const struct {
        const char *one, *other;
        int x86, x64; // equal?
    } pairs[] = {
        {"void(i32 a)", "cdecl void(i32)", 1, 1},
        {"void(i32)", "stdcall void(i32)", 0, 1},
        {"void(isize)", "void(i32)", 1, 0},
        {"void(usize)", "void(u64)", 0, 1},
        {"void(i32)", "void(u32)", 0, 0},
        {"void(u8)", "void(bool)", 0, 0},
        {"void(handle)", "void(usize)", 0, 0},
        {"void(in i32*)", "void(in i32 p[1])", 1, 1},
        {"void(in i32*)", "void(inout i32*)", 0, 0},
        {"void(in i32*)", "void(in i32[2])", 0, 0},
        {"void(in u8 b[n],u32 n,u32 m)", "void(in u8 b[m],u32 n,u32 m)", 0, 0},
        {"void(in u8 b[n],u32 n)", "void(in u8[size], u32 size)", 1, 1},
        {"void(in u8 b[#1],u32 n)", "void(in u8[size], u32 size)", 1, 1},
        {"void(in str)", "void(in wstr)", 0, 0},
        {"void(out str[4])", "void(out u8[4])", 0, 0},
        {"void(struct a{i32 b})", "void(struct{i32;})", 1, 1},
        {"void(struct{i32})", "void(i32)", 0, 0},
        {"void(struct{f32})", "void(struct{i32})", 0, 0},
        {"void(struct{i32;i32})", "void(struct{i32 a[2]})", 0, 0},
        {"void(struct{i8;i32})", "void(struct{struct{i8};i32})", 0, 0},
        {"void(i32,f64)", "void(i32,...,f64)", 0, 0},
        {"void(i32,i32,...)", "void(i32,...,i32)", 0, 0},
        {"i32()", "i64()", 0, 0},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        for (size_t a = 0; a < COUNT(both); a++) {
            char one[256], other[256];
            assert_int_equal(hp_signature_canonical(pairs[i].one, both[a], one, sizeof one), S_OK);
            assert_int_equal(hp_signature_canonical(pairs[i].other, both[a], other, sizeof other), S_OK);
            if ((strcmp(one, other) == 0) != (both[a] == HP_ARCH_X86 ? pairs[i].x86 : pairs[i].x64))
                fail_msg("%s, %s", one, other);
        }
    }
}

static void canonical_form_fits_exactly_or_is_refused(void **state) {
    (void)state;
    char canon[32];
    static const char expected[] = "cdecl void(in i32*)";
    for (size_t capacity = 1; capacity <= sizeof canon; capacity++) {
        memset(canon, 'x', sizeof canon);
        HRESULT hr = hp_signature_canonical("void(in i32 a[1])", HP_ARCH_X86, canon, capacity);
        assert_int_equal(hr, capacity >= sizeof expected ? S_OK : E_INVALIDARG);
        for (size_t i = capacity; i < sizeof canon; i++)
            assert_int_equal(canon[i], 'x');
    }
    assert_string_equal(canon, expected);
    assert_int_equal(hp_signature_canonical("void(in str[4])", HP_ARCH_X86, canon, sizeof canon),
                     HP_E_SIGNATURE_LENGTH);
}

// The worst case: one-letter length names, which become longer, in every parameter, and no convention.
static void canonical_form_grows_by_less_than_129_bytes(void **state) {
    (void)state;
    long_text text = {0};
    append(&text, "i8(in u8[n]");
    for (int i = 1; i < 31; i++)
        append(&text, ",in u8[n]");
    append(&text, ",i8 n)");
    char canon[HP_SIGNATURE_MAX + 129];
    assert_int_equal(hp_signature_canonical(text.text, HP_ARCH_X86, canon, sizeof canon), S_OK);
    assert_true(strlen(canon) > text.length);
    assert_true(strlen(canon) <= text.length + 128);
    assert_non_null(strstr(canon, "in u8[#31],in u8[#31],i8)"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_types_have_the_width_that_their_name_says),
        cmocka_unit_test(the_example_of_the_documentation_means_what_it_says),
        cmocka_unit_test(convention_is_known_on_x86_and_one_on_x64),
        cmocka_unit_test(memory_is_constant_counted_or_terminated),
        cmocka_unit_test(length_may_stand_before_and_behind_its_buffer),
        cmocka_unit_test(any_white_space_separates_and_none_is_needed),
        cmocka_unit_test(words_of_c_and_of_the_grammar_are_names_where_a_name_stands),
        cmocka_unit_test(no_parameters_can_be_written_in_two_ways),
        cmocka_unit_test(structures_are_laid_out_as_c_compilers_do),
        cmocka_unit_test(parameters_behind_the_dots_are_variadic),
        cmocka_unit_test(object_of_thiscall_is_as_large_as_a_pointer),
        cmocka_unit_test(each_error_has_its_place_and_reason),
        cmocka_unit_test(every_prefix_of_a_signature_is_refused_where_it_ends),
        cmocka_unit_test(null_and_unknown_architecture_are_the_callers_mistake),
        cmocka_unit_test(the_33rd_parameter_is_one_too_many),
        cmocka_unit_test(a_text_of_4097_bytes_is_one_too_long),
        cmocka_unit_test(a_text_full_of_named_fields_is_read_to_its_end),
        cmocka_unit_test(a_structure_of_65537_bytes_is_too_large),
        cmocka_unit_test(a_buffer_beyond_a_frame_is_too_large),
        cmocka_unit_test(the_9th_level_of_structures_is_too_deep),
        cmocka_unit_test(stack_arguments_end_at_64_kib_on_x86),
        cmocka_unit_test(canonical_form_has_one_spelling),
        cmocka_unit_test(canonical_forms_are_equal_exactly_for_the_same_call),
        cmocka_unit_test(canonical_form_fits_exactly_or_is_refused),
        cmocka_unit_test(canonical_form_grows_by_less_than_129_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
