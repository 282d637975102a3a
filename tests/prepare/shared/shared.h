/*
 * Programs in which one entry has several names. alias/: because the programmer wrote so. folded/: because
 * the linker found that functions have the same code; merged/: because the compiler did.
 */
#ifndef HP_TESTS_PREPARE_SHARED_H
#define HP_TESTS_PREPARE_SHARED_H

#ifdef __cplusplus
extern "C" {
#endif

enum { SHARED_VALUE = 3 };

/* Calls one function after the other with SHARED_VALUE: its name, and what it returned. 0 at the end. */
int shared_call(int index, const char **name, int *result);

#ifdef __cplusplus
}
#endif

#endif
