// Functions that call themselves and each other: a replacement's inner calls stay in the update, the
// original's go through the thunk again and again.
#include "abi/abi.h"

HP_PATCHABLE(uint64_t, recursion_fibonacci, (uint32_t n)) {
    if (n < 2)
        return n + (uint64_t)hp_abi_in_update;
    return recursion_fibonacci(n - 1) + recursion_fibonacci(n - 2);
}
HP_EXPORT(recursion_fibonacci, "u64(u32 n)");

HP_PATCHABLE(int32_t, recursion_deep, (int32_t depth, int32_t *deepest)) {
    volatile int32_t mine = depth; // on this level's own stack
    int32_t below = depth > 0 ? recursion_deep(depth - 1, deepest) : (int32_t)(hp_abi_in_update & 0xFFFF);
    if (mine != depth || !deepest)
        return -1;
    if (*deepest < depth)
        *deepest = depth;
    return below + 1;
}
HP_EXPORT(recursion_deep, "i32(i32 depth, inout i32 *deepest)");

bool recursion_even(uint32_t n);

HP_PATCHABLE(bool, recursion_odd, (uint32_t n)) {
    return n == 0 ? false : recursion_even(n - 1);
}
HP_EXPORT(recursion_odd, "bool(u32 n)");

HP_PATCHABLE(bool, recursion_even, (uint32_t n)) {
    return n == 0 ? true : recursion_odd(n - 1);
}
HP_EXPORT(recursion_even, "bool(u32 n)");

// Not exported: stays in the app, and calls itself through a function that is redirected.
HP_PATCHABLE(uint64_t, recursion_mixed, (uint32_t n)) {
    uint64_t here = n == 0 ? 0 : recursion_mixed(n - 1);
    return here + recursion_fibonacci(n % 3);
}

static uint64_t fibonacci(uint32_t n) {
    return n < 2 ? n + (uint64_t)hp_abi_expected() : fibonacci(n - 1) + fibonacci(n - 2);
}

static void every_level_runs_in_one_place(void) {
    for (uint32_t n = 0; n < 16; n++)
        assert_true(recursion_fibonacci(n) == fibonacci(n));
}

static void a_thousand_levels(void) {
    int32_t deepest = 5;
    assert_int_equal(recursion_deep(1000, &deepest), 1001 + (int32_t)(hp_abi_expected() & 0xFFFF));
    assert_int_equal(deepest, 1000);
}

static void two_that_call_each_other(void) {
    assert_true(recursion_even(100));
    assert_false(recursion_odd(100));
    assert_true(recursion_odd(31));
}

static void app_code_that_recurses_around_a_redirected_function(void) {
    uint64_t sum = 0;
    for (uint32_t n = 0; n <= 50; n++)
        sum += fibonacci(n % 3);
    assert_true(recursion_mixed(50) == sum);
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(every_level_runs_in_one_place),
        HP_ABI_CHECK(a_thousand_levels),
        HP_ABI_CHECK(two_that_call_each_other),
        HP_ABI_CHECK(app_code_that_recurses_around_a_redirected_function),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
