// GetLastError and errno: as the caller left them after a call in the update, also after one that failed; and
// the original, if it has to run, finds them as the caller left them.
#include "abi/abi.h"

#include <errno.h>

HP_PATCHABLE(uint32_t, error_loud, (uint32_t code)) {
    SetLastError(code);
    errno = (int)code;
    return code + hp_abi_in_update;
}
HP_EXPORT(error_loud, "u32(u32 code)");

HP_PATCHABLE(uint64_t, error_seen, (const uint8_t *bytes, int32_t count)) {
    (void)bytes;
    return hp_abi_in_update ? hp_abi_in_update
                            : (uint64_t)GetLastError() << 32 | ((uint32_t)errno << 8) | (uint8_t)count;
}
HP_EXPORT(error_seen, "u64(in u8 bytes[count], i32 count)");

HP_PATCHABLE(uint64_t, error_dying, (int32_t count)) {
    if (hp_abi_in_update)
        TerminateProcess(GetCurrentProcess(), 9);
    return (uint64_t)GetLastError() << 32 | ((uint32_t)errno << 8) | (uint8_t)count;
}
HP_EXPORT(error_dying, "u64(i32 count)");

static void leave(uint32_t last_error, int number) {
    SetLastError(last_error);
    errno = number;
}

#define ASSERT_LEFT(last_error, number)                                                                      \
    do {                                                                                                     \
        DWORD left = GetLastError();                                                                         \
        int left_errno = errno;                                                                              \
        assert_int_equal(left, last_error);                                                                  \
        assert_int_equal(left_errno, number);                                                                \
    } while (0)

static void what_the_update_sets_stays_there(void) {
    leave(1234, 56);
    uint32_t result = error_loud(77);
    if (hp_abi_expected())
        ASSERT_LEFT(1234, 56);
    else
        ASSERT_LEFT(77, 77);
    assert_int_equal(result, 77 + hp_abi_expected());
}

static void zero_and_extremes_are_kept(void) {
    static const uint32_t codes[] = {0, 0xFFFFFFFF, ERROR_INVALID_HANDLE, 0x80000000};
    static const uint8_t bytes[3];
    for (size_t i = 0; i < ARRAYSIZE(codes); i++) {
        leave(codes[i], (int)i);
        uint64_t result = error_seen(bytes, 3);
        ASSERT_LEFT(codes[i], (int)i);
        assert_true(result ==
                    (hp_abi_expected() ? hp_abi_expected() : ((uint64_t)codes[i] << 32 | i << 8 | 3)));
    }
}

static void a_call_that_cannot_be_carried_over(void) {
    // A negative length: refused before anything is sent, so the original runs, with that length.
    static const uint8_t bytes[3];
    leave(4321, 65);
    uint64_t result = error_seen(bytes, -2);
    ASSERT_LEFT(4321, 65);
    assert_true(result == (4321ull << 32 | 65 << 8 | 0xFE));
}

// Last, for it leaves the update dead.
static void an_update_that_dies_in_the_call(void) {
    leave(987, 65);
    uint64_t result = error_dying(5);
    ASSERT_LEFT(987, 65);
    assert_true(result == (987ull << 32 | 65 << 8 | 5));
    if (hp_abi_expected())
        hp_abi_kill_update();
    leave(988, 66);
    result = error_dying(6);
    ASSERT_LEFT(988, 66);
    assert_true(result == (988ull << 32 | 66 << 8 | 6));
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(what_the_update_sets_stays_there),
        HP_ABI_CHECK(zero_and_extremes_are_kept),
        HP_ABI_CHECK(a_call_that_cannot_be_carried_over),
        HP_ABI_CHECK(an_update_that_dies_in_the_call),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
