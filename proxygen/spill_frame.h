/**
 * @file spill_frame.h
 * The layouts that assembler and C share. Included by .S files too: only the preprocessor's part is visible
 * there. registers.h asserts that the C structures agree.
 */
#ifndef HP_PROXYGEN_SPILL_FRAME_H
#define HP_PROXYGEN_SPILL_FRAME_H

/* hp_registers: one call's registers. gp in the order of the instruction encoding
 * (Intel SDM vol. 2, table 2-2). */
#if defined(__x86_64__) || defined(_M_X64)
#define HP_REGISTERS_GP 0        /* 16 x 8: rax rcx rdx rbx rsp rbp rsi rdi r8..r15 */
#define HP_REGISTERS_XMM 128     /* 6 x 16 */
#define HP_REGISTERS_STACK 224   /* pointer to the first stack argument (behind the home area on x64) */
#define HP_REGISTERS_ST0 232     /* 8 bytes: unused on x64 */
#define HP_REGISTERS_MODES 232   /* u32, in its place: 0 from the spill routine; see registers.h */
#define HP_REGISTERS_CLEANUP 240 /* u32: bytes that the callee removes: 0 on x64 */
#define HP_REGISTERS_RESULT 244  /* u32: unused by the spill routine; see registers.h */
#define HP_REGISTERS_SIZE 248
#define HP_CONTEXT_ENTER 0
#define HP_CONTEXT_ORIGINAL 8
#define HP_CONTEXT_DISPATCH 16
#define HP_INVOKE_FAULT 0 /* in the frame of hp_invoke_call: where a fault is to be noted */
#else
#define HP_REGISTERS_GP 0 /* 8 x 4: eax ecx edx ebx esp ebp esi edi */
#define HP_REGISTERS_STACK 32
#define HP_REGISTERS_CLEANUP 36
#define HP_REGISTERS_ST0 40 /* 8 bytes: f32 in the low half, or f64 */
#define HP_REGISTERS_RESULT 48
#define HP_REGISTERS_MODES 52 /* u32: unused by the spill routine; see registers.h */
#define HP_REGISTERS_SIZE 56
#define HP_CONTEXT_ENTER 0
#define HP_CONTEXT_ORIGINAL 4
#define HP_CONTEXT_DISPATCH 8
#define HP_INVOKE_FAULT 20  /* the same, in bytes above ebp: an argument */
#define HP_INVOKE_RECORD 28 /* its exception record, in bytes below ebp */
#endif

/* What dispatch tells the spill routine to do, and what invoke is told to fetch (x86: st0
 * must be popped or left alone). */
/* restore every register and jump to the original body: as if nothing had been there */
#define HP_RETURN_ORIGINAL 0
#define HP_RETURN_INTEGER 1 /* rax/eax and rdx/edx; on x64 also xmm0 */
#define HP_RETURN_F32 2     /* x86: st0 from/to 4 bytes */
#define HP_RETURN_F64 3     /* x86: st0 from/to 8 bytes */

/* What modes hold of the x87 control word; what fninit would reset of the status word: where the stack's top
 * is, and the exceptions that were noted (Intel SDM vol. 1, 8.1.3). */
#define HP_INVOKE_CONTROL 0x0F3F
#define HP_INVOKE_STATUS 0x38FF

/* What hp_invoke_call returns if the function was broken off: HP_E_REPLACEMENT_FAULT. */
#define HP_INVOKE_BROKEN_OFF 0x8004022A

#endif
