/**
 * @file registers.h
 * One call's registers as C sees them, and the context of a thunk.
 */
#ifndef HP_PROXYGEN_REGISTERS_H
#define HP_PROXYGEN_REGISTERS_H

#include "hotpatch/base.h"
#include "proxygen/spill_frame.h"

/** Indices into gp: the register numbers of the instruction encoding. */
enum hp_gp {
    HP_GP_AX = 0,
    HP_GP_CX = 1,
    HP_GP_DX = 2,
    HP_GP_SP = 4,
    HP_GP_R8 = 8,
    HP_GP_R9 = 9,
    HP_GP_R11 = 11
};

/**
 * One call's registers. The spill routine makes it on the caller's own stack; invoke is given one.
 * Results: gp[AX], gp[DX], and xmm[0] (x64) or st0 (x86).
 */
typedef struct hp_registers {
#if HP_X64
    uint64_t gp[16];
    unsigned char xmm[6][16];
    unsigned char *stack; /**< first stack argument */
    union {
        uint32_t modes;       /**< as below */
        unsigned char st0[8]; /**< unused */
    };
    uint32_t cleanup; /**< bytes of arguments that the callee removes from the stack; set by dispatch */
    uint32_t result;  /**< HP_RETURN_... for invoke */
#else
    uint32_t gp[8];
    unsigned char *stack;
    uint32_t cleanup;
    unsigned char st0[8]; /**< a float result */
    uint32_t result;
    uint32_t modes; /**< for invoke, to run the function in: as in a frame (idl/frame.h); 0: the thread's */
#endif
} hp_registers;

typedef struct hp_context hp_context;

/**
 * Called by the spill routine on the caller's thread and stack. Returns HP_RETURN_...; must not throw.
 *
 * At entry gp[SP] is the address of the return address, gp[R11] (x86: gp[AX]) is the context, because the
 * thunk needed the register, and st0, cleanup and result are 0. On HP_RETURN_ORIGINAL volatile registers are
 * loaded from here again, and no other ones; what the rest of the frame holds does not matter then.
 */
typedef uintptr_t hp_dispatch_function(hp_registers *registers, hp_context *context);

/**
 * What a thunk knows: its code loads the address of this and jumps to *enter. In writable memory, never
 * freed.
 */
struct hp_context {
    void *volatile enter;           /**< where the thunk goes: hp_spill_enter or hp_spill_bypass */
    void *original;                 /**< body of the target behind its prologue */
    hp_dispatch_function *dispatch; /**< gets the spilled registers */
};

#define HP_ASSERT_OFFSET(type, member, offset)                                                               \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member)
HP_ASSERT_OFFSET(hp_registers, gp, HP_REGISTERS_GP);
HP_ASSERT_OFFSET(hp_registers, stack, HP_REGISTERS_STACK);
HP_ASSERT_OFFSET(hp_registers, st0, HP_REGISTERS_ST0);
HP_ASSERT_OFFSET(hp_registers, modes, HP_REGISTERS_MODES);
HP_ASSERT_OFFSET(hp_registers, cleanup, HP_REGISTERS_CLEANUP);
HP_ASSERT_OFFSET(hp_registers, result, HP_REGISTERS_RESULT);
#if HP_X64
HP_ASSERT_OFFSET(hp_registers, xmm, HP_REGISTERS_XMM);
#endif
_Static_assert(sizeof(hp_registers) == HP_REGISTERS_SIZE, "hp_registers");
HP_ASSERT_OFFSET(hp_context, enter, HP_CONTEXT_ENTER);
HP_ASSERT_OFFSET(hp_context, original, HP_CONTEXT_ORIGINAL);
HP_ASSERT_OFFSET(hp_context, dispatch, HP_CONTEXT_DISPATCH);

#endif
