/*
 * Functions 060 to 077 of patch_stress.h, with entries as compilers other than this one make them, hand-made
 * so that they are the same whoever builds the test. Each gives (3 * x + y + number) & 0xFFFF.
 *
 *                  room       entry
 *     060 to 063   90         66 90                      clang
 *     064 to 067   CC   x64   48 8D A4 24 00000000       gcc, ms_hook_prologue
 *                       x86   8B FF 55 8B EC             the same; Visual C++ /hotpatch
 *     070 to 073   CC   x64   89 C8, mov eax, ecx        Visual C++ /hotpatch: a real instruction
 *                  90   x86   8B FF, no frame
 *     074 to 077   90   x64   8B 05, mov eax, [rip+n]    the same, one that depends on where it stands
 *                  CC   x86   90 90
 */
#ifdef __i386__
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif

    .macro begin name, fill
    .balign 16, 0xCC
    .skip 16, \fill
    .globl \name
    .def \name; .scl 2; .type 32; .endef
\name:
    .endm

    .text
#ifdef __x86_64__
    /* eax = 3 * x, and the rest */
    .macro finish number
    leal \number(%rax,%rdx), %eax
    movzwl %ax, %eax
    ret
    .endm

    .macro nop_two name, number
    begin \name, 0x90
    .byte 0x66, 0x90
    leal (%rcx,%rcx,2), %eax
    finish \number
    .endm

    .macro hook name, number
    begin \name, 0xCC
    .byte 0x48, 0x8D, 0xA4, 0x24, 0, 0, 0, 0
    leal (%rcx,%rcx,2), %eax
    finish \number
    .endm

    .macro short name, number
    begin \name, 0xCC
    .byte 0x89, 0xC8
    leal (%rax,%rax,2), %eax
    finish \number
    .endm

    .macro relative name, number
    begin \name, 0x90
    movl three(%rip), %eax
    imull %ecx, %eax
    finish \number
    .endm
#else
    /* eax = x; y lies at an address */
    .macro finish number, y:vararg
    leal (%eax,%eax,2), %eax
    addl \y, %eax
    addl $\number, %eax
    movzwl %ax, %eax
    .endm

    .macro nop_two name, number
    begin \name, 0x90
    .byte 0x66, 0x90
    movl 4(%esp), %eax
    finish \number, 8(%esp)
    ret
    .endm

    .macro hook name, number
    begin \name, 0xCC
    .byte 0x8B, 0xFF, 0x55, 0x8B, 0xEC
    movl 8(%ebp), %eax
    finish \number, 12(%ebp)
    popl %ebp
    ret
    .endm

    .macro short name, number
    begin \name, 0x90
    .byte 0x8B, 0xFF
    movl 4(%esp), %eax
    finish \number, 8(%esp)
    ret
    .endm

    .macro relative name, number
    begin \name, 0xCC
    .byte 0x90, 0x90
    movl 4(%esp), %eax
    finish \number, 8(%esp)
    ret
    .endm
#endif

    nop_two SYMBOL(stress_60), 48
    nop_two SYMBOL(stress_61), 49
    nop_two SYMBOL(stress_62), 50
    nop_two SYMBOL(stress_63), 51
    hook SYMBOL(stress_64), 52
    hook SYMBOL(stress_65), 53
    hook SYMBOL(stress_66), 54
    hook SYMBOL(stress_67), 55
    short SYMBOL(stress_70), 56
    short SYMBOL(stress_71), 57
    short SYMBOL(stress_72), 58
    short SYMBOL(stress_73), 59
    relative SYMBOL(stress_74), 60
    relative SYMBOL(stress_75), 61
    relative SYMBOL(stress_76), 62
    relative SYMBOL(stress_77), 63
    .balign 16, 0xCC

#ifdef __x86_64__
    .section .rdata, "dr"
    .balign 4
three:
    .long 3
#endif
