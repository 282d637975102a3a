#include "e2e/patch_host.h"

#include <stdarg.h>

HP_PATCHABLE(int, patch_host_sum, (int a, int b)) {
    return a + b;
}

/* Not in the function table: found by its export. */
HP_PATCHABLE_ATTRIBUTES int patch_host_export(int a, int b) {
    return a * b;
}

HP_PATCHABLE(int64_t HP_STDCALL, patch_host_mix,
             (int64_t a, double b, int32_t c, int16_t d, float e, uint64_t f, uint8_t g)) {
    return a + (int64_t)b + c + d + (int64_t)e + (int64_t)f + g;
}

HP_PATCHABLE(int, patch_host_hold, (HANDLE inside, HANDLE leave)) {
    (void)inside;
    (void)leave;
    return 1;
}

HP_PATCHABLE(int, patch_host_many, (int count, ...)) {
    va_list arguments;
    int sum = 0;
    va_start(arguments, count);
    for (int i = 0; i < count; i++)
        sum += va_arg(arguments, int);
    va_end(arguments);
    return sum;
}

HP_PATCHABLE(int, patch_host_plain, (void)) {
    return 5;
}
