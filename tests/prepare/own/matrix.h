/*
 * The program that the tests "prepare-..." prepare: one function per way in which an optimiser removes,
 * merges or goes around a call, or calls as it likes. The files in own/ are the programmer's. What is in
 * library/ is linked too, but somebody else's.
 */
#ifndef HP_TESTS_PREPARE_MATRIX_H
#define HP_TESTS_PREPARE_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#if defined(__i386__)
#define MATRIX_STDCALL __attribute__((stdcall))
#define MATRIX_FASTCALL __attribute__((fastcall))
#else
#define MATRIX_STDCALL
#define MATRIX_FASTCALL
#endif

typedef enum matrix_color { MATRIX_RED = 1, MATRIX_GREEN = 2, MATRIX_BLUE = 4 } matrix_color;
typedef struct matrix_point {
    int x, y;
} matrix_point;
typedef struct matrix_box {
    matrix_point at;
    double weight;
    unsigned char mark[4];
} matrix_box;

/* A function that is redirected. With FAST only what is marked can be. */
#if defined(MATRIX_FAST)
#include <hotpatch/function.h>
#define MATRIX_FUNCTION(result, name, parameters) HP_PATCHABLE(result, name, parameters)
#else
#define MATRIX_FUNCTION(result, name, parameters) result name parameters
#endif

/* The functions that are redirected: name, calls that matrix_calls makes of it, sum of their results. */
#define MATRIX_FUNCTIONS(X)                                                                                  \
    X(leaf, 3, 15)                                                                                           \
    X(constant, 2, 84)                                                                                       \
    X(scaled, 2, 42)                                                                                         \
    X(ignored, 1, 0)                                                                                         \
    X(unread, 1, 3)                                                                                          \
    X(behind, 2, 6)                                                                                          \
    X(guarded, 2, 9)                                                                                         \
    X(twice, 2, 12)                                                                                          \
    X(sum_to, 1, 6)                                                                                          \
    X(tail, 1, 4)                                                                                            \
    X(peek, 1, 5)                                                                                            \
    X(registers, 1, 6)                                                                                       \
    X(mixed, 1, 11)                                                                                          \
    X(small, 1, 1)                                                                                           \
    X(large, 1, 12884901891.0)                                                                               \
    X(painted, 1, 4)                                                                                         \
    X(inside, 1, 7)                                                                                          \
    X(moved, 1, 4)                                                                                           \
    X(called_back, 1, 9)                                                                                     \
    X(by_stdcall, 1, 7)                                                                                      \
    X(by_fastcall, 1, 6)                                                                                     \
    X(abroad, 2, 14)                                                                                         \
    X(abroad_static, 1, 8)

enum {
#define X(name, calls, sum) MATRIX_##name,
    MATRIX_FUNCTIONS(X)
#undef X
        MATRIX_COUNT,
    MATRIX_MEMORY = MATRIX_COUNT, /* what memory holds after peek: 5, unless its replacement has changed it */
    MATRIX_KEPT,                  /* a sum of values that had to survive a call of registers: 15 */
    MATRIX_RESULTS
};

/* Calls all of them; result[i] receives the sum of what function i returned. seed is 3. */
void matrix_calls(int seed, double result[MATRIX_RESULTS]);

int abroad(int a); /* matrix_other.c */
int matrix_other_calls(int seed);
int matrix_fast_calls(int seed); /* matrix_fast.c, with MATRIX_FAST: 0 */
int matrix_library(int a);       /* library/ */
int matrix_library_calls(int (*function)(int), int a);

#endif
