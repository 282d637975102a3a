// SHA-256 as FIPS 180-4 has it, with NIST's examples.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "client/trust_hash.h"

static void hashes_are_those_of_the_standard(void **state) {
    (void)state;
    static const struct {
        const char *text, *hash;
    } known[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char text[HP_TRUST_HASH_CHARS];
    uint8_t sha256[HP_TRUST_HASH_BYTES];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(hp_trust_hash_bytes(known[i].text, (uint32_t)strlen(known[i].text), sha256), S_OK);
        assert_string_equal(hp_trust_hash_text(sha256, text), known[i].hash);
    }
}

/* A million times "a", in more than one piece; twice, as the file is left at its beginning. */
static void hash_of_a_file_covers_all_of_it(void **state) {
    (void)state;
    enum { SIZE = 1000000 };
    wchar_t path[MAX_PATH + 64], folder[MAX_PATH];
    assert_in_range(GetTempPathW(MAX_PATH, folder), 1, MAX_PATH - 1);
    swprintf(path, MAX_PATH + 64, L"%lshotpatch-%lu-million", folder, GetCurrentProcessId());
    char *bytes = malloc(SIZE), text[HP_TRUST_HASH_CHARS];
    uint8_t sha256[HP_TRUST_HASH_BYTES];
    DWORD written;
    memset(bytes, 'a', SIZE);
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    assert_true(WriteFile(file, bytes, SIZE, &written, NULL));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hp_trust_hash_file(file, sha256), S_OK);
        assert_string_equal(hp_trust_hash_text(sha256, text),
                            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
    CloseHandle(file);
    DeleteFileW(path);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_the_standard),
        cmocka_unit_test(hash_of_a_file_covers_all_of_it),
    };
    return cmocka_run_group_tests_name("trust-hash", tests, NULL, NULL);
}
