// NUL-terminated text, char and wchar_t, in and out and both: empty, 100 KB, exactly full, NULL, any byte but
// NUL.
#include "abi/abi.h"

#define LONG_TEXT 100000

HP_PATCHABLE(uint64_t, text_fold, (const char *text, const wchar_t *wide)) {
    uint64_t hash = HP_ABI_FOLD + hp_abi_in_update;
    hash = text ? hp_abi_fold(hash, text, strlen(text) + 1) : hash * 3;
    return wide ? hp_abi_fold(hash, wide, (wcslen(wide) + 1) * sizeof *wide) : hash * 5;
}
HP_EXPORT(text_fold, "u64(in str text, in wstr wide)");

// Writes as much of "update: <from>" (app: "app: <from>") as fits; returns the length of all of it.
#define COPY_BODY(character, length_of, update, app)                                                         \
    {                                                                                                        \
        const character *prefix = hp_abi_in_update ? update : app;                                           \
        uint32_t before = (uint32_t)length_of(prefix), behind = (uint32_t)length_of(from);                   \
        uint32_t all = before + behind;                                                                      \
        if (to && capacity) {                                                                                \
            uint32_t fits = all < capacity ? all : capacity - 1;                                             \
            for (uint32_t i = 0; i < fits; i++)                                                              \
                to[i] = i < before ? prefix[i] : from[i - before];                                           \
            to[fits] = 0;                                                                                    \
        }                                                                                                    \
        return all;                                                                                          \
    }

HP_PATCHABLE(uint32_t, text_copy, (const char *from, char *to, uint32_t capacity))
COPY_BODY(char, strlen, "update: ", "app: ")
HP_EXPORT(text_copy, "u32(in str from, out str to[capacity], u32 capacity)");

HP_PATCHABLE(uint32_t, wide_copy, (uint32_t capacity, const wchar_t *from, wchar_t *to))
COPY_BODY(wchar_t, wcslen, L"update: ", L"app: ")
HP_EXPORT(wide_copy, "u32(u32 capacity, in wstr from, out wstr to[capacity])");

// Turns the text round in place and, where there is room, makes it one longer.
#define TURN_BODY(character, length_of)                                                                      \
    {                                                                                                        \
        if (!text)                                                                                           \
            return hp_abi_in_update;                                                                         \
        uint32_t length = (uint32_t)length_of(text);                                                         \
        for (uint32_t i = 0; i < length / 2; i++) {                                                          \
            character c = text[i];                                                                           \
            text[i] = text[length - 1 - i];                                                                  \
            text[length - 1 - i] = c;                                                                        \
        }                                                                                                    \
        if (length + 1 < (uint32_t)capacity) {                                                               \
            text[length] = '!';                                                                              \
            text[length + 1] = 0;                                                                            \
        }                                                                                                    \
        return length + hp_abi_in_update;                                                                    \
    }

HP_PATCHABLE(uint32_t, text_turn, (char *text, uint32_t capacity))
TURN_BODY(char, strlen)
HP_EXPORT(text_turn, "u32(inout str text[capacity], u32 capacity)");

HP_PATCHABLE(uint32_t, wide_turn, (wchar_t * text, int16_t capacity))
TURN_BODY(wchar_t, wcslen)
HP_EXPORT(wide_turn, "u32(inout wstr text[capacity], i16 capacity)");

HP_PATCHABLE(uint32_t, text_constant, (char *out, char *inout)) {
    strcpy(out, hp_abi_in_update ? "u" : "a");
    strcat(inout, hp_abi_in_update ? "+u" : "+a");
    return hp_abi_in_update;
}
HP_EXPORT(text_constant, "u32(out str out[8], inout str inout[16])");

// As strncpy does: a buffer that is full has no NUL.
HP_PATCHABLE(uint32_t, text_full, (char *to, uint32_t capacity)) {
    for (uint32_t i = 0; i < capacity; i++)
        to[i] = (char)('a' + (i + hp_abi_in_update) % 26);
    return hp_abi_in_update;
}
HP_EXPORT(text_full, "u32(out str to[capacity], u32 capacity)");

static const char *const texts[] = {
    "",
    "x",
    "two words",
    "\x01\x7F\x80\xFF",
    "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80",
    "%s %n %hhn\r\n\t",
};
static const wchar_t *const wides[] = {
    L"",
    L"x",
    L"two words",
    L"\x0001\x00FF\x0100\xFFFF",
    L"gr\u00FC\u00DF \u20AC \xD83D\xDE00",
    L"\xDE00 lone \xD83D",
};

static uint64_t expected_fold(const char *text, const wchar_t *wide) {
    uint64_t hash = HP_ABI_FOLD + hp_abi_expected();
    hash = text ? hp_abi_fold(hash, text, strlen(text) + 1) : hash * 3;
    return wide ? hp_abi_fold(hash, wide, (wcslen(wide) + 1) * sizeof *wide) : hash * 5;
}

static void text_arrives_with_every_byte(void) {
    for (size_t i = 0; i < ARRAYSIZE(texts); i++)
        for (size_t k = 0; k < ARRAYSIZE(wides); k++)
            assert_true(text_fold(texts[i], wides[k]) == expected_fold(texts[i], wides[k]));
}

static void null_is_not_empty(void) {
    assert_true(text_fold(NULL, L"w") == expected_fold(NULL, L"w"));
    assert_true(text_fold("t", NULL) == expected_fold("t", NULL));
    assert_true(text_fold(NULL, NULL) == expected_fold(NULL, NULL));
    assert_int_equal(text_turn(NULL, 10), hp_abi_expected());
    assert_int_equal(text_copy("abc", NULL, 20), hp_abi_expected() ? 11 : 8);
}

static void a_hundred_kilobytes(void) {
    char *text = hp_abi_guarded(LONG_TEXT + 1);
    wchar_t *wide = hp_abi_guarded((LONG_TEXT + 1) * sizeof *wide);
    for (size_t i = 0; i < LONG_TEXT; i++) {
        text[i] = (char)(1 + i % 255);
        wide[i] = (wchar_t)(1 + i % 65535);
    }
    text[LONG_TEXT] = 0;
    wide[LONG_TEXT] = 0;
    assert_true(text_fold(text, wide) == expected_fold(text, wide));
    uint32_t capacity = LONG_TEXT + 20;
    char *to = hp_abi_guarded(capacity);
    const char *prefix = hp_abi_expected() ? "update: " : "app: ";
    assert_int_equal(text_copy(text, to, capacity), strlen(prefix) + LONG_TEXT);
    assert_memory_equal(to, prefix, strlen(prefix));
    assert_string_equal(to + strlen(prefix), text);
    hp_abi_guarded_free(to);
    hp_abi_guarded_free(wide);
    hp_abi_guarded_free(text);
}

// The text ends at the end of a page, and the next one cannot be read.
static void nothing_is_read_behind_the_nul(void) {
    unsigned char *pages = VirtualAlloc(NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD old;
    assert_non_null(pages);
    assert_true(VirtualProtect(pages + 4096, 4096, PAGE_NOACCESS, &old));
    static const wchar_t wide[] = L"at the edge";
    char *text = (char *)pages + 4096 - sizeof "edge";
    memcpy(text, "edge", sizeof "edge");
    assert_true(text_fold(text, L"") == expected_fold("edge", L""));
    wchar_t *at = (wchar_t *)(pages + 4096 - sizeof wide);
    memcpy(at, wide, sizeof wide);
    assert_true(text_fold("", at) == expected_fold("", wide));
    VirtualFree(pages, 0, MEM_RELEASE);
}

static void out_text_fits_its_buffer(void) {
    const char *all = hp_abi_expected() ? "update: twelve" : "app: twelve";
    const wchar_t *all_wide = hp_abi_expected() ? L"update: twelve" : L"app: twelve";
    for (uint32_t capacity = 1; capacity < 24; capacity++) {
        size_t length = strlen(all) < capacity ? strlen(all) : capacity - 1;
        char *to = hp_abi_guarded(capacity);
        assert_int_equal(text_copy("twelve", to, capacity), strlen(all));
        assert_int_equal(strlen(to), length);
        assert_memory_equal(to, all, length);
        hp_abi_guarded_free(to);
        wchar_t *wide = hp_abi_guarded(capacity * sizeof *wide);
        assert_int_equal(wide_copy(capacity, L"twelve", wide), wcslen(all_wide));
        assert_int_equal(wcslen(wide), length);
        assert_memory_equal(wide, all_wide, length * sizeof *wide);
        hp_abi_guarded_free(wide);
    }
}

static void no_capacity_no_write(void) {
    char *to = hp_abi_guarded(0);
    assert_int_equal(text_copy("abc", to, 0), hp_abi_expected() ? 11 : 8);
    hp_abi_guarded_free(to);
    wchar_t *wide = hp_abi_guarded(0);
    assert_int_equal(wide_copy(0, L"abc", wide), hp_abi_expected() ? 11 : 8);
    hp_abi_guarded_free(wide);
}

static void inout_text_may_grow(void) {
    for (uint32_t capacity = 5; capacity < 9; capacity++) {
        char *text = hp_abi_guarded(capacity);
        strcpy(text, "abcd");
        assert_int_equal(text_turn(text, capacity), 4 + hp_abi_expected());
        assert_string_equal(text, capacity > 5 ? "dcba!" : "dcba");
        hp_abi_guarded_free(text);
        wchar_t *wide = hp_abi_guarded(capacity * sizeof *wide);
        wcscpy(wide, L"\x1234"
                     L"bcd");
        assert_int_equal(wide_turn(wide, (int16_t)capacity), 4 + hp_abi_expected());
        assert_int_equal(wcscmp(wide, capacity > 5 ? L"dcb\x1234!" : L"dcb\x1234"), 0);
        hp_abi_guarded_free(wide);
    }
}

static void buffers_of_constant_length(void) {
    char *out = hp_abi_guarded(8), *inout = hp_abi_guarded(16);
    strcpy(inout, "start");
    assert_int_equal(text_constant(out, inout), hp_abi_expected());
    assert_string_equal(out, hp_abi_expected() ? "u" : "a");
    assert_string_equal(inout, hp_abi_expected() ? "start+u" : "start+a");
    hp_abi_guarded_free(out);
    hp_abi_guarded_free(inout);
}

static void a_full_buffer_needs_no_nul(void) {
    char *to = hp_abi_guarded(30);
    assert_int_equal(text_full(to, 30), hp_abi_expected());
    for (uint32_t i = 0; i < 30; i++)
        assert_int_equal(to[i], 'a' + (i + hp_abi_expected()) % 26);
    hp_abi_guarded_free(to);
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(text_arrives_with_every_byte), HP_ABI_CHECK(null_is_not_empty),
        HP_ABI_CHECK(a_hundred_kilobytes),          HP_ABI_CHECK(nothing_is_read_behind_the_nul),
        HP_ABI_CHECK(out_text_fits_its_buffer),     HP_ABI_CHECK(no_capacity_no_write),
        HP_ABI_CHECK(inout_text_may_grow),          HP_ABI_CHECK(buffers_of_constant_length),
        HP_ABI_CHECK(a_full_buffer_needs_no_nul),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
