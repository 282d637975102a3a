// Structures and enums are stored once, and whatever a signature looks like is what comes out again.
#include "unit/table_sample.h"

#define BOX "struct box{i32 id;f64 m[4]}"
#define COLOR "enum i32 color{RED=0,GREEN=1}"

static unsigned count_of(made_table made, const char *piece) {
    unsigned found = 0;
    const size_t size = strlen(piece);
    for (size_t at = HP_TABLE_HEADER; at + size <= made.size; at++)
        found += memcmp(made.bytes + at, piece, size) == 0;
    return found;
}

static uint32_t definitions_of(made_table made) {
    return hp_table_u32(made.bytes + HP_TABLE_AT_DEFINITIONS);
}

static void structures_and_enums_are_stored_once(void **state) {
    (void)state;
    hp_table_function functions[] = {SAMPLE("a", .room = 0), SAMPLE("b", .room = 0), SAMPLE("c", .room = 0),
                                     SAMPLE("d", .callable = HP_E_SIGNATURE_UNKNOWN)};
    static const char *const signatures[] = {"void(in " BOX "* a,inout " BOX "*b," COLOR " c)",
                                             "void(struct pair{" BOX " one;" BOX " two;" COLOR " c;i8 n[3]})",
                                             COLOR "(out " BOX "*)", "parameter 1, " COLOR " x: anything"};
    for (unsigned i = 0; i < 4; i++)
        functions[i].signature = signatures[i];
    made_table made = make_table(&sample_about, functions, 4);
    hp_table table = open_table(made);
    assert_int_equal(definitions_of(made), 3);
    assert_int_equal(count_of(made, "f64 m[4]"), 1);
    assert_int_equal(count_of(made, "GREEN"), 1);
    assert_int_equal(count_of(made, "struct pair{"), 1);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t index;
        assert_int_equal(hp_table_find(&table, functions[i].name, 1, &index), S_OK);
        assert_string_equal(written_out(&table, index), signatures[i]);
    }
    free(made.bytes);
}

static void short_ones_stay_where_they_are(void **state) {
    (void)state;
    made_table made = make_one("void(struct{i8 a},struct{i8 a},enum i8 e,enum i8{A=0},struct{})");
    assert_int_equal(definitions_of(made), 0);
    open_table(made);
    free(made.bytes);
}

static void any_text_comes_out_as_it_went_in(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "}",
        "}}}{{{",
        "struct",
        "struct{",
        "struct box{i32 id;f64 m[4]",
        "i32 id;f64 m[4]}" BOX,
        BOX BOX BOX "struct",
        "struct " BOX "x " BOX,
        "struct struct{i32 struct;i32 enum}enum i32 struct{A=0,B=1}",
        "structure{i32 aaaaaaaaaaaaaaaaaa}restruct{i32 aaaaaaaaaaaaaaaaaaaaa}",
        "void(i32 struct,{i32 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa})",
        "struct,enum i32 e,{AAAAAAAAAAAAAAAAAAAAAAAA}",
        "struct\tbox\n{i32\rid;f64 m[4]}",
        "struct m\xC3\xA4rchen{i32 \xC3\xA4;f64 m[4];i8 x[16]} \xFF\x80\x81 \x09\x0A\x1F\x7F",
        "{{{{{{{{{{{{{{{{{{{{" BOX "}}}}}}}}}}}}}}}}}}}}" BOX,
        "struct a{{{{{{{{{{{{{{{{{" BOX "}}}}}}}}}}}}}}}}}" BOX "}" BOX,
        "(" COLOR "}" BOX "{" COLOR BOX "}}{{" COLOR,
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        made_table made = make_one(texts[i]);
        hp_table table = open_table(made);
        assert_string_equal(written_out(&table, 0), texts[i]);
        free(made.bytes);
    }
}

/** Structures in each other. */
static const char *nested(unsigned levels) {
    static char text[HP_SIGNATURE_MAX + 1];
    size_t length = 0;
    for (unsigned i = 0; i < levels; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "struct level_%u{", i);
    length += (size_t)snprintf(text + length, sizeof text - length, COLOR);
    for (unsigned i = levels; i > 0; i--)
        length += (size_t)snprintf(text + length, sizeof text - length, " at_%u;i32 number_%u}", i, i);
    return text;
}

static void what_is_nested_deeper_than_a_signature_can_be_survives(void **state) {
    (void)state;
    for (unsigned levels = 0; levels < 40; levels++) {
        made_table made = make_one(nested(levels));
        hp_table table = open_table(made);
        // the innermost brace that is too deep is not noted
        if (levels < 2 * HP_TABLE_MAX_LEVELS)
            assert_int_equal(definitions_of(made),
                             levels < HP_TABLE_MAX_LEVELS ? levels + 1 : HP_TABLE_MAX_LEVELS + 1);
        assert_string_equal(written_out(&table, 0), nested(levels));
        free(made.bytes);
    }
}

static void a_text_is_cut_where_the_room_ends(void **state) {
    (void)state;
    static const char whole[] = "void(" BOX "," COLOR ")";
    made_table made = make_one(whole);
    hp_table table = open_table(made);
    assert_int_equal(hp_table_signature(&table, 0, NULL, 0), sizeof whole - 1);
    for (size_t capacity = 1; capacity < sizeof whole + 3; capacity++) {
        char *text = malloc(capacity); // of its exact size: a sanitizer sees a step over the end
        assert_int_equal(hp_table_signature(&table, 0, text, capacity), sizeof whole - 1);
        const size_t length = strlen(text);
        assert_int_equal(length, capacity <= sizeof whole ? capacity - 1 : sizeof whole - 1);
        assert_memory_equal(text, whole, length);
        free(text);
    }
    free(made.bytes);
}

static HRESULT make(const hp_table_about *about, const hp_table_function *function) {
    unsigned char *bytes;
    size_t size;
    HRESULT hr = hp_table_make(about, function, 1, &bytes, &size, NULL);
    free(bytes);
    return hr;
}

static void bytes_that_would_be_references_are_refused(void **state) {
    (void)state;
    for (unsigned byte = 1; byte < 256; byte++) {
        const int refers = byte >= HP_TABLE_REFERENCE_FIRST && byte <= HP_TABLE_REFERENCE_LAST;
        const char text[] = {'x', (char)byte, (char)0x80, (char)0x80, '\0'};
        hp_table_function one = SAMPLE("one", .room = 16);
        one.signature = text;
        assert_int_equal(make(&sample_about, &one), refers ? HP_E_SIGNATURE_SYNTAX : S_OK);
        one.signature = "";
        one.file = text;
        assert_int_equal(make(&sample_about, &one), refers ? E_INVALIDARG : S_OK);
        one.file = NULL;
        hp_table_about about = sample_about;
        about.writer = text;
        assert_int_equal(make(&about, &one), refers ? E_INVALIDARG : S_OK);
        one.name = text;
        assert_true(!refers || make(&sample_about, &one) == HP_E_NAME_INVALID);
    }
}

static void a_signature_that_is_too_long_is_refused(void **state) {
    (void)state;
    static char text[2 * HP_SIGNATURE_MAX];
    hp_table_function one = SAMPLE("one", .room = 16);
    size_t length = 0;
    while (length < sizeof text - sizeof BOX) // would be short when folded
        length += (size_t)snprintf(text + length, sizeof text - length, BOX);
    one.signature = text;
    assert_int_equal(make(&sample_about, &one), HP_E_SIGNATURE_LIMIT);
    text[HP_SIGNATURE_MAX + 1] = '\0';
    assert_int_equal(make(&sample_about, &one), HP_E_SIGNATURE_LIMIT);
    text[HP_SIGNATURE_MAX] = '\0';
    assert_int_equal(make(&sample_about, &one), S_OK);
    made_table made = make_one(text);
    hp_table table = open_table(made);
    assert_true(made.size < 1000);
    assert_string_equal(written_out(&table, 0), text);
    free(made.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structures_and_enums_are_stored_once),
        cmocka_unit_test(short_ones_stay_where_they_are),
        cmocka_unit_test(any_text_comes_out_as_it_went_in),
        cmocka_unit_test(what_is_nested_deeper_than_a_signature_can_be_survives),
        cmocka_unit_test(a_text_is_cut_where_the_room_ends),
        cmocka_unit_test(bytes_that_would_be_references_are_refused),
        cmocka_unit_test(a_signature_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
