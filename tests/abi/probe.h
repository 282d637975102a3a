/**
 * @file probe.h
 * An assembler caller that looks at what a callee must not change. Offsets for the assembler come first.
 */
#ifndef HP_TESTS_PROBE_H
#define HP_TESTS_PROBE_H

/* The same offsets on both architectures: every word has 8 bytes, of which x86 uses the low 4. */
#define HP_PROBE_FUNCTION 0
#define HP_PROBE_REGISTER 8 /* 4 x 8: rcx rdx r8 r9; x86: ecx edx */
#define HP_PROBE_FLOAT 40   /* 4 x 8: xmm0-3 */
#define HP_PROBE_STACK 72   /* 16 x 8, or x86 16 x 4 */
#define HP_PROBE_BEFORE 200 /* 9 x 8: rbx rbp rsi rdi r12-r15, and the stack pointer (written by the probe) */
#define HP_PROBE_AFTER 272  /* the same behind the call */
#define HP_PROBE_XMM_BEFORE 344 /* 10 x 16: xmm6-15 */
#define HP_PROBE_XMM_AFTER 504
#define HP_PROBE_MXCSR 664      /* before, after: u32 each */
#define HP_PROBE_FPU_BEFORE 672 /* 28 bytes, fnstenv: control word at 0, tag word at 8 */
#define HP_PROBE_FPU_AFTER 700
#define HP_PROBE_FLAGS 728        /* u64: behind the call */
#define HP_PROBE_RESULT 736       /* u64: rax; x86: edx:eax */
#define HP_PROBE_WANT_FLOAT 744   /* u64: 1: x86 takes st0 into the float result */
#define HP_PROBE_FLOAT_RESULT 752 /* f64 */
#define HP_PROBE_SIZE 760

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

typedef struct hp_probe {
    uint64_t function;
    uint64_t registers[4];
    double floats[4];
    union {
        uint64_t words64[16];
        uint32_t words32[32];
    } stack;
    uint64_t before[9];
    uint64_t after[9];
    unsigned char xmm_before[10][16];
    unsigned char xmm_after[10][16];
    uint32_t mxcsr[2];
    unsigned char fpu_before[28];
    unsigned char fpu_after[28];
    uint64_t flags;
    uint64_t result;
    uint64_t want_float;
    double float_result;
} hp_probe;

_Static_assert(offsetof(hp_probe, stack) == HP_PROBE_STACK, "hp_probe.stack");
_Static_assert(offsetof(hp_probe, before) == HP_PROBE_BEFORE, "hp_probe.before");
_Static_assert(offsetof(hp_probe, xmm_before) == HP_PROBE_XMM_BEFORE, "hp_probe.xmm_before");
_Static_assert(offsetof(hp_probe, fpu_before) == HP_PROBE_FPU_BEFORE, "hp_probe.fpu_before");
_Static_assert(offsetof(hp_probe, flags) == HP_PROBE_FLAGS, "hp_probe.flags");
_Static_assert(sizeof(hp_probe) == HP_PROBE_SIZE, "hp_probe");

/**
 * Call function with the registers and stack words given; the non-volatile registers hold before's values,
 * and the rounding of MXCSR is set to mxcsr[0]. Everything is as it was when this returns. Not thread-safe.
 */
void hp_probe_call(hp_probe *probe);
#endif

#endif
