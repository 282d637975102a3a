/*
 * Functions that cannot be patched, each for a reason of its own; int(void), but nobody calls them.
 *
 *     fill   the 16 bytes before the entry
 */
#ifdef __i386__
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif

    .macro function name, fill, shift=0
    .balign 16, 0xCC
    .skip 16 + \shift, \fill
    .globl \name
    .def \name; .scl 2; .type 32; .endef
\name:
    .endm

    .text
    /* Two nops, but the room is taken. */
    function SYMBOL(patch_bad_room), 0xC3
    .byte 0x90, 0x90
    xorl %eax, %eax
    ret

    /* No single store can change the room. */
    function SYMBOL(patch_bad_alignment), 0x90, 5
    .byte 0x90, 0x90
    xorl %eax, %eax
    ret

    /* One byte long, and then somebody else's. */
    function SYMBOL(patch_bad_short), 0x90
    ret

    /* What an incremental linker makes: the address is not the function's. */
    function SYMBOL(patch_bad_thunk), 0x90
    .byte 0xE9
    .long SYMBOL(patch_bad_goal) - . - 4

    function SYMBOL(patch_bad_goal), 0x90
    .byte 0x90, 0x90
    xorl %eax, %eax
    ret

    /* Its first instruction depends on where it stands. */
    function SYMBOL(patch_bad_call), 0x90
    .byte 0xE8
    .long SYMBOL(patch_bad_goal) - . - 4
    ret

    /* A loop leads back to the entry, which would be our jump. */
    function SYMBOL(patch_bad_loop), 0x90
    decl %ecx
    jnz SYMBOL(patch_bad_loop)
    ret
    .balign 16, 0xCC
