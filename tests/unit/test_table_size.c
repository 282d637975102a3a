// A table that grows with each signature would make prepared images large: the goal is 48 bytes a function
// beyond its name. The functions are those that tests/gen/table_gen.sh gives a large program, which the bench
// prepares: a structure and an enum for each 25, 200 to a source file.
#include "unit/table_sample.h"

enum { GOAL = 48, GROUP = 25, TO_A_FILE = 200, TEXT = 1536, RECORD = 512, KIND = 256, NAME = 32, PATH = 32 };

typedef struct program {
    hp_table_function *functions;
    char (*names)[NAME];
    char (*signatures)[TEXT];
    char (*files)[PATH];
    uint32_t count;
    size_t name_bytes; /**< with their ends */
} program;

static size_t put_enum(char *to, size_t room, unsigned group) {
    size_t length = (size_t)snprintf(to, room, "enum i32 kind_%u{KIND_%u_NONE=0", group, group);
    for (unsigned k = 1; k < 3 + group % 6; k++)
        length += (size_t)snprintf(to + length, room - length, ",KIND_%u_%u=%u", group, k,
                                   k >= 2 ? 8 + group + k : k);
    return length + (size_t)snprintf(to + length, room - length, "}");
}

static size_t put_record(char *to, size_t room, unsigned group) {
    size_t length = (size_t)snprintf(to, room, "struct record_%u{i32 id;f64 weight;", group);
    length += put_enum(to + length, room - length, group);
    length += (size_t)snprintf(to + length, room - length, " kind;i8 name[%u]", 8 + group % 24);
    if (group % 5 == 1) {
        length += (size_t)snprintf(to + length, room - length, ";");
        length += put_record(to + length, room - length, group - 1);
        length += (size_t)snprintf(to + length, room - length, " inner");
    }
    return length + (size_t)snprintf(to + length, room - length, ";f32 m[4]}");
}

static void put_signature(char *to, unsigned index) {
    char record[RECORD], kind[KIND];
    put_record(record, sizeof record, index / GROUP);
    put_enum(kind, sizeof kind, index / GROUP);
    switch (index % 7) {
    case 0:
        snprintf(to, TEXT, "i32(i32 a,i32 b)");
        break;
    case 1:
        snprintf(to, TEXT, "f64(f64 a,f32 b,i64 c)");
        break;
    case 2:
        snprintf(to, TEXT, "i32(inout %s*who,i32 points)", record);
        break;
    case 3:
        snprintf(to, TEXT, "i32(%s kind,in str text)", kind);
        break;
    case 4:
        snprintf(to, TEXT, "i32(in wstr text,u8 b,i16 c)");
        break;
    case 5:
        snprintf(to, TEXT, "f64(in %s*a,inout %s*b,%s k)", record, record, kind);
        break;
    default:
        snprintf(to, TEXT, "parameter 1, data: the types do not say how much memory is behind this pointer");
        break;
    }
    assert_true(strlen(record) < RECORD - 1 && strlen(kind) < KIND - 1);
}

static program make_program(uint32_t count) {
    program it = {.count = count};
    it.functions = calloc(count, sizeof *it.functions);
    it.names = calloc(count, sizeof *it.names);
    it.signatures = calloc(count, sizeof *it.signatures);
    it.files = calloc(count / TO_A_FILE + 1, sizeof *it.files);
    if (!it.functions || !it.names || !it.signatures || !it.files)
        abort();
    for (uint32_t i = 0; i < count; i++) {
        char *file = it.files[i / TO_A_FILE];
        snprintf(file, PATH, "src/part_%03u.c", i / TO_A_FILE);
        snprintf(it.names[i], NAME, "f_%u", i);
        put_signature(it.signatures[i], i);
        it.name_bytes += strlen(it.names[i]) + 1;
        it.functions[i] = (hp_table_function){.name = it.names[i],
                                              .signature = it.signatures[i],
                                              .file = file,
                                              .line = i % TO_A_FILE,
                                              .rva = 0x1000 + 32 * i,
                                              .size = 32,
                                              .form = HP_FORM_NOPS,
                                              .room = 16,
                                              .callable = i % 7 == 6 ? HP_E_SIGNATURE_UNKNOWN : S_OK,
                                              .compiler = HP_COMPILER_GNU};
    }
    return it;
}

static void free_program(program *it) {
    free(it->functions);
    free(it->names);
    free(it->signatures);
    free(it->files);
}

static void expect_within_goal(uint32_t count) {
    hp_table_about about = sample_about;
    about.image_size = 0x4000000;
    program it = make_program(count);
    made_table made = make_table(&about, it.functions, count);
    hp_table table = open_table(made);
    const double beyond = (double)(made.size - it.name_bytes) / count;
    print_message("# %u functions: %.1f bytes beyond the name of each\n", count, beyond);
    assert_true(beyond <= GOAL);
    for (uint32_t i = 0; i < count; i += 37) { // and nothing was saved by leaving it out
        uint32_t index;
        assert_int_equal(hp_table_find(&table, it.names[i], strlen(it.names[i]), &index), S_OK);
        assert_string_equal(written_out(&table, index), it.signatures[i]);
    }
    free(made.bytes);
    free_program(&it);
}

static void table_of_thousands_of_functions_keeps_to_48_bytes_beyond_each_name(void **state) {
    (void)state;
    expect_within_goal(10000);
    expect_within_goal(4000);
}

static void hash_index_that_has_just_grown_costs_no_more(void **state) {
    (void)state;
    static const uint32_t counts[] = {4095, 4096, 4097, 8191, 8192, 8193, 6145, 12289};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        expect_within_goal(counts[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_thousands_of_functions_keeps_to_48_bytes_beyond_each_name),
        cmocka_unit_test(hash_index_that_has_just_grown_costs_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
