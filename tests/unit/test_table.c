// The function table: what goes in comes out, small, and the same from any order.
#include "unit/table_sample.h"

static void require_equal(const hp_table *table, const hp_table_function *got, const hp_table_function *put) {
    assert_string_equal(got->name, put->name);
    assert_null(got->signature);
    assert_string_equal(written_out(table, got->index), put->signature);
    assert_int_equal(got->file != NULL, put->file != NULL);
    if (put->file)
        assert_string_equal(got->file, put->file);
    assert_int_equal(got->rva, put->rva);
    assert_int_equal(got->size, put->size);
    assert_int_equal(got->line, put->line < 65535 ? put->line : 65535);
    assert_int_equal(got->patchable, put->patchable);
    assert_int_equal(got->callable, put->callable);
    assert_int_equal(got->form, put->form);
    assert_int_equal(got->room, put->room);
    assert_int_equal(got->compiler, put->compiler);
    assert_int_equal(got->convention, put->convention);
    assert_int_equal(got->offered, put->offered);
    assert_int_equal(got->is_static, put->is_static);
    assert_int_equal(got->partly_inlined, put->partly_inlined);
}

static hp_table_function get(const hp_table *table, const char *name) {
    uint32_t index = UINT32_MAX;
    assert_int_equal(hp_table_find(table, name, strlen(name), &index), S_OK);
    hp_table_function function;
    hp_table_get(table, index, &function);
    return function;
}

static void what_goes_in_comes_out(void **state) {
    (void)state;
    made_table made = make_table(&sample_about, sample, SAMPLES);
    hp_table table = open_table(made);
    assert_int_equal(table.count, SAMPLES);
    assert_true(table.about.fingerprint == sample_about.fingerprint);
    assert_int_equal(table.about.timestamp, sample_about.timestamp);
    assert_int_equal(table.about.image_size, sample_about.image_size);
    assert_int_equal(table.about.arch, sample_about.arch);
    assert_string_equal(table.about.writer, sample_about.writer);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        hp_table_function got = get(&table, sample[i].name);
        require_equal(&table, &got, &sample[i]);
        assert_int_equal(got.short_length, strcspn(sample[i].name, "(@"));
    }
    free(made.bytes);
}

static void no_function_is_a_table_too(void **state) {
    (void)state;
    made_table made = make_table(&sample_about, NULL, 0);
    hp_table table = open_table(made);
    uint32_t index;
    assert_int_equal(table.count, 0);
    assert_int_equal(hp_table_find(&table, "add", 3, &index), HP_E_NAME_UNKNOWN);
    const hp_table nothing = {0}; // what hp_table_open leaves behind when it fails
    assert_int_equal(hp_table_find(&nothing, "add", 3, &index), HP_E_NAME_UNKNOWN);
    free(made.bytes);
}

static void a_table_need_not_be_aligned_and_may_be_padded(void **state) {
    (void)state;
    made_table made = make_table(&sample_about, sample, SAMPLES);
    for (size_t shift = 0; shift < 8; shift++) {
        unsigned char *moved = calloc(1, made.size + 2 * shift);
        memcpy(moved + shift, made.bytes, made.size);
        hp_table table;
        assert_int_equal(hp_table_open(moved + shift, made.size + shift, &table, NULL), S_OK);
        hp_table_function got = get(&table, "load@src/map.c");
        require_equal(&table, &got, &sample[4]);
        free(moved);
    }
    free(made.bytes);
}

static void every_code_survives_and_unknown_ones_get_a_general_one(void **state) {
    (void)state;
    static const HRESULT codes[] = {S_OK,
#define CODE(name, number, what, todo) name,
                                    HP_ERROR_LIST(CODE)
#undef CODE
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        hp_table_function one = SAMPLE("one", .patchable = codes[i], .callable = codes[i]);
        made_table made = make_table(&sample_about, &one, 1);
        hp_table table = open_table(made);
        hp_table_function got = get(&table, "one");
        require_equal(&table, &got, &one);
        hp_table_put(sample_at(made, "one") + HP_TABLE_AT_PATCHABLE, 2, 0x7FFF);
        hp_table_put(made.bytes + HP_TABLE_HEADER + HP_TABLE_AT_CALLABLE, 2, 1);
        reseal(made);
        table = open_table(made);
        got = get(&table, "one");
        assert_int_equal(got.patchable, HP_E_NOT_PATCHABLE);
        assert_int_equal(got.callable, HP_E_SIGNATURE_UNKNOWN);
        free(made.bytes);
    }
}

static void shuffled_functions_give_the_same_bytes(void **state) {
    (void)state;
    made_table first = make_table(&sample_about, sample, SAMPLES);
    hp_table_function shuffled[SAMPLES];
    char copies[SAMPLES][200];
    for (unsigned round = 1; round < 50; round++) {
        memcpy(shuffled, sample, sizeof sample);
        uint32_t random = round;
        for (uint32_t i = SAMPLES; i > 1; i--) {
            random = random * 1664525u + 1013904223u;
            uint32_t other = (random >> 16) % i;
            hp_table_function kept = shuffled[other];
            shuffled[other] = shuffled[i - 1];
            shuffled[i - 1] = kept;
        }
        for (uint32_t i = 0; i < SAMPLES; i++) // equal texts at other addresses
            shuffled[i].signature = strcpy(copies[i], shuffled[i].signature);
        made_table again = make_table(&sample_about, shuffled, SAMPLES);
        assert_int_equal(again.size, first.size);
        assert_memory_equal(again.bytes, first.bytes, first.size);
        free(again.bytes);
    }
    free(first.bytes);
}

static unsigned count_text(made_table made, const char *text) {
    unsigned found = 0;
    const size_t size = strlen(text) + 1;
    for (size_t at = HP_TABLE_HEADER; at + size <= made.size; at++)
        found += memcmp(made.bytes + at, text, size) == 0 && made.bytes[at - 1] == 0;
    return found;
}

static void equal_texts_are_stored_once(void **state) {
    (void)state;
    static const hp_table_function functions[] = {SAMPLE("a", .file = "x.c"), SAMPLE("b", .file = "x.c"),
                                                  SAMPLE("c", .file = "hotpatch 0.1.0"),
                                                  SAMPLE("i32", .file = "b")};
    made_table made = make_table(&sample_about, functions, 4);
    assert_int_equal(count_text(made, "i32(i32,i32)"), 1);
    assert_int_equal(count_text(made, "x.c"), 1);
    assert_int_equal(count_text(made, "hotpatch 0.1.0"), 1);
    assert_int_equal(count_text(made, "b"), 1);
    open_table(made);
    free(made.bytes);
}

/** A program of many functions with names, files and signatures as programs have them. */
static made_table make_program(uint32_t count, size_t *name_bytes) {
    hp_table_function *functions = calloc(count, sizeof *functions);
    char(*texts)[3][128] = calloc(count, sizeof *texts);
    static const char *const spaces[] = {"acme::score", "acme::ai", "acme::render::detail", "net"};
    static const char *const verbs[] = {"load", "update", "draw", "find_next", "handle", "compute"};
    static const char *const types[] = {"i32", "f64",   "in wstr", "inout struct{i32 x;f64 y}*",
                                        "u8",  "handle"};
    *name_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t kind = i % 400; // so many different signatures
        snprintf(texts[i][0], 128, "%s::%s_%u(i32,f64)", spaces[i % 4], verbs[i / 4 % 6], i);
        snprintf(texts[i][1], 128, "i32(%s,%s,%s,%s,i8 x[%u])", types[kind % 6], types[kind / 6 % 6],
                 types[kind / 36 % 6], types[kind / 216], kind + 1);
        snprintf(texts[i][2], 128, "src/part_%u/module_%u.cpp", i / 1000, i / 100);
        functions[i] = (hp_table_function)SAMPLE(texts[i][0], .file = texts[i][2], .line = i % 1000 + 1);
        functions[i].rva = 0x1000 + 64 * i;
        functions[i].signature = texts[i][1];
        *name_bytes += strlen(texts[i][0]);
    }
    hp_table_about about = sample_about;
    about.image_size = 0x1000 + 64 * count;
    made_table made = make_table(&about, functions, count);
    free(functions);
    free(texts);
    return made;
}

static void ten_thousand_functions_cost_at_most_48_bytes_each_beyond_their_names(void **state) {
    (void)state;
    size_t names;
    made_table made = make_program(10000, &names);
    double cost = (double)(made.size - names) / 10000;
    print_message("# %.1f bytes a function beyond its name\n", cost);
    assert_true(cost <= 48);
    open_table(made);
    free(made.bytes);
}

static void there_are_as_many_buckets_as_a_power_of_two_allows(void **state) {
    (void)state;
    static const uint32_t buckets[] = {1, 1, 2, 2, 4, 4, 4, 4, 8, 8}; // for 0 functions, 1, 2 ...
    for (uint32_t count = 0; count < sizeof buckets / sizeof *buckets; count++) {
        size_t names;
        made_table made = make_program(count, &names);
        assert_int_equal(open_table(made).buckets, buckets[count]);
        free(made.bytes);
    }
}

/** How many functions share a bucket: names that a search looks at. Longest, and mean over all functions. */
static void measure_buckets(uint32_t count, uint32_t *longest, double *mean) {
    size_t names;
    made_table made = make_program(count, &names);
    hp_table table = open_table(made);
    *longest = 0;
    double sum = 0;
    for (uint32_t i = 0; i < table.buckets; i++) {
        uint32_t length = hp_table_u32(table.bucket + 4 * (i + 1)) - hp_table_u32(table.bucket + 4 * i);
        *longest = length > *longest ? length : *longest;
        sum += (double)length * length;
    }
    *mean = sum / count;
    free(made.bytes);
}

static void a_search_looks_at_as_few_names_in_a_large_table_as_in_a_small_one(void **state) {
    (void)state;
    for (uint32_t count = 100; count <= 100000; count *= 10) {
        uint32_t longest;
        double mean;
        measure_buckets(count, &longest, &mean);
        print_message("# %u functions: %.2f names on average, %u at worst\n", count, mean, longest);
        assert_true(longest <= 16);
        assert_true(mean <= 3.5); // at most 2 a bucket, and those that a random spread adds
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(no_function_is_a_table_too),
        cmocka_unit_test(a_table_need_not_be_aligned_and_may_be_padded),
        cmocka_unit_test(every_code_survives_and_unknown_ones_get_a_general_one),
        cmocka_unit_test(shuffled_functions_give_the_same_bytes),
        cmocka_unit_test(equal_texts_are_stored_once),
        cmocka_unit_test(ten_thousand_functions_cost_at_most_48_bytes_each_beyond_their_names),
        cmocka_unit_test(there_are_as_many_buckets_as_a_power_of_two_allows),
        cmocka_unit_test(a_search_looks_at_as_few_names_in_a_large_table_as_in_a_small_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
