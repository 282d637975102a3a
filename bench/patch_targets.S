/*
 * Functions for bench_patch.c to patch: int32_t target(int32_t value), the value and one. Each as gcc's
 * -fpatchable-function-entry=18,16 makes them, 32 bytes apart: 16 of room, then the entry.
 */
#include "proxygen/assembly.h"

    .text
    .globl SYMBOL(hp_patch_targets), SYMBOL(hp_patch_targets_end)
    .p2align 4
    .set    SYMBOL(hp_patch_targets), . + 16 /* the first entry */
    .rept   11200
    .fill   16, 1, 0x90
    .byte   0x90, 0x90
#if defined(__x86_64__)
    leal    1(%rcx), %eax
#else
    movl    4(%esp), %eax
    incl    %eax
#endif
    ret
    .p2align 4, 0xCC
    .endr
    .set    SYMBOL(hp_patch_targets_end), . + 16 /* where the next one would be */
    .fill   16, 1, 0xCC
