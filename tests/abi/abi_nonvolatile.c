// What a callee must leave alone: non-volatile registers, the stack pointer after each convention, rounding,
// the x87 stack, the direction flag. The caller is assembler, so that no compiler repairs it.
#include "abi/abi.h"
#include "abi/probe.h"

typedef struct triple {
    int32_t x, y, z;
} triple;

#define SIX(name, convention, text)                                                                          \
    HP_PATCHABLE(uint32_t convention, name,                                                                  \
                 (uintptr_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f)) {                \
        return (uint32_t)a + b * 3 + c * 5 + d * 7 + e * 11 + f * 13 + hp_abi_in_update;                     \
    }                                                                                                        \
    HP_EXPORT(name, text " u32(usize a, u32 b, u32 c, u32 d, u32 e, u32 f)")

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wattributes" // -Wpedantic regrets that thiscall is no method
#endif
SIX(six_cdecl, HP_CDECL, "cdecl");
SIX(six_stdcall, HP_STDCALL, "stdcall");
SIX(six_fastcall, HP_FASTCALL, "fastcall");
SIX(six_thiscall, HP_THISCALL, "thiscall");

#define NONE(name, convention, text)                                                                         \
    HP_PATCHABLE(uint32_t convention, name, (void)) {                                                        \
        return 99 + hp_abi_in_update;                                                                        \
    }                                                                                                        \
    HP_EXPORT(name, text " u32()")

NONE(none_cdecl, HP_CDECL, "cdecl");
NONE(none_stdcall, HP_STDCALL, "stdcall");

HP_PATCHABLE(triple, hidden_cdecl, (int32_t a, int32_t b)) {
    return (triple){a, b, (int32_t)hp_abi_in_update};
}
HP_EXPORT(hidden_cdecl, "struct {i32 x; i32 y; i32 z}(i32 a, i32 b)");

HP_PATCHABLE(triple HP_STDCALL, hidden_stdcall, (int32_t a, int32_t b)) {
    return (triple){a, b, (int32_t)hp_abi_in_update};
}
HP_EXPORT(hidden_stdcall, "stdcall struct {i32 x; i32 y; i32 z}(i32 a, i32 b)");

HP_PATCHABLE(double HP_STDCALL, float_stdcall, (double a, double b)) {
    return a + b * 2 + (hp_abi_in_update ? 0.5 : 0);
}
HP_EXPORT(float_stdcall, "stdcall f64(f64 a, f64 b)");

// Not patchable: 1 if it runs with the rounding that start asks for.
#if HP_X64
static __attribute__((noinline)) uint32_t rounds_up(void) {
    volatile float large = 1e9f, sum = large + 1; // half of the distance to the next float is 32
    return sum > large;
}
#endif

static void start(hp_probe *probe, void (*function)(void)) {
    uint64_t state = 42;
    memset(probe, 0, sizeof *probe);
    probe->function = (uintptr_t)function;
    for (int i = 0; i < 8; i++)
        probe->before[i] = (uintptr_t)hp_abi_random(&state);
    for (int i = 0; i < 10; i++)
        for (int k = 0; k < 16; k++)
            probe->xmm_before[i][k] = (uint8_t)hp_abi_random(&state);
    probe->mxcsr[0] = 0x5F80; // all exceptions masked, rounding up
}

static void call_and_compare(hp_probe *probe, uint32_t cleanup) {
    hp_probe_call(probe);
    const int registers = HP_X64 ? 8 : 4;
    for (int i = 0; i < registers; i++)
        if (probe->before[i] != probe->after[i])
            fail_msg("non-volatile register %d was %llx, is %llx", i, (unsigned long long)probe->before[i],
                     (unsigned long long)probe->after[i]);
    if (HP_X64)
        for (int i = 0; i < 10; i++)
            if (memcmp(probe->xmm_before[i], probe->xmm_after[i], 16) != 0)
                fail_msg("xmm%d has changed", i + 6);
    assert_int_equal(probe->after[8] - probe->before[8], HP_X64 ? 0 : cleanup);
    // The sticky exception bits are volatile, the control bits are not.
    assert_int_equal(probe->mxcsr[1] & 0xFFC0, probe->mxcsr[0] & 0xFFC0);
    assert_memory_equal(probe->fpu_before, probe->fpu_after, 2);              // control word
    assert_int_equal(probe->fpu_after[8] | probe->fpu_after[9] << 8, 0xFFFF); // eight empty x87 registers
    assert_int_equal(probe->flags & 0x400, 0);                                // direction flag
}

typedef void anything(void);

static const struct {
    const char *name;
    anything *function;
    uint32_t in_registers; /**< parameters that x86 passes in ecx and edx */
    uint32_t cleanup;      /**< x86 */
} conventions[] = {
    {"cdecl", (anything *)six_cdecl, 0, 0},
    {"stdcall", (anything *)six_stdcall, 0, 24},
    {"fastcall", (anything *)six_fastcall, 2, 16},
    {"thiscall", (anything *)six_thiscall, 1, 20},
};

static void six_parameters_in_each_convention(void) {
    static const uint32_t values[6] = {0xFFFFFFF0, 2, 0x80000003, 4, 5, 6};
    uint32_t sum =
        values[0] + values[1] * 3 + values[2] * 5 + values[3] * 7 + values[4] * 11 + values[5] * 13;
    for (size_t i = 0; i < ARRAYSIZE(conventions); i++) {
        hp_probe probe;
        start(&probe, conventions[i].function);
        const uint32_t in_registers = HP_X64 ? 4 : conventions[i].in_registers;
        for (uint32_t k = 0; k < 6; k++)
            if (k < in_registers)
                probe.registers[k] = 0xDEADBEEF00000000 * (k > 0) + values[k]; // x64: dirt above 32 bits
            else if (HP_X64)
                probe.stack.words64[k - in_registers] = 0xDEADBEEF00000000 + values[k];
            else
                probe.stack.words32[k - in_registers] = values[k];
        call_and_compare(&probe, conventions[i].cleanup);
        if ((uint32_t)probe.result != sum + hp_abi_expected())
            fail_msg("%s: result %lx", conventions[i].name, (unsigned long)probe.result);
    }
}

static void no_parameters(void) {
    anything *const functions[] = {(anything *)none_cdecl, (anything *)none_stdcall};
    for (size_t i = 0; i < ARRAYSIZE(functions); i++) {
        hp_probe probe;
        start(&probe, functions[i]);
        call_and_compare(&probe, 0);
        assert_int_equal((uint32_t)probe.result, 99 + hp_abi_expected());
    }
}

static void the_hidden_pointer_comes_back_in_ax(void) {
    static const struct {
        anything *function;
        uint32_t cleanup;
    } functions[] = {{(anything *)hidden_cdecl, 0}, {(anything *)hidden_stdcall, 12}};
    for (size_t i = 0; i < ARRAYSIZE(functions); i++) {
        triple *place = hp_abi_guarded(sizeof *place);
        hp_probe probe;
        start(&probe, functions[i].function);
        probe.registers[0] = (uintptr_t)place;
        probe.registers[1] = 11;
        probe.registers[2] = (uint32_t)-12;
        if (!HP_X64) {
            probe.stack.words32[0] = (uint32_t)(uintptr_t)place;
            probe.stack.words32[1] = 11;
            probe.stack.words32[2] = (uint32_t)-12;
        }
        call_and_compare(&probe, functions[i].cleanup);
        assert_true((uintptr_t)probe.result == (uintptr_t)place);
        assert_int_equal(place->x, 11);
        assert_int_equal(place->y, -12);
        assert_int_equal(place->z, (int32_t)hp_abi_expected());
        hp_abi_guarded_free(place);
    }
}

static void a_float_result_is_all_that_is_on_the_x87_stack(void) {
    hp_probe probe;
    const double values[2] = {1.25, -8.0};
    start(&probe, (anything *)float_stdcall);
    memcpy(probe.floats, values, sizeof values);
    if (!HP_X64)
        memcpy(probe.stack.words32, values, sizeof values);
    probe.want_float = 1;
    call_and_compare(&probe, 16);
    assert_true(probe.float_result == 1.25 - 16 + (hp_abi_expected() ? 0.5 : 0));
}

// The instrument itself: it has to see a function that is not what it should be.
static void the_probe_sees_the_stack_pointer_move(void) {
    hp_probe probe;
    start(&probe, (anything *)six_stdcall);
    hp_probe_call(&probe);
    assert_int_equal(probe.after[8] - probe.before[8], HP_X64 ? 0 : 24);
#if HP_X64 // x86 code rounds by the x87 control word
    assert_int_equal(rounds_up(), 0);
    start(&probe, (anything *)rounds_up);
    hp_probe_call(&probe);
    assert_int_equal((uint32_t)probe.result, 1);
#endif
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(six_parameters_in_each_convention),
        HP_ABI_CHECK(no_parameters),
        HP_ABI_CHECK(the_hidden_pointer_comes_back_in_ax),
        HP_ABI_CHECK(a_float_result_is_all_that_is_on_the_x87_stack),
        HP_ABI_CHECK(the_probe_sees_the_stack_pointer_move),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
