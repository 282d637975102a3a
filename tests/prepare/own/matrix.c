#include "matrix.h"

MATRIX_FUNCTION(static int, leaf, (int a)) {
    return a + 1;
}

MATRIX_FUNCTION(static int, constant, (void)) {
    return 42;
}

MATRIX_FUNCTION(static int, scaled, (int a, int factor)) {
    return a * factor;
}

MATRIX_FUNCTION(static int, ignored, (int a)) {
    return a * 0;
}

MATRIX_FUNCTION(static int, unread, (int a, int never_read)) {
    (void)never_read;
    return a;
}

MATRIX_FUNCTION(static int, behind, (const int *value)) {
    return *value;
}

/* The test at its beginning is what gcc likes to inline, with the rest as a function of its own. */
MATRIX_FUNCTION(static int, guarded, (const int *values, int count)) {
    if (values == NULL || count <= 0)
        return 0;
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i] > 100 ? matrix_library(values[i]) : values[i];
    return sum;
}

/* Pure: twice the same call is once too much for an optimiser. */
MATRIX_FUNCTION(static int, twice, (const char *text)) {
    int length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

MATRIX_FUNCTION(static int, sum_to, (int n)) {
    return n <= 0 ? 0 : n + sum_to(n - 1);
}

MATRIX_FUNCTION(static int, tail, (int a)) {
    return leaf(a);
}

/* It only reads: whoever looks inside need not read the box again afterwards. */
MATRIX_FUNCTION(static int, peek, (matrix_box * box)) {
    return box->at.x;
}

/* It needs one register: whoever looks inside keeps values in the others. */
MATRIX_FUNCTION(static int, registers, (int a)) {
    return a * 2;
}

double mixed(double a, float b, int c);
MATRIX_FUNCTION(double, mixed, (double a, float b, int c)) {
    return a * (double)b + c;
}

unsigned char small(signed char a, unsigned short b, _Bool c);
MATRIX_FUNCTION(unsigned char, small, (signed char a, unsigned short b, _Bool c)) {
    return (unsigned char)(a + b + c);
}

MATRIX_FUNCTION(static int64_t, large, (int64_t a, uint64_t b)) {
    return a + (int64_t)b;
}

MATRIX_FUNCTION(static matrix_color, painted, (matrix_color color)) {
    return color == MATRIX_GREEN ? MATRIX_BLUE : MATRIX_RED;
}

MATRIX_FUNCTION(static int, inside, (matrix_point point)) {
    return point.x + point.y;
}

MATRIX_FUNCTION(static matrix_point, moved, (const matrix_box *box, int by)) {
    const matrix_point point = {box->at.x + by, box->at.y};
    return point;
}

MATRIX_FUNCTION(static int, called_back, (int a)) {
    return a * 3;
}

MATRIX_FUNCTION(static int MATRIX_STDCALL, by_stdcall, (int a, int b)) {
    return a + b;
}

MATRIX_FUNCTION(static int MATRIX_FASTCALL, by_fastcall, (int a, int b, int c)) {
    return a + b + c;
}

static void more_calls(int seed, double *result) {
    matrix_box box = {{5, 1}, 1.5, {0}};
    result[MATRIX_peek] = box.at.x == 5 ? peek(&box) : 0;
    result[MATRIX_MEMORY] = box.at.x;
    const int v = seed + 1, w = seed ^ 7, x = seed << 1, y = seed - 2; /* 4, 4, 6, 1 */
    result[MATRIX_registers] = registers(seed);
    result[MATRIX_KEPT] = v + w + x + y;
    result[MATRIX_mixed] = mixed(seed - 0.5, 2.0f, 6);
    result[MATRIX_small] = small((signed char)(seed - 4), 1, 1);
    result[MATRIX_large] = (double)large((int64_t)seed << 32, (uint64_t)seed);
    result[MATRIX_painted] = painted(MATRIX_GREEN);
    const matrix_point point = {seed, 4};
    result[MATRIX_inside] = inside(point);
    box.at.x = 1;
    const matrix_point there = moved(&box, 2);
    result[MATRIX_moved] = there.x + there.y;
    result[MATRIX_called_back] = matrix_library_calls(called_back, seed);
    result[MATRIX_by_stdcall] = by_stdcall(seed, 4);
    result[MATRIX_by_fastcall] = by_fastcall(1, 2, seed);
    result[MATRIX_abroad] = abroad(7) + abroad(7);
    result[MATRIX_abroad_static] = matrix_other_calls(seed);
#if defined(MATRIX_FAST)
    result[MATRIX_abroad_static] += matrix_fast_calls(seed);
#endif
}

void matrix_calls(int seed, double result[MATRIX_RESULTS]) {
    const int values[] = {2, seed, 4};
    result[MATRIX_leaf] = leaf(seed) + leaf(seed + seed);
    result[MATRIX_tail] = tail(seed);
    result[MATRIX_leaf] += result[MATRIX_tail];
    result[MATRIX_constant] = constant() + constant();
    result[MATRIX_scaled] = scaled(seed, 7) + scaled(seed, 7);
    (void)ignored(seed);
    result[MATRIX_ignored] = 0;
    result[MATRIX_unread] = unread(seed, 5);
    result[MATRIX_behind] = behind(&seed) + behind(&seed);
    result[MATRIX_guarded] = guarded(values, 3) + guarded(NULL, 0);
    result[MATRIX_twice] = twice("abcdef") + twice("abcdef");
    result[MATRIX_sum_to] = sum_to(seed);
    more_calls(seed, result);
}
