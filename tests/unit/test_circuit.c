// The circuit breaker's states.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/circuit.h"

enum { LIMIT = 3, PAUSE = 100 };

static int fail_at(hp_circuit *it, hp_circuit_ticket ticket, uint64_t now) {
    return hp_circuit_fail(it, ticket, now, LIMIT, PAUSE);
}

static void open_at(hp_circuit *it, uint64_t now) {
    *it = (hp_circuit){0};
    for (int i = 0; i < LIMIT; i++) {
        assert_int_equal(hp_circuit_admit(it, now), HP_CIRCUIT_CALL);
        assert_int_equal(fail_at(it, HP_CIRCUIT_CALL, now), i == LIMIT - 1);
    }
    assert_int_equal(it->state, HP_CIRCUIT_OPEN);
}

static void only_failures_in_a_row_open_it(void **state) {
    (void)state;
    hp_circuit it = {0};
    for (int i = 0; i < 10; i++) {
        assert_false(fail_at(&it, HP_CIRCUIT_CALL, 0));
        assert_false(fail_at(&it, HP_CIRCUIT_CALL, 0));
        assert_false(hp_circuit_succeed(&it, HP_CIRCUIT_CALL));
    }
    assert_int_equal(it.state, HP_CIRCUIT_CLOSED);
    open_at(&it, 0);
}

static void one_call_is_let_through_when_it_is_due(void **state) {
    (void)state;
    hp_circuit it;
    open_at(&it, 1000);
    assert_int_equal(hp_circuit_admit(&it, 1000), HP_CIRCUIT_REFUSED);
    assert_int_equal(hp_circuit_admit(&it, 1000 + PAUSE - 1), HP_CIRCUIT_REFUSED);
    assert_int_equal(hp_circuit_admit(&it, 1000 + PAUSE), HP_CIRCUIT_PROBE);
    assert_int_equal(hp_circuit_admit(&it, 1000000), HP_CIRCUIT_REFUSED);
    assert_true(hp_circuit_succeed(&it, HP_CIRCUIT_PROBE));
    assert_int_equal(hp_circuit_admit(&it, 0), HP_CIRCUIT_CALL);
    assert_int_equal(it.doublings, 0);
}

static void pause_doubles_with_each_probe_that_fails_up_to_64_fold(void **state) {
    (void)state;
    hp_circuit it;
    uint64_t now = 7;
    open_at(&it, now);
    for (unsigned i = 0; i < 40; i++) {
        const uint64_t pause = (uint64_t)PAUSE << (i < 6 ? i : 6);
        assert_int_equal(hp_circuit_admit(&it, now + pause - 1), HP_CIRCUIT_REFUSED);
        now += pause;
        assert_int_equal(hp_circuit_admit(&it, now), HP_CIRCUIT_PROBE);
        assert_false(fail_at(&it, HP_CIRCUIT_PROBE, now));
    }
}

static void longest_pause_does_not_overflow(void **state) {
    (void)state;
    hp_circuit it = {0};
    assert_true(hp_circuit_fail(&it, HP_CIRCUIT_CALL, 0, 1, UINT32_MAX));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(hp_circuit_admit(&it, it.due), HP_CIRCUIT_PROBE);
        hp_circuit_fail(&it, HP_CIRCUIT_PROBE, 0, 1, UINT32_MAX);
    }
    assert_true(it.due == (uint64_t)UINT32_MAX << 6);
}

static void calls_from_before_it_opened_change_nothing(void **state) {
    (void)state;
    hp_circuit it;
    open_at(&it, 0);
    const hp_circuit open = it;
    assert_false(hp_circuit_succeed(&it, HP_CIRCUIT_CALL));
    assert_false(fail_at(&it, HP_CIRCUIT_CALL, 50));
    assert_memory_equal(&it, &open, sizeof it);
    assert_int_equal(hp_circuit_admit(&it, PAUSE), HP_CIRCUIT_PROBE);
    assert_false(hp_circuit_succeed(&it, HP_CIRCUIT_CALL));
    assert_false(fail_at(&it, HP_CIRCUIT_CALL, PAUSE));
    assert_int_equal(it.state, HP_CIRCUIT_PROBING);
}

static void probe_that_tells_nothing_leaves_its_place_to_the_next_call(void **state) {
    (void)state;
    hp_circuit it;
    open_at(&it, 0);
    assert_int_equal(hp_circuit_admit(&it, PAUSE), HP_CIRCUIT_PROBE);
    hp_circuit_give_back(&it, HP_CIRCUIT_CALL); /* another one's */
    assert_int_equal(hp_circuit_admit(&it, PAUSE), HP_CIRCUIT_REFUSED);
    hp_circuit_give_back(&it, HP_CIRCUIT_PROBE);
    assert_int_equal(hp_circuit_admit(&it, PAUSE), HP_CIRCUIT_PROBE);
}

static void limit_of_never_never_opens_it(void **state) {
    (void)state;
    hp_circuit it = {.failures = UINT32_MAX - 1};
    for (int i = 0; i < 3; i++)
        assert_false(hp_circuit_fail(&it, HP_CIRCUIT_CALL, 0, UINT32_MAX, PAUSE));
    assert_int_equal(it.state, HP_CIRCUIT_CLOSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_failures_in_a_row_open_it),
        cmocka_unit_test(one_call_is_let_through_when_it_is_due),
        cmocka_unit_test(pause_doubles_with_each_probe_that_fails_up_to_64_fold),
        cmocka_unit_test(longest_pause_does_not_overflow),
        cmocka_unit_test(calls_from_before_it_opened_change_nothing),
        cmocka_unit_test(probe_that_tells_nothing_leaves_its_place_to_the_next_call),
        cmocka_unit_test(limit_of_never_never_opens_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
