/**
 * @file abi_calls.h
 * A caller and a callee in assembler, for tests of code that must not be noticed: the caller fills every
 * register with known values and notes every register afterwards; the callee notes every register at its
 * entry. Read by abi_calls.S, too.
 */
#ifndef HP_TESTS_UNIT_ABI_CALLS_H
#define HP_TESTS_UNIT_ABI_CALLS_H

#if defined(__x86_64__)
#define ABI_WORD 8
#else
#define ABI_WORD 4
#endif
#define ABI_WORDS 64
#define ABI_IN_GP 0
#define ABI_OUT_GP (16 * ABI_WORD)
#define ABI_SEEN_GP (32 * ABI_WORD)
#define ABI_STACK (48 * ABI_WORD)
#define ABI_RESULT_AX (112 * ABI_WORD)
#define ABI_RESULT_DX (113 * ABI_WORD)
#define ABI_TARGET (114 * ABI_WORD)
#define ABI_HOOK (115 * ABI_WORD)
#define ABI_SP_AT_CALL (116 * ABI_WORD)
#define ABI_SP_AFTER (117 * ABI_WORD)
#define ABI_SP_SAVED (118 * ABI_WORD)
#define ABI_TRACE (119 * ABI_WORD)
#define ABI_SEEN_SP (120 * ABI_WORD)
#define ABI_STACK_BYTES (121 * ABI_WORD)
#define ABI_POP (122 * ABI_WORD)
#define ABI_FLOAT (123 * ABI_WORD)
#define ABI_ENV (124 * ABI_WORD)
#define ABI_ENV_AFTER (ABI_ENV + 32)
#define ABI_ST0 (ABI_ENV + 64)
#define ABI_IN_XMM (ABI_ENV + 80)
#define ABI_OUT_XMM (ABI_IN_XMM + 256)
#define ABI_SEEN_XMM (ABI_IN_XMM + 512)
#define ABI_RESULT_XMM (ABI_IN_XMM + 768)

#ifndef __ASSEMBLER__
#include "proxygen/registers.h"

typedef struct abi_state {
    uintptr_t in_gp[16];   /**< what abi_call loads; not rsp, and not r11 (x86: eax), which holds the state */
    uintptr_t out_gp[16];  /**< what abi_call finds after the call */
    uintptr_t seen_gp[16]; /**< what abi_callee finds at its entry */
    /** stack arguments that abi_call passes (x64: at most 16, behind the home area) */
    uintptr_t stack[ABI_WORDS];
    uintptr_t result_ax, result_dx;   /**< what abi_callee returns */
    void *target;                     /**< what abi_call calls */
    void (*hook)(struct abi_state *); /**< abi_callee calls it, NULL for none */
    uintptr_t sp_at_call;             /**< before the call instruction */
    uintptr_t sp_after;               /**< after it */
    uintptr_t sp_saved;
    uintptr_t trace;       /**< 1: abi_call sets the trap flag */
    uintptr_t seen_sp;     /**< abi_callee's stack pointer at entry */
    uintptr_t stack_bytes; /**< x86: how many bytes of stack abi_call passes */
    uintptr_t pop;         /**< x86: how many bytes abi_callee removes */
    uintptr_t floating;    /**< x86: HP_RETURN_... : what abi_call pops from st0 and what abi_callee pushes */
    uint16_t env[16];      /**< x87 environment after the call; [4] is the tag word */
    uint16_t env_after[16]; /**< the same after a float result was popped */
    unsigned char st0[16];
    unsigned char in_xmm[16][16], out_xmm[16][16], seen_xmm[16][16], result_xmm[16];
} abi_state;

#define ABI_ASSERT(member, offset) _Static_assert(offsetof(abi_state, member) == (offset), #member)
ABI_ASSERT(stack, ABI_STACK);
ABI_ASSERT(result_ax, ABI_RESULT_AX);
ABI_ASSERT(hook, ABI_HOOK);
ABI_ASSERT(sp_at_call, ABI_SP_AT_CALL);
ABI_ASSERT(trace, ABI_TRACE);
ABI_ASSERT(floating, ABI_FLOAT);
ABI_ASSERT(env, ABI_ENV);
ABI_ASSERT(env_after, ABI_ENV_AFTER);
ABI_ASSERT(st0, ABI_ST0);
ABI_ASSERT(in_xmm, ABI_IN_XMM);
ABI_ASSERT(result_xmm, ABI_RESULT_XMM);

/**
 * Call state->target. The state stands in NtTib.ArbitraryUserPointer meanwhile, where abi_callee finds it.
 */
void abi_call(abi_state *state);
/** Not callable from C: the place behind abi_call's call instruction. */
void abi_call_return(void);
/** Any signature: notes its registers, runs the hook, returns what the state says. */
void abi_callee(void);
/** Set NtTib.ArbitraryUserPointer, for abi_callee without abi_call. */
void abi_set_state(abi_state *state);
/**
 * A cdecl call under an exception handler. Returns what the function returns, or what the
 * handler resumes with: stack and registers are unwound then, or it is 0xbad.
 */
uintptr_t abi_guarded(void *function, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d);
void abi_guarded_resume(void);
/** The handler, defined in C by the test. */
EXCEPTION_DISPOSITION __cdecl abi_guarded_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                                  void *dispatcher);
#endif
#endif
