// Failing steps: exactly the n-th one fails, once, and its name is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "idl/fault.h"

static unsigned run_steps(unsigned count) {
    unsigned failed = 0;
    for (unsigned i = 0; i < count; i++)
        failed += HP_FAULT("step") != 0;
    return failed;
}

static void only_the_nth_step_fails(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 5; n++) {
        hp_fault_arm(n);
        for (unsigned i = 1; i <= 7; i++)
            assert_int_equal(HP_FAULT("step") != 0, i == n);
        assert_int_equal(hp_fault_count(), 7);
    }
}

static void nothing_fails_when_disarmed(void **state) {
    (void)state;
    hp_fault_arm(3);
    hp_fault_arm(0);
    assert_int_equal(run_steps(100), 0);
    assert_int_equal(hp_fault_count(), 100);
    assert_string_equal(hp_fault_name(), "");
}

static void step_beyond_the_last_is_not_hit_and_the_count_tells(void **state) {
    (void)state;
    hp_fault_arm(6);
    assert_int_equal(run_steps(5), 0);
    assert_int_equal(hp_fault_count(), 5);
    assert_string_equal(hp_fault_name(), "");
    assert_int_equal(run_steps(1), 1);
}

static void name_is_that_of_the_step_that_failed(void **state) {
    (void)state;
    hp_fault_arm(2);
    assert_false(HP_FAULT("first"));
    assert_true(HP_FAULT("second"));
    assert_false(HP_FAULT("third"));
    assert_string_equal(hp_fault_name(), "second");
    hp_fault_arm(1);
    assert_string_equal(hp_fault_name(), "");
    assert_true(HP_FAULT("again"));
    assert_string_equal(hp_fault_name(), "again");
}

#ifdef _WIN32
static void failing_step_leaves_an_error_behind_and_others_do_not(void **state) {
    (void)state;
    hp_fault_arm(2);
    SetLastError(1234);
    int first = HP_FAULT("first");
    DWORD after_first = GetLastError();
    int second = HP_FAULT("second");
    DWORD after_second = GetLastError();
    assert_false(first);
    assert_int_equal(after_first, 1234);
    assert_true(second);
    assert_int_equal(after_second, ERROR_GEN_FAILURE);
}

static DWORD WINAPI count_on_thread(void *context) {
    *(unsigned *)context = run_steps(1000);
    return 0;
}

static void one_of_many_threads_meets_it_once(void **state) {
    (void)state;
    enum { THREADS = 4 };
    HANDLE threads[THREADS];
    unsigned failed[THREADS] = {0}, total = 0;
    hp_fault_arm(2000);
    for (int i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, count_on_thread, &failed[i], 0, NULL);
        assert_non_null(threads[i]);
    }
    assert_int_equal(WaitForMultipleObjects(THREADS, threads, TRUE, 30000), WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++) {
        CloseHandle(threads[i]);
        total += failed[i];
    }
    assert_int_equal(total, 1);
    assert_int_equal(hp_fault_count(), THREADS * 1000);
}
#endif

static int disarm(void **state) {
    (void)state;
    hp_fault_arm(0);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(only_the_nth_step_fails, disarm),
        cmocka_unit_test_teardown(nothing_fails_when_disarmed, disarm),
        cmocka_unit_test_teardown(step_beyond_the_last_is_not_hit_and_the_count_tells, disarm),
        cmocka_unit_test_teardown(name_is_that_of_the_step_that_failed, disarm),
#ifdef _WIN32
        cmocka_unit_test_teardown(failing_step_leaves_an_error_behind_and_others_do_not, disarm),
        cmocka_unit_test_teardown(one_of_many_threads_meets_it_once, disarm),
#endif
    };
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
