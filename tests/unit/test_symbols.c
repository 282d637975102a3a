// Functions and signatures of real images: DWARF of the preset's compiler, PDBs of clang and lld, at -O0 and
// -O2. The command line gives: directory of the images, of the sources one's own, of somebody else's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>

#include "proxygen/signature.h"
#include "tools/debug/select.h"
#include "tools/debug/types.h"

static const char *images, *own, *foreign;

/** One image of a kind: "dwarf-x64-O2". */
typedef struct image {
    const char *name;
    hp_arch arch;
} image;

static int exists(const image *it, wchar_t *path) {
    char text[MAX_PATH];
    snprintf(text, sizeof text, "%s/symbols_%s.exe", images, it->name);
    MultiByteToWideChar(CP_UTF8, 0, text, -1, path, MAX_PATH);
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static HRESULT open_below(const image *it, const char *directory, hp_symbols *symbols, hp_trouble *trouble) {
    wchar_t path[MAX_PATH];
    if (!exists(it, path))
        skip();
    char normal[MAX_PATH];
    assert_true(hp_select_path(directory, NULL, normal, sizeof normal));
    const char *directories[] = {"/nowhere", normal};
    hp_sources sources = {.count = 2, .directories = directories};
    static const hp_facts none;
    return hp_symbols_open(path, it->arch, &sources, &none, symbols, trouble);
}

static void open_own(void **state, hp_symbols *symbols) {
    hp_trouble trouble = {0};
    HRESULT hr = open_below(*state, own, symbols, &trouble);
    if (FAILED(hr))
        fail_msg("0x%08lX %s", (unsigned long)hr, trouble.detail);
}

static const hp_symbol *find(const hp_symbols *symbols, const char *name) {
    for (size_t i = 0; i < symbols->count; i++)
        if (strcmp(symbols->items[i].name, name) == 0)
            return &symbols->items[i];
    return NULL;
}

/** What is known of a function of the sample; parameters -1: nothing. */
typedef struct expectation {
    const char *name, *signature; // signature NULL: none
    HRESULT result;
    const char *reason; // a part of it
    int parameters;
    uint32_t const_behind;
    uint8_t is_variadic;
} expectation;

#define MANY_HASH "7756887bed60f08d"
#define ENUM_COLOR "enum i32 color{RED=0,GREEN=1,BLUE=7}"
#define PLAYER "struct player{i32 score;f64 x;i8 c[3]}"
#define POINT "struct point{i32 x;i32 y}"

static const expectation expectations[] = {
    {.name = "nothing", .signature = "void()"},
    {.name = "integers", .signature = "i32(i8 a,u8 b,i16 c,u16 d,i32 e,u32 f,i64 g,u64 h)", .parameters = 8},
    {.name = "longs",
     .signature = sizeof(void *) == 8 ? "u32(i32 a,u32 b,u64 c)" : "u32(i32 a,u32 b,u32 c)",
     .parameters = 3},
    {.name = "floats", .signature = "f64(f32 a,f64 b,bool c)", .parameters = 3},
    {.name = "colors",
     .signature = "i32(" ENUM_COLOR " c,enum i32 sign{MINUS=-1,PLUS=1} s)",
     .parameters = 2},
    // FNV-1a of "LONG_NAME_10=0\nLONG_NAME_11=1\n" and so on
    {.name = "many",
     .signature = "enum i32 many{#" MANY_HASH "}(enum i32 many{#" MANY_HASH "} m)",
     .parameters = 1},
    {.name = "by_value", .signature = POINT "(" POINT " p," PLAYER " q)", .parameters = 2},
    {.name = "nested",
     .signature = "i32(inout struct nest{" PLAYER " player;" POINT " at[2];" ENUM_COLOR
                  " color;f32 m[12]}* n,in " PLAYER "* p)",
     .parameters = 2,
     .const_behind = 2},
    {.name = "texts", .signature = "i32(in str s,in wstr w)", .parameters = 2, .const_behind = 3},
    {.name = "handles", .signature = "handle(handle h)", .parameters = 1},
    {.name = "std", .signature = "i32(i32 a,i32 b)", .parameters = 2},
    {.name = "texts",
     .result = HP_E_SIGNATURE_UNKNOWN,
     .reason = "parameter 1, s: the types do not say",
     .parameters = -1},
    {.name = "texts",
     .result = HP_E_SIGNATURE_UNKNOWN,
     .reason = "parameter 2, w: characters that may be written",
     .parameters = 2,
     .const_behind = 1},
    {.name = "buffer", .result = HP_E_SIGNATURE_UNKNOWN, .reason = "parameter 1, text: ", .parameters = 2},
    {.name = "memory", .result = HP_E_SIGNATURE_UNKNOWN, .reason = "how much memory", .parameters = 1},
    {.name = "any",
     .result = HP_E_SIGNATURE_UNKNOWN,
     .reason = "how much memory",
     .parameters = 1,
     .const_behind = 1},
    {.name = "chain",
     .result = HP_E_SIGNATURE_UNKNOWN,
     .reason = "structure self, member next: a pointer",
     .parameters = 1},
    {.name = "packs",
     .result = HP_E_SIGNATURE_UNKNOWN,
     .reason = "member i: it does not stand",
     .parameters = 1},
    {.name = "bit", .result = HP_E_SIGNATURE_UNKNOWN, .reason = "member a: a bit field", .parameters = 1},
    {.name = "unions", .result = HP_E_SIGNATURE_UNKNOWN, .reason = "a union", .parameters = 1},
    {.name = "pointer", .result = HP_E_SIGNATURE_RETURN_POINTER, .reason = "a pointer"},
    {.name = "variadic",
     .result = HP_E_SIGNATURE_UNKNOWN,
     .reason = "\"...\"",
     .parameters = 1,
     .is_variadic = 1},
};

static void describe(hp_symbols *symbols, const hp_symbol *symbol, const expectation *it,
                     hp_types_call *call) {
    hp_fact fact = {.rva = symbol->rva,
                    .parameters = (uint8_t)it->parameters,
                    .const_behind = it->const_behind,
                    .is_variadic = it->is_variadic};
    HRESULT hr =
        hp_types_describe(symbols, symbol, it->parameters < 0 ? NULL : &fact, HP_CONVENTION_CDECL, call);
    assert_int_equal(hr, S_OK);
}

static void test_signatures(void **state) {
    hp_symbols symbols;
    static hp_types_call call;
    open_own(state, &symbols);
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const expectation *it = &expectations[i];
        const hp_symbol *symbol = find(&symbols, it->name);
        if (!symbol) {
            fail_msg("%s was not found", it->name);
            return;
        }
        describe(&symbols, symbol, it, &call);
        if (call.result != it->result)
            fail_msg("%s: 0x%08lX %s", it->name, (unsigned long)call.result, call.reason);
        if (strcmp(it->name, "longs") == 0) // size_t is the image's, not the test's
            assert_int_equal(strncmp(call.signature, "u32(i32 a,u32 b,u", 17), 0);
        else
            assert_string_equal(call.signature, it->signature ? it->signature : "");
        if (it->reason && !strstr(call.reason, it->reason))
            fail_msg("%s: %s", it->name, call.reason);
    }
    hp_symbols_close(&symbols);
}

static void test_only_ones_own_source_is_chosen(void **state) {
    hp_symbols symbols, others;
    hp_trouble trouble = {0};
    open_own(state, &symbols);
    assert_null(find(&symbols, "other"));
    assert_non_null(find(&symbols, "main"));
    assert_true(symbols.seen > symbols.count);
    for (size_t i = 0; i < symbols.count; i++) {
        assert_string_equal(symbols.items[i].file, "symbols_sample.c");
        assert_true(symbols.items[i].rva > 0);
        assert_true(i == 0 || symbols.items[i - 1].rva < symbols.items[i].rva);
    }
    hp_symbols_close(&symbols);

    assert_int_equal(open_below(*state, foreign, &others, &trouble), S_OK);
    assert_int_equal(others.count, 1);
    assert_string_equal(others.items[0].name, "other");
    hp_symbols_close(&others);
}

static void expect_shape(hp_symbols *symbols, const char *name, const char *shape, const char *parameters) {
    static hp_types_call call;
    const hp_symbol *symbol = find(symbols, name);
    assert_non_null(symbol);
    assert_int_equal(hp_types_describe(symbols, symbol, NULL, HP_CONVENTION_STDCALL, &call), S_OK);
    int is_x86 = symbols->arch == HP_ARCH_X86;
    if (is_x86)
        assert_int_equal(strncmp(call.shape, "stdcall ", 8), 0);
    assert_string_equal(call.shape + (is_x86 ? 8 : 0), shape);
    assert_string_equal(call.parameters, parameters);
    if (SUCCEEDED(call.result))
        assert_int_equal(strncmp(call.signature, "stdcall ", 8) == 0, is_x86);
}

static void test_shapes_tell_what_no_signature_can(void **state) {
    hp_symbols symbols;
    open_own(state, &symbols);
    expect_shape(&symbols, "memory", "i32(i32* data)", "(i32*)");
    expect_shape(&symbols, "any", "i32(void* data)", "(void*)");
    expect_shape(&symbols, "packs", "i32(?5* p)", "(packed*)");
    expect_shape(&symbols, "unions", "i32(?4 e)", "(either)");
    expect_shape(&symbols, "pointer", "i8*()", "()");
    expect_shape(&symbols, "by_value", POINT "(" POINT " p," PLAYER " q)", "(point,player)");
    expect_shape(&symbols, "std", "i32(i32 a,i32 b)", "(i32,i32)");
    hp_symbols_close(&symbols);
}

static void test_a_clone_with_other_parameters_is_refused(void **state) {
    static hp_types_call call;
    const image *it = *state;
    hp_symbols symbols;
    open_own(state, &symbols);
    const hp_symbol *symbol = find(&symbols, "clone");
    if (symbol) { // else it was inlined
        assert_int_equal(hp_types_describe(&symbols, symbol, NULL, HP_CONVENTION_CDECL, &call), S_OK);
        if (call.result == HP_E_CLONE)
            assert_non_null(strstr(call.reason, "has 3 parameters, its code has 2"));
        else
            assert_string_equal(call.signature, "i32(i32 a,i32 b,i32 unused)");
#ifndef __clang__
        assert_int_equal(call.result == HP_E_CLONE, strstr(it->name, "dwarf") && strstr(it->name, "O2"));
#endif
    }
    (void)it;
    hp_symbols_close(&symbols);
}

static void test_a_parameter_that_dbghelp_does_not_tell_is_missed(void **state) {
    static hp_types_call call;
    hp_symbols symbols;
    open_own(state, &symbols);
    const hp_symbol *symbol = find(&symbols, "memory");
    hp_fact fact = {.parameters = 2};
    assert_int_equal(hp_types_describe(&symbols, symbol, &fact, HP_CONVENTION_CDECL, &call), S_OK);
    assert_int_equal(call.result, HP_E_SIGNATURE_UNKNOWN);
    assert_int_equal(strstr(call.reason, "dbghelp tells 1 of its 2 parameters") != NULL, !symbols.is_pdb);
    hp_symbols_close(&symbols);
}

static void test_a_cxx_structure_by_value_is_refused(void **state) {
    static hp_types_call call;
    hp_symbols symbols;
    open_own(state, &symbols);
    hp_fact fact = {.parameters = 2, .is_cxx = 1};
    assert_int_equal(
        hp_types_describe(&symbols, find(&symbols, "by_value"), &fact, HP_CONVENTION_CDECL, &call), S_OK);
    assert_int_equal(call.result, HP_E_SIGNATURE_UNKNOWN);
    assert_non_null(strstr(call.reason, "constructors"));
    hp_symbols_close(&symbols);
}

static void test_a_pdb_tells_the_convention(void **state) {
    hp_symbols symbols;
    open_own(state, &symbols);
    hp_convention convention = hp_types_convention(&symbols, find(&symbols, "std"));
    hp_convention expected =
        symbols.is_pdb && symbols.arch == HP_ARCH_X86 ? HP_CONVENTION_STDCALL : HP_CONVENTION_CDECL;
    assert_int_equal(convention, expected);
    hp_symbols_close(&symbols);
}

static void test_a_convention_that_no_signature_has_is_refused(void **state) {
    static hp_types_call call;
    hp_symbols symbols;
    open_own(state, &symbols);
    if (symbols.is_pdb && symbols.arch == HP_ARCH_X64) {
        const hp_symbol *symbol = find(&symbols, "vector");
        assert_non_null(symbol);
        hp_fact fact = {.parameters = 2};
        assert_int_equal(hp_types_describe(&symbols, symbol, &fact, HP_CONVENTION_CDECL, &call), S_OK);
        assert_int_equal(call.result, HP_E_SIGNATURE_CONVENTION);
        assert_non_null(strstr(call.reason, "CV_call 24"));
    }
    hp_symbols_close(&symbols);
}

static void test_a_function_without_a_prototype_is_refused(void **state) {
    static hp_types_call call;
    hp_symbols symbols;
    open_own(state, &symbols);
    hp_fact fact = {.parameters = 3, .is_unprototyped = 1};
    assert_int_equal(hp_types_describe(&symbols, find(&symbols, "floats"), &fact, HP_CONVENTION_CDECL, &call),
                     S_OK);
    assert_int_equal(call.result, HP_E_SIGNATURE_UNKNOWN);
    assert_non_null(strstr(call.reason, "no prototype"));
    hp_symbols_close(&symbols);
}

static void test_functions_are_counted(void **state) {
    const image *it = *state;
    hp_symbols symbols;
    wchar_t path[MAX_PATH];
    size_t count = 0;
    hp_trouble trouble = {0};
    open_own(state, &symbols);
    assert_true(exists(it, path));
    assert_int_equal(hp_symbols_count(path, it->arch, &count, &trouble), S_OK);
    assert_int_equal(count, symbols.seen);
    hp_symbols_close(&symbols);
}

static void test_an_image_without_debug_information(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_symbols symbols;
    image bare = {"bare", sizeof(void *) == 8 ? HP_ARCH_X64 : HP_ARCH_X86};
    assert_int_equal(open_below(&bare, own, &symbols, &trouble), HP_E_DEBUG_INFO);
    assert_non_null(strstr(trouble.detail, "-gdwarf-4"));
    assert_null(symbols.items);
}

static void test_a_file_that_is_not_there(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_symbols symbols;
    hp_sources sources = {0};
    hp_arch arch = sizeof(void *) == 8 ? HP_ARCH_X64 : HP_ARCH_X86;
    assert_int_equal(hp_symbols_open(L"no such file.exe", arch, &sources, NULL, &symbols, &trouble),
                     HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND));
}

#ifndef _WIN64 /* the x64 tool reads both */
static void test_x64_images_need_the_x64_tool(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_symbols symbols;
    hp_sources sources = {0};
    assert_int_equal(hp_symbols_open(L"any.exe", HP_ARCH_X64, &sources, NULL, &symbols, &trouble),
                     HP_E_SERVER_ARCHITECTURE);
    assert_non_null(strstr(trouble.detail, "x64 hotpatch"));
}
#endif

static const image kinds[] = {
    {"dwarf-x86-O0", HP_ARCH_X86}, {"dwarf-x86-O2", HP_ARCH_X86},
    {"pdb-x86-O0", HP_ARCH_X86},   {"pdb-x86-O2", HP_ARCH_X86},
#ifdef _WIN64
    {"dwarf-x64-O0", HP_ARCH_X64}, {"dwarf-x64-O2", HP_ARCH_X64},
    {"pdb-x64-O0", HP_ARCH_X64},   {"pdb-x64-O2", HP_ARCH_X64},
#endif
};

int main(int argc, char **argv) {
    static const struct CMUnitTest for_each[] = {
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_only_ones_own_source_is_chosen),
        cmocka_unit_test(test_shapes_tell_what_no_signature_can),
        cmocka_unit_test(test_a_clone_with_other_parameters_is_refused),
        cmocka_unit_test(test_a_parameter_that_dbghelp_does_not_tell_is_missed),
        cmocka_unit_test(test_a_cxx_structure_by_value_is_refused),
        cmocka_unit_test(test_a_pdb_tells_the_convention),
        cmocka_unit_test(test_a_convention_that_no_signature_has_is_refused),
        cmocka_unit_test(test_a_function_without_a_prototype_is_refused),
        cmocka_unit_test(test_functions_are_counted),
    };
    static const struct CMUnitTest once[] = {
        cmocka_unit_test(test_an_image_without_debug_information),
        cmocka_unit_test(test_a_file_that_is_not_there),
#ifndef _WIN64
        cmocka_unit_test(test_x64_images_need_the_x64_tool),
#endif
    };
    enum { KINDS = sizeof kinds / sizeof *kinds, EACH = sizeof for_each / sizeof *for_each };
    if (argc != 4)
        return 99;
    images = argv[1];
    own = argv[2];
    foreign = argv[3];
    int failed = 0;
    for (size_t i = 0; i < KINDS; i++) {
        struct CMUnitTest tests[EACH];
        char names[EACH][100];
        for (size_t t = 0; t < EACH; t++) {
            tests[t] = for_each[t];
            snprintf(names[t], sizeof names[t], "%s: %s", kinds[i].name, for_each[t].name);
            tests[t].name = names[t];
            tests[t].initial_state = (void *)&kinds[i];
        }
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    failed += cmocka_run_group_tests(once, NULL, NULL);
    return failed;
}
