/**
 * @file layout.h
 * Where the ABI puts each parameter and the result. Pure; for either architecture on any host.
 *
 * Sources: "x64 calling convention" (Microsoft), "Argument passing and naming conventions" (Microsoft, x86),
 * and what gcc and clang were seen to do for aggregates on x86 (tests/abi).
 */
#ifndef HP_PROXYGEN_LAYOUT_H
#define HP_PROXYGEN_LAYOUT_H

#include "proxygen/registers.h"
#include "proxygen/signature.h"

typedef enum hp_place_kind {
    HP_PLACE_INTEGER, /**< gp[index] */
    HP_PLACE_FLOAT,   /**< low bytes of xmm[index]; variadic: the same bits in gp too */
    HP_PLACE_STACK,   /**< at offset from the first stack argument */
} hp_place_kind;

/** Where one parameter is. */
typedef struct hp_place {
    hp_place_kind kind;
    uint8_t index;  /**< register */
    uint8_t shadow; /**< HP_PLACE_FLOAT: gp index of the same position, for variadic calls */
    /** the place holds a pointer to the value: x64 structures that are not 1, 2, 4 or 8 bytes */
    uint8_t indirect;
    uint32_t offset; /**< stack, in bytes */
    uint32_t size;   /**< bytes in the place */
} hp_place;

typedef enum hp_result_kind {
    HP_RESULT_NONE,
    HP_RESULT_INTEGER, /**< rax; x86: eax, and edx above 4 bytes */
    HP_RESULT_FLOAT,   /**< xmm0; x86: st0 */
    /** written through a pointer that the caller passes first; rax/eax returns that pointer */
    HP_RESULT_HIDDEN,
} hp_result_kind;

typedef struct hp_layout {
    hp_arch arch;
    hp_result_kind result;
    hp_place hidden;      /**< of HP_RESULT_HIDDEN: where the pointer is */
    uint32_t stack_bytes; /**< of all stack arguments */
    uint32_t cleanup;     /**< bytes that the callee removes */
    hp_place place[HP_SIGNATURE_MAX_PARAMETERS];
} hp_layout;

/**
 * Compute the layout.
 *
 * @param signature  for its architecture
 * @param compiler   that built the function
 * @param layout     receives it
 *
 * Cannot fail: hp_signature_parse has refused what has no layout. Thread-safe.
 */
void hp_layout_compute(const hp_signature *signature, hp_compiler compiler, hp_layout *layout);

#endif
