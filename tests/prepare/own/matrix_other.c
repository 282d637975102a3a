#include "matrix.h"

MATRIX_FUNCTION(static int, abroad_static, (int a)) {
    return a + 5;
}

MATRIX_FUNCTION(int, abroad, (int a)) {
    return a;
}

int matrix_other_calls(int seed) {
    return abroad_static(seed);
}
