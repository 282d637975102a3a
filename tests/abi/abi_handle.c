// Handles: opaque, pointer-sized, untouched, whatever bits they have; also as a result.
#include "abi/abi.h"

HP_PATCHABLE(void *, handle_pass, (void *handle)) {
    return (void *)((uintptr_t)handle ^ hp_abi_in_update);
}
HP_EXPORT(handle_pass, "handle(handle handle)");

HP_PATCHABLE(uint64_t, handle_fold, (int8_t a, HANDLE b, double c, HWND d, void *e, float f, FILE *g)) {
    uint64_t hash = HP_ABI_FOLD + hp_abi_in_update;
    hash = HP_ABI_FOLD_IN(hash, a);
    hash = HP_ABI_FOLD_IN(hash, b);
    hash = HP_ABI_FOLD_IN(hash, c);
    hash = HP_ABI_FOLD_IN(hash, d);
    hash = HP_ABI_FOLD_IN(hash, e);
    hash = HP_ABI_FOLD_IN(hash, f);
    return HP_ABI_FOLD_IN(hash, g);
}
HP_EXPORT(handle_fold, "u64(i8 a, handle b, f64 c, handle d, handle e, f32 f, handle g)");

static const uintptr_t handles[] = {0,
                                    1,
                                    4,
                                    (uintptr_t)-1,
                                    (uintptr_t)-4,
                                    (uintptr_t)1 << (sizeof(void *) * 8 - 1),
                                    (uintptr_t)0x7EDCBA9876543210};

static void every_bit_passes(void) {
    for (size_t i = 0; i < ARRAYSIZE(handles); i++)
        assert_true((uintptr_t)handle_pass((void *)handles[i]) == (handles[i] ^ hp_abi_expected()));
}

static void a_pointer_to_memory_is_not_followed(void) {
    // The page can be neither read nor written: whoever follows the handle on this side dies of it.
    void *page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    assert_non_null(page);
    assert_true((uintptr_t)handle_pass(page) == ((uintptr_t)page ^ hp_abi_expected()));
    VirtualFree(page, 0, MEM_RELEASE);
}

static void positions_between_other_types(void) {
    for (size_t i = 0; i + 3 < ARRAYSIZE(handles); i++) {
        int8_t a = -5;
        HANDLE b = (HANDLE)handles[i];
        double c = 0.1;
        HWND d = (HWND)handles[i + 1];
        void *e = (void *)handles[i + 2];
        float f = 0.1f;
        FILE *g = (FILE *)handles[i + 3];
        uint64_t hash = HP_ABI_FOLD + hp_abi_expected();
        hash = HP_ABI_FOLD_IN(hash, a);
        hash = HP_ABI_FOLD_IN(hash, b);
        hash = HP_ABI_FOLD_IN(hash, c);
        hash = HP_ABI_FOLD_IN(hash, d);
        hash = HP_ABI_FOLD_IN(hash, e);
        hash = HP_ABI_FOLD_IN(hash, f);
        hash = HP_ABI_FOLD_IN(hash, g);
        assert_true(handle_fold(a, b, c, d, e, f, g) == hash);
    }
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(every_bit_passes),
        HP_ABI_CHECK(a_pointer_to_memory_is_not_followed),
        HP_ABI_CHECK(positions_between_other_types),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
