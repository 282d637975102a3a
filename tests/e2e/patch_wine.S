/*
 * wine_stubs of patch_wine.h: replacements that fit any function: they touch neither stack nor registers.
 */
#ifdef __i386__
#define SYMBOL(name) _##name
#define AT(name, offset) SYMBOL(name) + (offset)
#define POINTER 4
#else
#define SYMBOL(name) name
#define AT(name, offset) name + (offset)(%rip)
#define POINTER 8
#endif

#define STUBS 2048 /* WINE_FOUND_MAX */

    .text
    .balign 16
    .globl SYMBOL(wine_stubs)
SYMBOL(wine_stubs):
    .set number, 0
    .rept STUBS
    lock incl AT(wine_stub_counts, 4 * number)
    jmp *AT(wine_stub_originals, POINTER * number)
    .balign 16, 0xCC
    .set number, number + 1
    .endr

    .bss
    .balign 8
    .globl SYMBOL(wine_stub_counts)
SYMBOL(wine_stub_counts):
    .skip 4 * STUBS
    .globl SYMBOL(wine_stub_originals)
SYMBOL(wine_stub_originals):
    .skip POINTER * STUBS
