#include "e2e/patch_stress.h"

#include "hotpatch/function.h"

typedef uint32_t HP_CDECL cdecl_two(uint32_t x, uint32_t y);
typedef uint32_t HP_STDCALL stdcall_two(uint32_t x, uint32_t y);
typedef uint32_t HP_CDECL cdecl_six(uint32_t x, uint32_t y, uint64_t z, double d, uint32_t v, uint32_t w);
typedef uint32_t HP_STDCALL stdcall_six(uint32_t x, uint32_t y, uint64_t z, double d, uint32_t v, uint32_t w);

/* How each row is called. */
#define ROW_0(X, b) X(0, b, HP_CDECL, cdecl_two, "cdecl", TWO)
#define ROW_1(X, b) X(1, b, HP_STDCALL, stdcall_two, "stdcall", TWO)
#define ROW_2(X, b) X(2, b, HP_CDECL, cdecl_six, "cdecl", SIX)
#define ROW_3(X, b) X(3, b, HP_STDCALL, stdcall_six, "stdcall", SIX)
#define ROW_4(X, b) X(4, b, HP_CDECL, cdecl_two, "cdecl", TWO)
#define ROW_5(X, b) X(5, b, HP_STDCALL, stdcall_six, "stdcall", SIX)
#define ROW_6(X, b) X(6, b, HP_CDECL, cdecl_two, "cdecl", TWO)
#define ROW_7(X, b) X(7, b, HP_CDECL, cdecl_two, "cdecl", TWO)

#define ROW(X, a) a(X, 0) a(X, 1) a(X, 2) a(X, 3) a(X, 4) a(X, 5) a(X, 6) a(X, 7)
#define MARKED_ROWS(X) ROW(X, ROW_0) ROW(X, ROW_1) ROW(X, ROW_2) ROW(X, ROW_3) ROW(X, ROW_4) ROW(X, ROW_5)
#define OTHER_ROWS(X) ROW(X, ROW_6) ROW(X, ROW_7)

#define PARAMETERS_TWO (uint32_t x, uint32_t y)
#define ARGUMENTS_TWO (x, y)
#define SUM_TWO (3 * x + y)
#define SIGNATURE_TWO "u32(u32 x, u32 y)"

#define PARAMETERS_SIX (uint32_t x, uint32_t y, uint64_t z, double d, uint32_t v, uint32_t w)
#define ARGUMENTS_SIX (x, y, z, d, v, w)
#define SUM_SIX (3 * x + y + (uint32_t)(z >> 32) + (uint32_t)d + 5 * v + 7 * w)
#define SIGNATURE_SIX "u32(u32 x, u32 y, u64 z, f64 d, u32 v, u32 w)"

#define PLAIN(a, b, kind) ((SUM_##kind + a * 8 + b) & 0xFFFF)

/* ---- the functions ---- */

#define MARKED(a, b, convention, type, text, kind)                                                           \
    HP_PATCHABLE(uint32_t convention, stress_##a##b, PARAMETERS_##kind) {                                    \
        return PLAIN(a, b, kind);                                                                            \
    }
MARKED_ROWS(MARKED)

#define OTHER(a, b, convention, type, text, kind) uint32_t convention stress_##a##b PARAMETERS_##kind;
OTHER_ROWS(OTHER)

/* ---- their replacements ---- */

void *stress_below[STRESS_FUNCTIONS][STRESS_LAYERS];

#define LAYER(a, b, convention, type, kind, layer)                                                           \
    static uint32_t convention counted_##a##b##_##layer PARAMETERS_##kind {                                  \
        type *below = (type *)(uintptr_t)stress_below[a * 8 + b][layer];                                     \
        return below ARGUMENTS_##kind + STRESS_BIT(layer);                                                   \
    }                                                                                                        \
    static uint32_t convention uncounted_##a##b##_##layer PARAMETERS_##kind {                                \
        return PLAIN(a, b, kind) + STRESS_BIT(layer);                                                        \
    }
#define LAYERS(a, b, convention, type, text, kind)                                                           \
    LAYER(a, b, convention, type, kind, 0)                                                                   \
    LAYER(a, b, convention, type, kind, 1)                                                                   \
    LAYER(a, b, convention, type, kind, 2)                                                                   \
    LAYER(a, b, convention, type, kind, 3)
MARKED_ROWS(LAYERS)
OTHER_ROWS(LAYERS)

/* A table of constants cannot hold a function's address by way of an integer. */
#define AT(function) ((void *)(function))
#define EACH(prefix, a, b)                                                                                   \
    { AT(prefix##_##a##b##_0), AT(prefix##_##a##b##_1), AT(prefix##_##a##b##_2), AT(prefix##_##a##b##_3) }
#define ENTRY(a, b, convention, type, text, kind)                                                            \
    {AT(stress_##a##b), text " " SIGNATURE_##kind, EACH(counted, a, b), EACH(uncounted, a, b)},

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
const stress_function stress_functions[STRESS_FUNCTIONS] = {MARKED_ROWS(ENTRY) OTHER_ROWS(ENTRY)};
#pragma GCC diagnostic pop

/* ---- calls ---- */

/* What all arguments follow from. */
#define LOCALS                                                                                               \
    const uint32_t y = x ^ 0x5A5A, v = x >> 3, w = x + 11;                                                   \
    const uint64_t z = (uint64_t)(x * 13) << 32 | x;                                                         \
    const double d = (double)(x & 0xFFF)

/* Functions of their own: gcc 12 takes calls through pointers that differ in the calling convention only for
 * the same, and merges them (-ftree-tail-merge). */
#define CALLER(type, arguments)                                                                              \
    HP_PATCHABLE_ATTRIBUTES static uint32_t call_##type(void *entry, uint32_t x) {                           \
        LOCALS;                                                                                              \
        (void)v, (void)w, (void)z, (void)d;                                                                  \
        return ((type *)(uintptr_t)entry)arguments;                                                          \
    }
CALLER(cdecl_two, ARGUMENTS_TWO)
CALLER(stdcall_two, ARGUMENTS_TWO)
CALLER(cdecl_six, ARGUMENTS_SIX)
CALLER(stdcall_six, ARGUMENTS_SIX)

uint32_t stress_call(int number, uint32_t x) {
    static uint32_t (*const rows[])(void *, uint32_t) = {call_cdecl_two,   call_stdcall_two, call_cdecl_six,
                                                         call_stdcall_six, call_cdecl_two,   call_stdcall_six,
                                                         call_cdecl_two,   call_cdecl_two};
    return rows[number / 8](stress_functions[number].entry, x);
}

uint32_t stress_plain(int number, uint32_t x) {
    LOCALS;
    const int row = number / 8;
    const uint32_t sum = row == 2 || row == 3 || row == 5 ? SUM_SIX : SUM_TWO;
    return (sum + (uint32_t)number) & 0xFFFF;
}
