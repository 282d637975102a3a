// Tables whose parts are where they should be, but that lie about functions and names. The hash is right.
#include "unit/table_sample.h"

/** A sound table, a change to it (at: the function that is named), a right hash, and a refusal. */
#define DAMAGE(name, change, expected)                                                                       \
    do {                                                                                                     \
        made_table made = make_table(&sample_about, sample, SAMPLES);                                        \
        unsigned char *at = sample_at(made, name);                                                           \
        change;                                                                                              \
        (void)at;                                                                                            \
        require_refused(made, expected, #change);                                                            \
    } while (0)

/** Frees it. */
static void require_refused(made_table made, const char *expected, const char *what) {
    reseal(made);
    hp_table table;
    const char *reason = "";
    HRESULT hr = hp_table_open(made.bytes, made.size, &table, &reason);
    if (hr != HP_E_TABLE_DAMAGED || strcmp(reason, expected) != 0)
        fail_msg("%s: 0x%08x, %s", what, (unsigned)hr, reason);
    assert_int_equal(table.count, 0);
    assert_null(table.functions);
    free(made.bytes);
}

static void put(unsigned char *at, size_t offset, uint32_t number) {
    hp_table_put(at + offset, 4, number);
}

static unsigned char *text_of(made_table made, const unsigned char *field) {
    return made.bytes + made.size - hp_table_u32(made.bytes + HP_TABLE_AT_SIGNATURE_SIZE) -
           hp_table_u32(made.bytes + HP_TABLE_AT_TEXT_SIZE) + hp_table_u32(field);
}

static void code_lies_in_the_image(void **state) {
    (void)state;
    static const char outside[] = "a function lies outside of the image";
    DAMAGE("add(i32)", put(at, HP_TABLE_AT_RVA, SAMPLE_IMAGE), outside);
    DAMAGE("add(i32)", put(at, HP_TABLE_AT_RVA, SAMPLE_IMAGE - 0x20 + 1), outside);
    DAMAGE("add(i32)", put(at, HP_TABLE_AT_RVA, UINT32_MAX), outside);
    DAMAGE("add(i32)", put(at, HP_TABLE_AT_RVA, UINT32_MAX - 0x20 + 1), outside); // the sum is 0
    DAMAGE("add(i32)", put(at, HP_TABLE_AT_SIZE, UINT32_MAX - 0xFFF), outside);
    DAMAGE("load@src/ai.c", put(at, HP_TABLE_AT_RVA, SAMPLE_IMAGE), outside); // without a size
    DAMAGE("load@src/ai.c", put(at, HP_TABLE_AT_SIZE, 2), outside);
    DAMAGE("gone", put(at, HP_TABLE_AT_SIZE, 1), "a function has a size, but no code");
}

static void what_can_be_redirected_has_code(void **state) {
    (void)state;
    static const char lie[] = "a function without code that can be patched is said to be patchable";
    DAMAGE("gone", hp_table_put(at + HP_TABLE_AT_PATCHABLE, 2, 0), lie);
    DAMAGE("gone", (hp_table_put(at + HP_TABLE_AT_PATCHABLE, 2, 0), at[HP_TABLE_AT_FORM] = HP_FORM_NOPS),
           lie);
    DAMAGE("strange", hp_table_put(at + HP_TABLE_AT_PATCHABLE, 2, 0), lie);
    DAMAGE("add(i32)", (put(at, HP_TABLE_AT_RVA, 0), put(at, HP_TABLE_AT_SIZE, 0)), lie);
    DAMAGE("add(i32)", at[HP_TABLE_AT_FORM] = HP_FORM_NONE, lie);
}

static void unknown_values_are_refused(void **state) {
    (void)state;
    for (unsigned form = HP_FORM_COUNT; form < 256; form++)
        DAMAGE("add(i32)", at[HP_TABLE_AT_FORM] = (unsigned char)form, "a function has an unknown prologue");
    DAMAGE("add(i32)", at[HP_TABLE_AT_FLAGS] &= 0xFC, "a function comes from an unknown compiler");
    DAMAGE("add(i32)", at[HP_TABLE_AT_FLAGS] |= 0x80, "a reserved bit of a function is not zero");
    DAMAGE("add(i32)", made.bytes[HP_TABLE_AT_ARCH] = HP_ARCH_X64, // two others are not cdecl
           "a function has a calling convention that x64 does not have");
}

static void names_are_names_and_as_short_as_they_say(void **state) {
    (void)state;
    static const char none[] = "the name of a function is none";
    static const char length[] = "the short name of a function has another length";
    DAMAGE("strange", *text_of(made, at) = ' ', none);
    DAMAGE("strange", *text_of(made, at) = '\0', none);
    DAMAGE("add(i32)", text_of(made, at)[7] = '(', none);
    DAMAGE("strange", put(at, HP_TABLE_AT_NAME, 0), none);
    DAMAGE("strange", *text_of(made, at) = HP_TABLE_REFERENCE_FIRST,
           "a text that is no signature refers to a definition");
    DAMAGE("strange", at[HP_TABLE_AT_SHORT]++, length);
    DAMAGE("strange", at[HP_TABLE_AT_SHORT]--, length);
    DAMAGE("add(i32)", at[HP_TABLE_AT_SHORT] = 8, length);
    DAMAGE("add(i32)", at[HP_TABLE_AT_SHORT] = 0, length);

    char text[HP_NAME_MAX + 2]; // a path that would be a name, if it were shorter
    memset(text, 'n', sizeof text);
    text[sizeof text - 1] = '\0';
    hp_table_function one = SAMPLE("one", .room = 16);
    one.file = text;
    made_table made = make_table(&sample_about, &one, 1);
    unsigned char *at = made.bytes + HP_TABLE_HEADER;
    put(at, HP_TABLE_AT_NAME, hp_table_u32(at + HP_TABLE_FUNCTION + 2 * 4)); // behind two buckets
    require_refused(made, none, "a name that is too long");
}

static void swap(unsigned char *a, unsigned char *b) {
    unsigned char kept[HP_TABLE_FUNCTION];
    memcpy(kept, a, sizeof kept);
    memcpy(a, b, sizeof kept);
    memcpy(b, kept, sizeof kept);
}

static unsigned char *bucket(made_table made, uint32_t index) {
    return made.bytes + HP_TABLE_HEADER + hp_table_u32(made.bytes + HP_TABLE_AT_COUNT) * HP_TABLE_FUNCTION +
           (size_t)4 * index;
}

/** Where a bucket begins that has a function in it and is not the last one. */
static uint32_t full_bucket(made_table made) {
    uint32_t index = 0;
    while (hp_table_u32(bucket(made, index)) == hp_table_u32(bucket(made, index + 1)))
        index++;
    assert_true(index + 1 < hp_table_u32(made.bytes + HP_TABLE_AT_BUCKETS));
    return index;
}

static void names_differ_and_are_in_order(void **state) {
    (void)state;
    static const char twice[] = "two functions have the same name";
    static const char order[] = "the functions of a bucket are not in order";
    DAMAGE("add(f64)", swap(at, sample_at(made, "add(i32)")), order);
    DAMAGE("load@src/ai.c", swap(at, sample_at(made, "load@src/map.c")), order);
    DAMAGE("add(f64)", put(at, HP_TABLE_AT_NAME, hp_table_u32(sample_at(made, "add(i32)"))), twice);
    DAMAGE("add(f64)", memcpy(text_of(made, at), text_of(made, sample_at(made, "add(i32)")), 8), twice);
}

static void functions_are_in_their_buckets(void **state) {
    (void)state;
    static const char wrong[] = "a function is in the wrong bucket";
    static const char not_all[] = "the buckets do not hold all functions";
    static const char disorder[] = "the buckets are not in order";
    // "strange" and "strangf" may share a bucket, but not all of these
    unsigned refused = 0;
    for (int letter = 'a'; letter <= 'z'; letter++) {
        made_table made = make_table(&sample_about, sample, SAMPLES);
        text_of(made, sample_at(made, "strange"))[6] = (unsigned char)letter;
        reseal(made);
        hp_table table;
        const char *reason = "";
        if (hp_table_open(made.bytes, made.size, &table, &reason) != S_OK)
            refused += strcmp(reason, wrong) == 0;
        free(made.bytes);
    }
    assert_true(refused > 5);
    DAMAGE("add(i32)",
           put(bucket(made, full_bucket(made) + 1), 0, hp_table_u32(bucket(made, full_bucket(made)))), wrong);
    DAMAGE("add(i32)", put(bucket(made, 0), 0, 1), not_all);
    DAMAGE("add(i32)", put(bucket(made, 4), 0, SAMPLES - 1), not_all);
    DAMAGE("add(i32)", put(bucket(made, 4), 0, SAMPLES + 1), not_all);
    DAMAGE("add(i32)", put(bucket(made, 1), 0, SAMPLES + 1), disorder);
    DAMAGE("add(i32)", put(bucket(made, 1), 0, UINT32_MAX), disorder);
    DAMAGE("add(i32)",
           (put(bucket(made, 1), 0, 0), put(bucket(made, 2), 0, 0), put(bucket(made, 3), 0, UINT32_MAX)),
           disorder);
}

// Whatever opens can be used; a sanitizer sees the rest.
static void what_opens_can_be_read(void **state) {
    (void)state;
    made_table made = make_table(&sample_about, sample, SAMPLES);
    unsigned opened = 0;
    for (size_t i = 0; i < made.size; i++) {
        for (unsigned value = 0; value < 256; value += 15) {
            const unsigned char kept = made.bytes[i];
            made.bytes[i] = (unsigned char)value;
            reseal(made);
            hp_table table;
            if (hp_table_open(made.bytes, made.size, &table, NULL) == S_OK) {
                opened++;
                for (uint32_t at = 0; at < table.count; at++) {
                    hp_table_function function;
                    uint32_t found;
                    hp_table_get(&table, at, &function);
                    assert_int_equal(hp_table_find(&table, function.name, strlen(function.name), &found),
                                     S_OK);
                    assert_int_equal(found, at);
                    assert_true(strlen(written_out(&table, at)) + strlen(function.file ? function.file : "") <
                                1000);
                }
            }
            made.bytes[i] = kept;
        }
    }
    assert_true(opened > 1000);
    free(made.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_lies_in_the_image),
        cmocka_unit_test(what_can_be_redirected_has_code),
        cmocka_unit_test(unknown_values_are_refused),
        cmocka_unit_test(names_are_names_and_as_short_as_they_say),
        cmocka_unit_test(names_differ_and_are_in_order),
        cmocka_unit_test(functions_are_in_their_buckets),
        cmocka_unit_test(what_opens_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
