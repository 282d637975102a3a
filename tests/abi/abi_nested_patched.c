// A patched function that calls another one: in the update both run there; in the app, because the outer one
// has no replacement or the update is dead, each inner call finds its own way.
#include "abi/abi.h"

HP_PATCHABLE(uint32_t, nested_inner, (uint32_t value)) {
    return value * 3 + hp_abi_in_update;
}
HP_EXPORT(nested_inner, "u32(u32 value)");

HP_PATCHABLE(uint32_t, nested_outer, (uint32_t value, uint32_t *inner)) {
    uint32_t first = nested_inner(value), second = nested_inner(value + 1);
    if (inner)
        *inner = first;
    return first + second * 5 + hp_abi_in_update;
}
HP_EXPORT(nested_outer, "u32(u32 value, out u32 *inner)");

// No replacement: always the app's.
HP_PATCHABLE(uint64_t, nested_app_only, (uint32_t value)) {
    uint32_t inner = 0;
    uint64_t outer = nested_outer(value, &inner);
    return outer << 32 | (inner + hp_abi_in_update);
}

HP_PATCHABLE(void, nested_die, (void)) {
    if (hp_abi_in_update)
        TerminateProcess(GetCurrentProcess(), 9);
}
HP_EXPORT(nested_die, "void()");

static uint32_t inner_is(uint32_t value) {
    return value * 3 + hp_abi_expected();
}

static uint32_t outer_is(uint32_t value) {
    return inner_is(value) + inner_is(value + 1) * 5 + hp_abi_expected();
}

static void both_in_one_place(void) {
    uint32_t inner = 0;
    assert_int_equal(nested_outer(7, &inner), outer_is(7));
    assert_int_equal(inner, inner_is(7));
    assert_int_equal(nested_outer(8, NULL), outer_is(8));
}

static void an_unreplaced_outer_one_calls_into_the_update(void) {
    assert_true(nested_app_only(100) == ((uint64_t)outer_is(100) << 32 | inner_is(100)));
}

static void through_a_pointer(void) {
    uint32_t (*volatile pointer)(uint32_t) = nested_inner;
    assert_int_equal(pointer(11), inner_is(11));
}

// Last, for it leaves the update dead.
static void the_update_dies_between_two_calls(void) {
    assert_int_equal(nested_inner(5), inner_is(5));
    nested_die(); // in the midst of a call: it is run again, in the app, where it does nothing
    if (hp_abi_expected())
        hp_abi_kill_update();
    assert_int_equal(nested_inner(5), 15);
    assert_true(nested_app_only(1) == ((uint64_t)outer_is(1) << 32 | inner_is(1)));
    both_in_one_place();
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(both_in_one_place),
        HP_ABI_CHECK(an_unreplaced_outer_one_calls_into_the_update),
        HP_ABI_CHECK(through_a_pointer),
        HP_ABI_CHECK(the_update_dies_between_two_calls),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
