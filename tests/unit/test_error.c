// Error texts, and troubles: what people read when something failed.
#include "idl/text.h"
#include "idl/trouble.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct entry {
    const char *name;
    HRESULT code;
    unsigned number;
} entry;

#define ENTRY(name, number, what, todo) {#name, name, number},
static const entry entries[] = {HP_ERROR_LIST(ENTRY)};
enum { ENTRIES = sizeof entries / sizeof *entries };

static void every_code_is_unique_and_in_facility_itf(void **state) {
    (void)state;
    for (size_t i = 0; i < ENTRIES; i++) {
        assert_true((uint32_t)entries[i].code == (0x80040000u | entries[i].number));
        assert_true(entries[i].number >= 0x0200 && entries[i].number < 0x10000);
        assert_true(FAILED(entries[i].code));
        if (i > 0)
            assert_true(entries[i].number > entries[i - 1].number);
    }
}

// Numbers are never reused or moved: they stand in people's logs.
static void published_numbers_stay(void **state) {
    (void)state;
    assert_true((uint32_t)HP_E_PROGID_UNKNOWN == 0x80040200u);
    assert_true((uint32_t)HP_E_NOT_PATCHABLE == 0x80040214u);
    assert_true((uint32_t)HP_E_FRAME_MALFORMED == 0x80040220u);
    assert_true((uint32_t)HP_E_STRING_TOO_LONG == 0x80040229u);
}

static void every_code_has_its_own_symbol_and_text(void **state) {
    (void)state;
    for (size_t i = 0; i < ENTRIES; i++) {
        assert_string_equal(hp_error_symbol(entries[i].code), entries[i].name);
        assert_true(strlen(hp_error_what(entries[i].code)) > 10);
        assert_true(strlen(hp_error_todo(entries[i].code)) > 5);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(hp_error_what(entries[i].code), hp_error_what(entries[j].code));
    }
}

static void foreign_codes_have_a_text(void **state) {
    (void)state;
    static const uint32_t codes[] = {0x8007000E, 0x80070057, 0x80070005, 0x80040154, 0x80080005, 0x80010108,
                                     0x800706BA, 0x800706BE, 0x80020003, 0x80020005, 0x8002000E, 0x800401F3,
                                     0x800401F0, 0x8001010E, 0x80070002, 0x800700C1, 0x800705B4, 0x80004005};
    const char *unknown = hp_error_what((HRESULT)0x80777777);
    assert_string_equal(unknown, "the system reports an error");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        assert_string_not_equal(hp_error_what((HRESULT)codes[i]), unknown);
        assert_string_not_equal(hp_error_todo((HRESULT)codes[i]), hp_error_todo((HRESULT)0x80777777));
        assert_string_equal(hp_error_symbol((HRESULT)codes[i]), "HRESULT");
    }
}

#ifdef _WIN32
// error.c spells the numbers out because it also builds where there is no windows.h.
static void foreign_codes_are_those_of_the_platform(void **state) {
    (void)state;
    assert_string_equal(hp_error_what(REGDB_E_CLASSNOTREG), "the class is not registered");
    assert_string_equal(hp_error_what(CO_E_SERVER_EXEC_FAILURE),
                        "the server did not start or did not register in time");
    assert_string_equal(hp_error_what(RPC_E_DISCONNECTED), "the object is disconnected from its clients");
    assert_string_equal(hp_error_what(RPC_E_WRONG_THREAD),
                        "an interface was used on another thread than its own");
    assert_string_equal(hp_error_what(HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE)),
                        "the server is not running");
    assert_string_equal(hp_error_what(HRESULT_FROM_WIN32(RPC_S_CALL_FAILED)),
                        "the server died during the call");
    assert_string_equal(hp_error_what(DISP_E_TYPEMISMATCH), "an argument has the wrong type");
    assert_string_equal(hp_error_what(CO_E_CLASSSTRING), "the ProgID is not registered or not well-formed");
    assert_string_equal(hp_error_what(HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED)), "access is denied");
    assert_string_equal(hp_error_what(HRESULT_FROM_WIN32(ERROR_BAD_EXE_FORMAT)),
                        "the file is not a program for this machine");
    assert_string_equal(hp_error_what(HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)),
                        "a file or registry key does not exist");
    assert_string_equal(hp_error_what(HRESULT_FROM_WIN32(ERROR_TIMEOUT)), "the time given has passed");
}
#endif

static void success_is_not_called_an_error(void **state) {
    (void)state;
    assert_string_equal(hp_error_what(S_OK), "it worked");
    assert_string_equal(hp_error_what((HRESULT)5), "it worked");
    assert_string_equal(hp_error_symbol(HP_S_PARTIAL), "HP_S_PARTIAL");
    assert_string_not_equal(hp_error_what(HP_S_PARTIAL), "it worked");
}

static void line_names_thing_code_and_remedy(void **state) {
    (void)state;
    char line[1024];
    size_t length = hp_error_format(HP_E_NAME_INVALID, "2bad", "byte 0", line, sizeof line);
    assert_int_equal(length, strlen(line));
    assert_string_equal(line,
                        "2bad: the name of a function is not an identifier: byte 0 (HP_E_NAME_INVALID, "
                        "0x8004020C): use letters, digits and underscores, joined by :: where there are "
                        "namespaces");
    hp_error_format(E_INVALIDARG, NULL, NULL, line, sizeof line);
    assert_string_equal(line,
                        "an argument is not valid (HRESULT, 0x80070057): read the function's documentation");
}

static void line_is_terminated_at_every_capacity(void **state) {
    (void)state;
    const char *thing = "\xE2\x82\xAC\xF0\x9F\x98\x80\xC3\xA9"; // 3, 4 and 2 bytes
    size_t whole = hp_error_format(HP_E_PROTOCOL, thing, "d", NULL, 0);
    for (size_t capacity = 1; capacity <= whole + 2; capacity++) {
        char *line = malloc(capacity);
        memset(line, '#', capacity);
        assert_int_equal(hp_error_format(HP_E_PROTOCOL, thing, "d", line, capacity), whole);
        size_t length = strlen(line);
        assert_true(length < capacity);
        static const size_t ends[] = {0, 0, 0, 3, 3, 3, 3, 7, 7};
        assert_int_equal(length, capacity > whole   ? whole
                                 : capacity - 1 < 9 ? ends[capacity - 1]
                                                    : capacity - 1);
        free(line);
    }
}

static void percent_signs_in_names_are_not_formats(void **state) {
    (void)state;
    char line[1024];
    hp_error_format(HP_E_NAME_INVALID, "%s%n%x", "%s%s", line, sizeof line);
    assert_memory_equal(line, "%s%n%x: ", 8);
}

static void trouble_keeps_the_first_failure(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    assert_int_equal(hp_trouble_set(&trouble, S_OK, "nothing", NULL), S_OK);
    assert_int_equal(trouble.result, S_OK);
    assert_string_equal(trouble.thing, "");
    assert_int_equal(hp_trouble_set(&trouble, HP_E_PROTOCOL, "first", "%d of %s", 3, "four"), HP_E_PROTOCOL);
    assert_int_equal(hp_trouble_set(&trouble, HP_E_ELEVATED, "second", "later"), HP_E_ELEVATED);
    assert_int_equal(trouble.result, HP_E_PROTOCOL);
    assert_string_equal(trouble.thing, "first");
    assert_string_equal(trouble.detail, "3 of four");
    assert_int_equal(hp_trouble_set(NULL, HP_E_ELEVATED, "x", "y"), HP_E_ELEVATED);

    char line[1024];
    size_t length = hp_trouble_format(&trouble, line, sizeof line);
    assert_int_equal(length, strlen(line));
    assert_memory_equal(line, "first: ", 7);
    assert_non_null(strstr(line, "3 of four"));
}

static void trouble_without_thing_and_detail_reads_well(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_trouble_set(&trouble, HP_E_UPDATE_GONE, NULL, NULL);
    char line[1024], expected[1024];
    hp_trouble_format(&trouble, line, sizeof line);
    hp_error_format(HP_E_UPDATE_GONE, NULL, NULL, expected, sizeof expected);
    assert_string_equal(line, expected);
    assert_true(line[0] != ':' && line[0] != ' ');
}

static void over_long_things_are_cut_between_characters(void **state) {
    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        char name[400];
        memset(name, 'a', lead);
        for (size_t at = lead; at + 3 < sizeof name; at += 3)
            memcpy(name + at, "\xE2\x82\xAC", 4);
        hp_trouble trouble = {0};
        hp_trouble_set(&trouble, HP_E_PROTOCOL, name, "%s%s", name, name);
        size_t thing = strlen(trouble.thing), detail = strlen(trouble.detail);
        assert_int_equal((thing - lead) % 3, 0);
        assert_true(thing > 260 && thing < sizeof trouble.thing);
        assert_memory_equal(trouble.thing, name, thing);
        assert_true(detail > 500 && detail < sizeof trouble.detail);
        assert_int_equal(hp_text_whole(trouble.detail, detail), detail);
    }
}

static void text_without_utf8_is_kept(void **state) {
    (void)state;
    assert_int_equal(hp_text_whole("", 0), 0);
    assert_int_equal(hp_text_whole("\x80\x80\x80\x80\x80", 5), 5);
    assert_int_equal(hp_text_whole("a\xC3", 2), 1);
    assert_int_equal(hp_text_whole("a\xC3\xA9", 3), 3);
    assert_int_equal(hp_text_whole("\xF0\x9F\x98", 3), 0);
    assert_int_equal(hp_text_whole("\xF0\x9F\x98\x80", 4), 4);
    assert_int_equal(hp_text_whole("\xE2", 1), 0);
}

#ifdef _WIN32
static void wide_things_become_utf8(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    SetLastError(4711);
    assert_int_equal(hp_trouble_set_wide(&trouble, HP_E_PROGID_UNKNOWN, L"Acme.\x20AC", "d"),
                     HP_E_PROGID_UNKNOWN);
    assert_int_equal(GetLastError(), 4711);
    assert_string_equal(trouble.thing, "Acme.\xE2\x82\xAC");
    assert_string_equal(trouble.detail, "d");

    for (size_t length = 80; length < 600; length++) { // through every place where the cut may fall
        wchar_t name[601];
        for (size_t i = 0; i < length; i++)
            name[i] = i % 2 ? L'b' : 0x20AC;
        name[length] = 0;
        trouble = (hp_trouble){0};
        hp_trouble_set_wide(&trouble, HP_E_PROGID_UNKNOWN, name, NULL);
        size_t bytes = strlen(trouble.thing);
        assert_int_equal(hp_text_whole(trouble.thing, bytes), bytes);
        assert_true(length * 2 < 260 ? bytes == length * 2 + length % 2 : bytes > 259);
    }
    trouble = (hp_trouble){0};
    assert_int_equal(hp_trouble_set_wide(&trouble, HP_E_PROGID_UNKNOWN, NULL, NULL), HP_E_PROGID_UNKNOWN);
    assert_string_equal(trouble.thing, "");
}

static void last_error_is_wrapped_and_kept(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    SetLastError(ERROR_FILE_NOT_FOUND);
    HRESULT hr = hp_trouble_set_last_error(&trouble, "x.exe", "CreateProcessW");
    assert_int_equal(hr, HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_int_equal(trouble.result, hr);
    assert_string_equal(trouble.detail, "CreateProcessW failed");
    // A function that fails without saying why must not look like success.
    SetLastError(0);
    trouble = (hp_trouble){0};
    assert_int_equal(hp_trouble_set_last_error(&trouble, NULL, "F"), E_FAIL);
    assert_int_equal(trouble.result, E_FAIL);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_unique_and_in_facility_itf),
        cmocka_unit_test(published_numbers_stay),
        cmocka_unit_test(every_code_has_its_own_symbol_and_text),
        cmocka_unit_test(foreign_codes_have_a_text),
        cmocka_unit_test(success_is_not_called_an_error),
        cmocka_unit_test(line_names_thing_code_and_remedy),
        cmocka_unit_test(line_is_terminated_at_every_capacity),
        cmocka_unit_test(percent_signs_in_names_are_not_formats),
        cmocka_unit_test(trouble_keeps_the_first_failure),
        cmocka_unit_test(trouble_without_thing_and_detail_reads_well),
        cmocka_unit_test(over_long_things_are_cut_between_characters),
        cmocka_unit_test(text_without_utf8_is_kept),
#ifdef _WIN32
        cmocka_unit_test(foreign_codes_are_those_of_the_platform),
        cmocka_unit_test(wide_things_become_utf8),
        cmocka_unit_test(last_error_is_wrapped_and_kept),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
