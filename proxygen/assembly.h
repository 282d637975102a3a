/**
 * @file assembly.h
 * For .S files only: how C's names look to the assembler.
 */
#ifndef HP_PROXYGEN_ASSEMBLY_H
#define HP_PROXYGEN_ASSEMBLY_H

#if defined(__x86_64__)
#define SYMBOL(name) name
#define LOCAL(name) .L##name /* a label that no symbol table keeps */
#else
#define SYMBOL(name) _##name /* PE, x86: C names carry an underscore */
#define LOCAL(name) L##name
#endif

/* Declare a function of ours; the COFF type is what lets debuggers and disassemblers see a function in it. */
#define FUNCTION(name)                                                                                       \
    .globl SYMBOL(name);                                                                                     \
    .def SYMBOL(name);                                                                                       \
    .scl 2;                                                                                                  \
    .type 32;                                                                                                \
    .endef;                                                                                                  \
    .p2align 4;                                                                                              \
    SYMBOL(name)

#endif
