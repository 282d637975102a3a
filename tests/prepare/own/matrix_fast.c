/* What is not marked, in a program that is compiled with FAST: the optimiser does as it likes. */
#include "matrix.h"

static int fast_inlined(int a) {
    return matrix_library(a) + 11;
}

static int __attribute__((noinline)) fast_scaled(int a, int factor) {
    int sum = 0;
    for (int i = 0; i < a; i++)
        sum += matrix_library(i) * factor;
    return sum;
}

int fast_pure(int a);
int __attribute__((noinline)) fast_pure(int a) {
    return a * a + 7;
}

int matrix_fast_calls(int seed) {
    return fast_inlined(seed) + fast_scaled(seed, 5) + fast_pure(seed) + fast_pure(seed) - (3 + 11) - 15 -
           2 * 16;
}
