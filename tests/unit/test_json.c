// JSON that machines can read, whatever the names and texts are.
#include "tools/json.h"

#include "hotpatch/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(hp_json *json, const char *text) {
    assert_false(json->failed);
    assert_int_equal(json->size, strlen(text));
    assert_memory_equal(json->text, text, json->size);
    hp_json_free(json);
}

static void commas_stand_between_and_nowhere_else(void **state) {
    (void)state;
    hp_json json = {0};
    hp_json_begin(&json, '{');
    hp_json_key(&json, "empty");
    hp_json_begin(&json, '[');
    hp_json_end(&json);
    hp_json_key(&json, "list");
    hp_json_begin(&json, '[');
    hp_json_signed(&json, INT64_MIN);
    hp_json_unsigned(&json, UINT64_MAX);
    hp_json_begin(&json, '{');
    hp_json_end(&json);
    hp_json_null(&json);
    hp_json_end(&json);
    hp_json_put_bool(&json, "yes", 5);
    hp_json_put_string(&json, "none", NULL);
    hp_json_end(&json);
    expect(&json, "{\n  \"empty\": [],\n  \"list\": [\n    -9223372036854775808,\n    18446744073709551615,\n"
                  "    {},\n    null\n  ],\n  \"yes\": true,\n  \"none\": null\n}\n");
}

static void every_byte_can_be_in_a_string(void **state) {
    (void)state;
    hp_json json = {0};
    hp_json_text(&json, "\"\\/\b\f\n\r\t\0\x1F\x7F", 11);
    expect(&json, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\"");
    hp_json_string(&json, "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
    expect(&json, "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

static void what_terminals_act_on_is_escaped(void **state) {
    (void)state;
    hp_json json = {0};
    hp_json_string(&json, "\xC2\x9B[\xE2\x80\xAE\xE2\x81\xA9");
    expect(&json, "\"\\u009b[\\u202e\\u2069\"");
}

static void broken_utf8_is_replaced_byte_by_byte(void **state) {
    (void)state;
    static const char *const bad[] = {"\x80", "\xC0", "\xFF", "\xC3", "\xF5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hp_json json = {0};
        hp_json_string(&json, bad[i]);
        expect(&json, "\"\xEF\xBF\xBD\"");
    }
    hp_json json = {0};
    hp_json_string(&json, "\xED\xA0\x80x"); /* a surrogate */
    expect(&json, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx\"");
}

static void failures_have_code_and_text(void **state) {
    (void)state;
    hp_json json = {0};
    hp_json_begin(&json, '{');
    hp_json_put_error(&json, "error", HP_E_INLINED, "");
    hp_json_end(&json);
    char text[1024] = "";
    memcpy(text, json.text, json.size);
    assert_non_null(strstr(text, "\"symbol\": \"HP_E_INLINED\""));
    assert_non_null(strstr(text, "\"code\": \"0x80040237\""));
    assert_non_null(strstr(text, "\"detail\": null"));
    hp_json_free(&json);
    hp_json_begin(&json, '[');
    hp_json_end(&json);
    expect(&json, "[]\n");
}

static void endless_nesting_is_a_failure(void **state) {
    (void)state;
    hp_json json = {0};
    for (int i = 0; i < 2 * HP_JSON_DEPTH; i++)
        hp_json_begin(&json, '[');
    assert_true(json.failed);
    for (int i = 0; i < 3 * HP_JSON_DEPTH; i++)
        hp_json_end(&json);
    hp_json_free(&json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_and_nowhere_else),
        cmocka_unit_test(every_byte_can_be_in_a_string),
        cmocka_unit_test(what_terminals_act_on_is_escaped),
        cmocka_unit_test(broken_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(failures_have_code_and_text),
        cmocka_unit_test(endless_nesting_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
