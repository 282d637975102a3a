// The ground that every other test stands on: a program for the right architecture, with
// the right widths, that can fail.
#include <hotpatch/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void architecture_and_pointer_width_agree(void **state) {
    (void)state;
    assert_int_equal(sizeof(void *), HP_ARCH_HERE == HP_ARCH_X64 ? 8 : 4);
}

// Windows is LLP64: code that keeps a pointer or a handle in a long would lose half of it.
static void long_is_as_the_platform_has_it(void **state) {
    (void)state;
#ifdef _WIN32
    assert_int_equal(sizeof(long), 4);
    assert_int_equal(sizeof(wchar_t), 2);
#else
    assert_int_equal(sizeof(long), sizeof(void *));
#endif
}

// The C99 formats, which Windows' own old run-time library prints wrongly.
static void printf_knows_the_c99_widths(void **state) {
    (void)state;
    char text[64];
    snprintf(text, sizeof text, "%zu %lld %hhx", (size_t)7, -(1LL << 40), (unsigned char)0xab);
    assert_string_equal(text, "7 -1099511627776 ab");
}

#ifdef _WIN32
// A 32-bit program that a 64-bit one stands in for would make half of the tests meaningless.
static void process_bitness_is_the_programs(void **state) {
    (void)state;
    BOOL wow64 = -1;
    assert_true(IsWow64Process(GetCurrentProcess(), &wow64));
    assert_int_equal(wow64, HP_ARCH_HERE == HP_ARCH_X86);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(architecture_and_pointer_width_agree),
        cmocka_unit_test(long_is_as_the_platform_has_it),
        cmocka_unit_test(printf_knows_the_c99_widths),
#ifdef _WIN32
        cmocka_unit_test(process_bitness_is_the_programs),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
