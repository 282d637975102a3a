/**
 * @file frame.h
 * The frame: one call, or its reply, as bytes. Pure; carried as a SAFEARRAY of
 * VT_UI1. All integers little-endian.
 *
 *     0   u32 magic "HPF1"       16  u16 words           parameters (call), 1 (reply)
 *     4   u16 version            18  u16 blocks
 *     6   u8  architecture       20  u32 reserved, 0
 *     7   u8  kind               24  u64 word[words]     by-value bytes of each parameter, zero-extended; 0
 *                                                        for pointers
 *     8   u32 size, all of it    ..  block header[blocks], 24 bytes each
 *     12  u32 modes, reply: 0    ..  block data, each at the next multiple of 16, zero padding between
 *
 *     block header: u16 parameter, u16 flags, u32 offset of the data from the frame's start (0 if none),
 *                   u32 size (bytes of data here), u32 capacity (bytes at the app's pointer), u64 reserved, 0
 *
 * modes is how the caller's thread calculates: the x87 control word in the low half, MXCSR in the high one,
 * of both only HP_FRAME_MODES. A function inherits that (x64 calling convention: "control bits are callee
 * saved"; x86 likewise), and the same code gives other results in another mode. 0: the caller does not say.
 *
 * Blocks stand in ascending order of parameter, HP_FRAME_RESULT last. There is one valid byte
 * string for one content: an offset that is not the one this layout gives is an error, so blocks
 * cannot overlap or point outside.
 */
#ifndef HP_IDL_FRAME_H
#define HP_IDL_FRAME_H

#include "hotpatch/error.h"

#define HP_FRAME_MAGIC 0x31465048u
#define HP_FRAME_VERSION 1
#define HP_FRAME_MAX_WORDS 32
#define HP_FRAME_MAX_BLOCKS 33
#define HP_FRAME_RESULT 0xFFFFu /**< "parameter" of the block that holds a structure returned by value */

typedef enum hp_frame_kind { HP_FRAME_CALL = 1, HP_FRAME_REPLY = 2 } hp_frame_kind;

/** What modes consists of: exception masks, precision, rounding (x87); exception masks, rounding, denormals
 * (MXCSR). Intel SDM vol. 1, 8.1.5 and 10.2.3. */
#define HP_FRAME_MODES 0xFFC00F3Fu
/** The modes of a thread that Windows has just made: used where the caller does not say. */
#define HP_FRAME_MODES_USUAL 0x1F80023Fu

/** The pointer is NULL: no data, no capacity. */
#define HP_FRAME_NULL 0x1u

/** One memory block, as the caller of the codec sees it. */
typedef struct hp_frame_block {
    uint16_t parameter; /**< index, or HP_FRAME_RESULT */
    uint16_t flags;     /**< HP_FRAME_NULL or 0 */
    uint32_t size;      /**< bytes of data in this frame */
    uint32_t capacity;  /**< bytes at the app's pointer, at least size */
    /** read: into the frame; write: to be copied, NULL: leave the place for the caller to fill */
    const unsigned char *data;
} hp_frame_block;

/** A frame that is to be written, or that was read. */
typedef struct hp_frame {
    hp_arch arch;
    hp_frame_kind kind;
    uint16_t words;
    uint16_t blocks;
    uint32_t modes; /**< of a call: within HP_FRAME_MODES; of a reply: 0 */
    uint64_t word[HP_FRAME_MAX_WORDS];
    hp_frame_block block[HP_FRAME_MAX_BLOCKS];
} hp_frame;

/**
 * Bytes that the frame takes.
 *
 * @param frame  words, blocks, modes and the blocks' sizes and flags are looked at
 * @param size   receives the bytes
 * @return S_OK; HP_E_FRAME_TOO_LARGE over HP_FRAME_MAX; HP_E_FRAME_MALFORMED if blocks
 *         are out of order or contradictory, or modes is none
 */
HRESULT hp_frame_measure(const hp_frame *frame, uint32_t *size);

/**
 * Write the frame. Blocks whose data is NULL get their data pointer set to their place in bytes, zero-filled,
 * so that the caller can fill it there without a copy.
 *
 * @param frame  as measured
 * @param bytes  receives it; need not be aligned
 * @param size   as hp_frame_measure gave it
 * @return S_OK, or what hp_frame_measure says; HP_E_FRAME_TRUNCATED if size is not the measured one
 */
HRESULT hp_frame_write(hp_frame *frame, unsigned char *bytes, uint32_t size);

/** All but the blocks' data fits in this. */
#define HP_FRAME_HEAD_MAX (24u + 8u * HP_FRAME_MAX_WORDS + 24u * HP_FRAME_MAX_BLOCKS)

/** Where what stands in a frame that is written piece by piece. */
typedef struct hp_frame_plan {
    uint32_t head; /**< bytes before the blocks' data */
    uint32_t size; /**< bytes of the whole frame */
    uint32_t at[HP_FRAME_MAX_BLOCKS];
} hp_frame_plan;

/**
 * Write all that stands before the blocks' data.
 *
 * @param bytes  receives it: room for HP_FRAME_HEAD_MAX
 * @param plan   receives where the rest belongs
 * @return as hp_frame_measure
 */
HRESULT hp_frame_begin(const hp_frame *frame, unsigned char *bytes, hp_frame_plan *plan);

/**
 * Write count bytes of the blocks' data, with the padding between, and zeros where a block has none.
 *
 * @param from  position in the frame, plan->head at first
 */
void hp_frame_copy(const hp_frame *frame, const hp_frame_plan *plan, uint32_t from, unsigned char *to,
                   uint32_t count);

/**
 * Read a frame that somebody else made: hostile until checked.
 *
 * @param bytes     the frame; must stay while frame is used, and must not change (copy
 *                  it out of shared memory first)
 * @param size      bytes there
 * @param arch      the architecture that it must have
 * @param kind      the kind that it must be
 * @param frame     receives the content; blocks point into bytes
 * @return S_OK; HP_E_FRAME_TRUNCATED (too short, or its size field is larger than size),
 *         HP_E_FRAME_TOO_LARGE, HP_E_FRAME_VERSION, HP_E_FRAME_ARCHITECTURE,
 *         HP_E_FRAME_MALFORMED (anything else)
 */
HRESULT hp_frame_read(const unsigned char *bytes, size_t size, hp_arch arch, hp_frame_kind kind,
                      hp_frame *frame);

/**
 * The same for a frame that lies in memory which its maker may change all the while. What is checked here is
 * looked at once, and right whatever happens to bytes: words, and the blocks' sizes and places. The blocks'
 * data may change at any time: who has to look at it copies it first.
 */
HRESULT hp_frame_read_shared(const unsigned char *bytes, size_t size, hp_arch arch, hp_frame_kind kind,
                             hp_frame *frame);

#endif
