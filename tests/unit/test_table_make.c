// What no table can hold is refused when it is made, with the function that is at fault.
#include "unit/table_sample.h"

#include "idl/fault.h"

static HRESULT make(const hp_table_about *about, const hp_table_function *functions, uint32_t count,
                    const hp_table_function **bad) {
    unsigned char *bytes = (unsigned char *)(uintptr_t)1;
    size_t size = 77;
    HRESULT hr = hp_table_make(about, functions, count, &bytes, &size, bad);
    if (SUCCEEDED(hr)) {
        hp_table table;
        assert_int_equal(hp_table_open(bytes, size, &table, NULL), S_OK);
        free(bytes);
    } else {
        assert_null(bytes);
        assert_int_equal(size, 0);
    }
    return hr;
}

/** The sample with one function of it changed. */
#define WITH(index, change, expected)                                                                        \
    do {                                                                                                     \
        hp_table_function functions[SAMPLES];                                                                \
        memcpy(functions, sample, sizeof sample);                                                            \
        hp_table_function *f = &functions[index];                                                            \
        change;                                                                                              \
        const hp_table_function *bad = NULL;                                                                 \
        HRESULT hr = make(&sample_about, functions, SAMPLES, &bad);                                          \
        if (hr != (expected) || bad != (FAILED(expected) ? f : NULL))                                        \
            fail_msg("%s: 0x%08x", #change, (unsigned)hr);                                                   \
    } while (0)

static void code_that_open_would_refuse_is_refused(void **state) {
    (void)state;
    WITH(0, (void)f, S_OK);
    WITH(1, f->name = NULL, E_INVALIDARG);
    WITH(1, f->signature = NULL, E_INVALIDARG);
    WITH(1, f->rva = SAMPLE_IMAGE, E_INVALIDARG);
    WITH(1, f->rva = SAMPLE_IMAGE - f->size + 1, E_INVALIDARG);
    WITH(1, f->rva = SAMPLE_IMAGE - f->size, S_OK);
    WITH(1, f->size = UINT32_MAX, E_INVALIDARG);
    WITH(3, f->rva = SAMPLE_IMAGE, E_INVALIDARG); // without a size
    WITH(1, f->rva = 0, E_INVALIDARG);
    WITH(5, f->size = 1, E_INVALIDARG);
}

static void values_that_open_would_refuse_are_refused(void **state) {
    (void)state;
    WITH(5, f->patchable = S_OK, E_INVALIDARG);
    WITH(6, f->patchable = S_OK, E_INVALIDARG);
    WITH(1, f->form = HP_FORM_COUNT, E_INVALIDARG);
    WITH(1, f->form = (hp_prologue_form)-1, E_INVALIDARG);
    WITH(1, f->form = HP_FORM_NONE, E_INVALIDARG);
    WITH(1, f->compiler = 0, E_INVALIDARG);
    WITH(1, f->compiler = 4, E_INVALIDARG);
    WITH(1, f->convention = 4, E_INVALIDARG);
    WITH(1, f->patchable = S_FALSE, E_INVALIDARG);
    WITH(1, f->patchable = E_OUTOFMEMORY, E_INVALIDARG);
    WITH(1, f->callable = HP_ERROR_CODE(0x7FFF), E_INVALIDARG);
    hp_table_about x64 = sample_about;
    x64.arch = HP_ARCH_X64;
    const hp_table_function *bad;
    assert_int_equal(make(&x64, sample, SAMPLES, &bad), E_INVALIDARG); // only x86 has other conventions
    assert_ptr_equal(bad, &sample[2]);
    assert_int_equal(make(&x64, sample, 2, &bad), S_OK);
    assert_null(bad);
}

static void names_are_checked_and_differ(void **state) {
    (void)state;
    char name[HP_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[HP_NAME_MAX + 1] = '\0';
    WITH(1, f->name = name, HP_E_NAME_TOO_LONG);
    name[HP_NAME_MAX] = '\0';
    WITH(1, f->name = name, S_OK);
    WITH(1, f->name = "", HP_E_NAME_INVALID);
    WITH(1, f->name = "a b", HP_E_NAME_INVALID);

    hp_table_function functions[SAMPLES];
    memcpy(functions, sample, sizeof sample);
    functions[3].name = functions[6].name;
    const hp_table_function *bad;
    assert_int_equal(make(&sample_about, functions, SAMPLES, &bad), HP_E_NAME_DUPLICATE);
    assert_true(bad == &functions[3] || bad == &functions[6]);
    assert_int_equal(make(&sample_about, functions, SAMPLES, NULL), HP_E_NAME_DUPLICATE);
}

static void the_image_is_checked(void **state) {
    (void)state;
    const hp_table_function *bad;
    hp_table_about about = sample_about;
    about.arch = 0;
    assert_int_equal(make(&about, sample, SAMPLES, &bad), E_INVALIDARG);
    assert_null(bad);
    about.arch = (hp_arch)3;
    assert_int_equal(make(&about, sample, SAMPLES, &bad), E_INVALIDARG);
    about = sample_about;
    about.writer = NULL;
    assert_int_equal(make(&about, sample, SAMPLES, &bad), E_INVALIDARG);
    about.writer = "";
    assert_int_equal(make(&about, sample, SAMPLES, &bad), S_OK);
}

static void more_than_a_table_can_hold_is_refused(void **state) {
    (void)state;
    assert_int_equal(make(&sample_about, sample, HP_TABLE_MAX_FUNCTIONS + 1, NULL), HP_E_FRAME_TOO_LARGE);

    hp_table_function *functions = calloc(HP_TABLE_MAX_FILES + 1, sizeof *functions);
    char(*names)[16] = calloc(HP_TABLE_MAX_FILES + 1, sizeof *names);
    for (uint32_t i = 0; i <= HP_TABLE_MAX_FILES; i++) {
        snprintf(names[i], sizeof names[i], "f%u", i);
        functions[i] = (hp_table_function)SAMPLE(names[i], .file = names[i]);
    }
    assert_int_equal(make(&sample_about, functions, HP_TABLE_MAX_FILES, NULL), S_OK);
    assert_int_equal(make(&sample_about, functions, HP_TABLE_MAX_FILES + 1, NULL), HP_E_FRAME_TOO_LARGE);
    free(names);
    free(functions);

    char *text = malloc(HP_TABLE_MAX_BYTES);
    assert_non_null(text);
    memset(text, 'x', HP_TABLE_MAX_BYTES - 1);
    text[HP_TABLE_MAX_BYTES - 1] = '\0';
    hp_table_function one = SAMPLE("one", .room = 16);
    one.file = text;
    assert_int_equal(make(&sample_about, &one, 1, NULL), HP_E_FRAME_TOO_LARGE);
    text[HP_TABLE_MAX_BYTES - HP_TABLE_HEADER] = '\0'; // all texts fit, but not the whole table
    assert_int_equal(make(&sample_about, &one, 1, NULL), HP_E_FRAME_TOO_LARGE);
    free(text);
}

static void sealing_changes_identity_and_hash_only(void **state) {
    (void)state;
    made_table made = make_table(&sample_about, sample, SAMPLES);
    unsigned char *before = malloc(made.size);
    memcpy(before, made.bytes, made.size);
    hp_table_seal(made.bytes, made.size, 0xABCD000u, 0xFEDCBA9876543210u);
    hp_table table = open_table(made);
    assert_true(table.about.fingerprint == 0xFEDCBA9876543210u);
    assert_int_equal(table.about.image_size, 0xABCD000u);
    for (size_t i = 0; i < made.size; i++)
        if (i < 16 || (i >= 32 && i < 36) || i >= 40)
            assert_int_equal(made.bytes[i], before[i]);
    hp_table_seal(made.bytes, made.size, sample_about.image_size, sample_about.fingerprint);
    assert_memory_equal(made.bytes, before, made.size);
    hp_table_seal(made.bytes, HP_TABLE_HEADER - 1, 1, 1); // too small for a table: nothing is written
    hp_table_seal(made.bytes, made.size - 1, 1, 1);
    assert_memory_equal(made.bytes, before, made.size);
    free(before);
    free(made.bytes);
}

#ifdef HP_FAULT_INJECTION
static void no_memory_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    hp_fault_arm(0);
    assert_int_equal(make(&sample_about, sample, SAMPLES, NULL), S_OK);
    const unsigned steps = hp_fault_count();
    assert_true(steps >= 12); // three kinds of texts, twice each, and six more
    for (unsigned i = 1; i <= steps; i++) {
        hp_fault_arm(i);
        assert_int_equal(make(&sample_about, sample, SAMPLES, NULL), E_OUTOFMEMORY);
        assert_string_not_equal(hp_fault_name(), "");
    }
    hp_fault_arm(0);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_that_open_would_refuse_is_refused),
        cmocka_unit_test(values_that_open_would_refuse_are_refused),
        cmocka_unit_test(names_are_checked_and_differ),
        cmocka_unit_test(the_image_is_checked),
        cmocka_unit_test(more_than_a_table_can_hold_is_refused),
        cmocka_unit_test(sealing_changes_identity_and_hash_only),
#ifdef HP_FAULT_INJECTION
        cmocka_unit_test(no_memory_is_reported_and_nothing_leaks),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
