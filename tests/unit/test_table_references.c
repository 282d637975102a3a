// Tables whose references and definitions lie, made by hand. The hash is right.
#include "unit/table_sample.h"

/** A definition as it is to be written, with what it says of itself. */
typedef struct raw_definition {
    const char *text;
    unsigned length, levels;
} raw_definition;

/** A table of one function, sealed: these definitions, and behind their texts this one for the function. */
static made_table make_raw(const raw_definition *definitions, uint32_t count, const char *signature) {
    made_table plain = make_one("");
    const size_t before = plain.size - 1 - hp_table_u32(plain.bytes + HP_TABLE_AT_TEXT_SIZE);
    size_t texts = 0;
    for (uint32_t i = 0; i < count; i++)
        texts += strlen(definitions[i].text) + 1;
    made_table made = {.size = plain.size - 1 + (size_t)count * HP_TABLE_DEFINITION + texts +
                               strlen(signature) + 1};
    made.bytes = calloc(1, made.size);
    memcpy(made.bytes, plain.bytes, before);
    unsigned char *at = made.bytes + before;
    char *text = (char *)made.bytes + made.size - texts - strlen(signature) - 1;
    strcpy(text + texts, signature);
    for (uint32_t i = 0, offset = 0; i < count; i++, at += HP_TABLE_DEFINITION) {
        hp_table_put(at + HP_TABLE_AT_DEFINED_TEXT, 4, offset);
        hp_table_put(at + HP_TABLE_AT_DEFINED_LENGTH, 2, definitions[i].length);
        at[HP_TABLE_AT_DEFINED_LEVELS] = (unsigned char)definitions[i].levels;
        strcpy(text + offset, definitions[i].text);
        offset += (uint32_t)strlen(definitions[i].text) + 1;
    }
    memcpy(at, plain.bytes + before, plain.size - 1 - before);
    hp_table_put(made.bytes + HP_TABLE_AT_BYTES, 4, made.size);
    hp_table_put(made.bytes + HP_TABLE_AT_DEFINITIONS, 4, count);
    hp_table_put(made.bytes + HP_TABLE_AT_SIGNATURE_SIZE, 4, texts + strlen(signature) + 1);
    hp_table_put(made.bytes + HP_TABLE_HEADER + HP_TABLE_AT_SIGNATURE, 4, texts);
    reseal(made);
    free(plain.bytes);
    return made;
}

static unsigned char *definition_of(made_table made, uint32_t index) {
    const hp_table table = open_table(made);
    return made.bytes + (table.definition - made.bytes) + (size_t)index * HP_TABLE_DEFINITION;
}

/** Frees it. */
static void require_refused(made_table made, const char *expected, const char *what) {
    hp_table table;
    const char *reason = "";
    reseal(made);
    HRESULT hr = hp_table_open(made.bytes, made.size, &table, &reason);
    if (hr != HP_E_TABLE_DAMAGED || strcmp(reason, expected) != 0)
        fail_msg("%s: 0x%08x, %s", what, (unsigned)hr, reason);
    free(made.bytes);
}

#define FIRST "\x01\x80\x80"
#define SECOND "\x01\x80\x81"
#define THIRD "\x01\x80\x82"
static const char nowhere[] = "a signature refers to a definition that is not there or comes later";
static const char too_long[] = "a signature is too long when it is written out";
static const char other_length[] = "a definition has another length";
static const char other_levels[] = "a definition has another number of levels";

static void references_are_written_out(void **state) {
    (void)state;
    static const raw_definition definitions[] = {{"one", 3, 0}, {"<" FIRST FIRST ">", 8, 1}, {"x", 1, 0}};
    made_table made = make_raw(definitions, 3, SECOND "." FIRST "." THIRD);
    hp_table table = open_table(made);
    assert_string_equal(written_out(&table, 0), "<oneone>.one.x");
    free(made.bytes);
}

static void references_lead_to_earlier_definitions_only(void **state) {
    (void)state;
    static const raw_definition good = {"one", 3, 0}, myself = {"one" SECOND, 3, 1}, later = {THIRD, 3, 1};
    require_refused(make_raw(NULL, 0, FIRST), nowhere, "there is none");
    require_refused(make_raw(&good, 1, SECOND), nowhere, "one too far");
    require_refused(make_raw(&good, 1, "\x02\x80\x80"), nowhere, "far away");
    require_refused(make_raw(&good, 1, "\x08\xFF\xFF"), nowhere, "the last there can be");
    require_refused(make_raw((raw_definition[]){{"one" FIRST, 3, 1}}, 1, ""), nowhere, "itself, the first");
    require_refused(make_raw((raw_definition[]){good, myself}, 2, FIRST), nowhere, "itself");
    require_refused(make_raw((raw_definition[]){good, later, good}, 3, FIRST), nowhere, "a later one");
}

static void references_are_whole(void **state) {
    (void)state;
    static const raw_definition good = {"one", 3, 0};
    static const char broken[] = FIRST "\x08";
    static const char *const texts[] = {"\x01",         "\x01\x80",     "x\x01\x80",
                                        "\x01\x7F\x80", "\x01\x80\x7F", "\x01\x80 ",
                                        "\x01\x01\x80", "\x01\x80\x01", broken};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        require_refused(make_raw(&good, 1, texts[i]), nowhere, texts[i]);
    require_refused(make_raw((raw_definition[]){good, {"\x01\x80", 1, 0}, good}, 3, ""), nowhere,
                    "within a definition");
    // the NUL is no part of one, whatever stands behind it
    require_refused(make_raw((raw_definition[]){good, {"\x01", 3, 1}, {"\x80", 1, 0}}, 3, ""), nowhere,
                    "across the end");
}

static void definitions_say_how_long_and_how_deep_they_are(void **state) {
    (void)state;
    require_refused(make_raw((raw_definition[]){{"one", 4, 0}}, 1, FIRST), other_length, "longer");
    require_refused(make_raw((raw_definition[]){{"one", 2, 0}}, 1, FIRST), other_length, "shorter");
    require_refused(make_raw((raw_definition[]){{"one", 0, 0}}, 1, FIRST), other_length, "0");
    require_refused(make_raw((raw_definition[]){{"one", 65535, 0}}, 1, FIRST), other_length, "65535");
    require_refused(make_raw((raw_definition[]){{"", 0, 0}}, 1, FIRST), other_length, "empty");
    require_refused(make_raw((raw_definition[]){{"one", 3, 1}}, 1, FIRST), other_levels, "deeper");
    require_refused(make_raw((raw_definition[]){{"one", 3, 0}, {FIRST, 3, 0}}, 2, ""), other_levels, "flat");
    require_refused(make_raw((raw_definition[]){{"one", 3, 0}, {FIRST, 3, 2}}, 2, ""), other_levels, "2");
}

static void nothing_grows_beyond_a_signatures_length(void **state) {
    (void)state;
    char text[16][64];
    raw_definition bomb[16] = {{"0123456789abcdef", 16, 0}};
    for (unsigned i = 1; i < 16; i++) { // each is four times the one before it, and does not lie
        const char reference[] = {1, (char)0x80, (char)(0x80 + i - 1), '\0'};
        snprintf(text[i], sizeof text[i], "%s%s%s%s", reference, reference, reference, reference);
        bomb[i] = (raw_definition){text[i], 4 * bomb[i - 1].length, bomb[i - 1].levels + 1};
    }
    made_table made = make_raw(bomb, 5, "\x01\x80\x84");
    hp_table table = open_table(made);
    assert_int_equal(strlen(written_out(&table, 0)), HP_SIGNATURE_MAX);
    free(made.bytes);
    require_refused(make_raw(bomb, 5, "\x01\x80\x84x"), too_long, "a signature");
    require_refused(make_raw(bomb, 5, "\x01\x80\x84\x01\x80\x84"), too_long, "a signature twice as long");
    require_refused(make_raw(bomb, 6, ""), too_long, "a definition");
    bomb[5].length = 0; // 16384 as written, if sixteen bits counted it
    require_refused(make_raw(bomb, 16, ""), too_long, "a definition that lies");
    bomb[4].length = 1;
    require_refused(make_raw(bomb, 16, ""), other_length, "one before it that does");
}

static void nothing_is_deeper_than_a_signature(void **state) {
    (void)state;
    char text[12][8];
    raw_definition chain[12] = {{"x", 1, 0}};
    for (unsigned i = 1; i < 12; i++) { // as long as the one before it, and does not lie
        snprintf(text[i], sizeof text[i], "\x01\x80%c", (char)(0x80 + i - 1));
        chain[i] = (raw_definition){text[i], 1, i};
    }
    made_table made = make_raw(chain, HP_TABLE_MAX_LEVELS + 1, "\x01\x80\x88");
    hp_table table = open_table(made);
    assert_string_equal(written_out(&table, 0), "x");
    free(made.bytes);
    require_refused(make_raw(chain, HP_TABLE_MAX_LEVELS + 2, ""), other_levels, "one level more");
}

static void definitions_stand_one_behind_the_other(void **state) {
    (void)state;
    static const char stands[] = "a definition does not stand behind the one before it";
    static const raw_definition two[] = {{"one", 3, 0}, {"two", 3, 0}};
    made_table made = make_raw(two, 2, "");
    hp_table_put(definition_of(made, 0) + HP_TABLE_AT_DEFINED_TEXT, 4, 4);
    require_refused(made, stands, "the first");
    made = make_raw(two, 2, "");
    hp_table_put(definition_of(made, 1) + HP_TABLE_AT_DEFINED_TEXT, 4, 0); // the same once more
    require_refused(made, stands, "the second");
    made = make_raw(two, 2, "");
    hp_table_put(definition_of(made, 1) + HP_TABLE_AT_DEFINED_TEXT, 4, UINT32_MAX);
    require_refused(made, stands, "outside");
    made = make_raw(two, 2, "");
    definition_of(made, 1)[HP_TABLE_AT_DEFINED_ZERO] = 1;
    require_refused(made, "a reserved byte of a definition is not zero", "reserved");
    made = make_raw(two, 1, ""); // there is no text for a second
    hp_table_put(definition_of(made, 0) + HP_TABLE_AT_DEFINED_LENGTH, 2, 4);
    require_refused(made, other_length, "cut off");
}

static void there_are_texts_for_all_definitions(void **state) {
    (void)state;
    static const raw_definition two[] = {{"one", 3, 0}, {"two", 3, 0}};
    made_table made = make_raw(two, 2, "");
    made.size -= 5; // "two" and the function's
    hp_table_put(made.bytes + HP_TABLE_AT_BYTES, 4, made.size);
    hp_table_put(made.bytes + HP_TABLE_AT_SIGNATURE_SIZE, 4, 4);
    require_refused(made, "a definition does not stand behind the one before it", "without its text");
}

static void a_function_needs_a_signature_from_its_beginning(void **state) {
    (void)state;
    static const char beginning[] = "a signature does not begin where one does";
    static const raw_definition one = {"one", 3, 0};
    for (uint32_t at = 0; at < 12; at++) {
        made_table made = make_raw(&one, 1, "<" FIRST ">");
        hp_table_put(made.bytes + HP_TABLE_HEADER + HP_TABLE_AT_SIGNATURE, 4, at);
        if (at == 0 || at == 4) { // a definition is a text too
            reseal(made);
            hp_table table = open_table(made);
            assert_string_equal(written_out(&table, 0), at == 0 ? "one" : "<one>");
            free(made.bytes);
        } else {
            require_refused(made, beginning, "in the middle");
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_written_out),
        cmocka_unit_test(references_lead_to_earlier_definitions_only),
        cmocka_unit_test(references_are_whole),
        cmocka_unit_test(definitions_say_how_long_and_how_deep_they_are),
        cmocka_unit_test(nothing_grows_beyond_a_signatures_length),
        cmocka_unit_test(nothing_is_deeper_than_a_signature),
        cmocka_unit_test(definitions_stand_one_behind_the_other),
        cmocka_unit_test(there_are_texts_for_all_definitions),
        cmocka_unit_test(a_function_needs_a_signature_from_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
