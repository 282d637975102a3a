/**
 * @file hkcu.h
 * Everything below HKEY_CURRENT_USER as text, to compare before and after.
 */
#ifndef HP_TESTS_E2E_HKCU_H
#define HP_TESTS_E2E_HKCU_H

#include <stddef.h>

/**
 * A dump: one line per key and per value, in the registry's order, both views. Left out is one key that only
 * Wine writes and has, Software\Wine\Fonts. Freed with free(). Fails the test if it cannot.
 */
char *hkcu_dump(void);

/** The same of one key, Software\Classes say, and all below it; "" if there is no such key. */
char *hkcu_dump_below(const wchar_t *path);

/** Fail the test with the first line that differs, unless both dumps are equal. */
void hkcu_assert_equal(const char *before, const char *after);

/** Of cmocka's groups: dump; compare with that at the end. */
int hkcu_remember(void **state);
int hkcu_compare(void **state);

#endif
