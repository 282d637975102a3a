/**
 * @file channel.h
 * A channel: calls and their answers through memory that app and update share, one call at a time.
 *
 * The section, HP_CHANNEL_BYTES of it, all integers little-endian, each part in cache lines of its own:
 *
 *     0    u32 magic "HPC1", u32 version, u32 bytes of the section, u32 begun: pieces that the update had
 *          taken when it began with the last call; so who finds it dead knows whether its call has begun
 *          u32 joined: the magic once the update serves the channel
 *     64   u32 place: see wait.h
 *     128  the app's side: u32 filled, drained, sleeps, closed, a message's head of 16 bytes, and its payload
 *          if that has no more than HP_CHANNEL_SHORT bytes
 *     384  the update's side, the same
 *     640  u32 claim: who has a call that may be revoked
 *     768  HP_CHANNEL_PIECES places of HP_CHANNEL_PIECE bytes
 *
 * A short message lies beside its counter: who sees the one has the other in its cache. A longer payload is
 * cut into pieces that each fill a place, in order; behind the last place comes the first again. So a buffer
 * of 1 MiB lies there in one piece of memory, and each side copies while the other one does. filled counts
 * the pieces that a side has put there, over all messages; drained those of the other side that it has taken,
 * which is written for messages that do not fit as a whole, where the sender has to wait for it, and else now
 * and then. A side that sets its sleeps waits for its event, an auto-reset one, and the other side sets that
 * after writing filled, drained or closed. A call is answered before the next one begins. What goes wrong
 * closes the channel; it is never repaired. Pages that no message has reached take no memory yet; they count
 * against what the system can commit.
 *
 * The other side may write there anything at any time. So each side keeps its own counters to itself, reads
 * a message once, copies it, and looks at the copy. The app leaves a long reply there until all of it has
 * come (hp_channel_look): what is checked is copied and looked at in the copy, and what is not is copied
 * once, to where the call wants it.
 *
 * A channel belongs to one thread at a time.
 */
#ifndef HP_IDL_CHANNEL_H
#define HP_IDL_CHANNEL_H

#include "idl/frame.h"
#include "idl/wait.h"

#define HP_CHANNEL_MAGIC 0x31435048u
#define HP_CHANNEL_VERSION 2u
#define HP_CHANNEL_PIECE 32768u
#define HP_CHANNEL_PIECES 33u
/** Bytes of a payload that fits into the section as a whole. */
#define HP_CHANNEL_WHOLE (HP_CHANNEL_PIECES * HP_CHANNEL_PIECE)
/** Bytes of a payload that lies beside the counters, at most. */
#define HP_CHANNEL_SHORT 224u
#define HP_CHANNEL_BYTES (768u + HP_CHANNEL_PIECES * HP_CHANNEL_PIECE)

/** Channels that one client may have. */
#define HP_CHANNEL_MOST 64

/** Bytes of private memory that each end of a channel has from the start: usual calls need no more. */
#define HP_CHANNEL_ROOM 8192u

/** Bytes of private memory that a channel keeps from one call to the next, at most. */
#define HP_CHANNEL_KEEP (2u << 20)

/** hp_channel_look copies payloads up to this size, as hp_channel_receive does: little is saved there. */
#define HP_CHANNEL_COPIED 16384u

/** One side's words; no other side writes them. */
typedef struct hp_channel_side {
    volatile LONG filled, drained, sleeps, closed;
    unsigned char head[16]; /**< hp_channel_head */
    unsigned char text[HP_CHANNEL_SHORT];
} hp_channel_side;

/** The section. */
typedef struct hp_channel_area {
    uint32_t magic, version, bytes;
    volatile LONG begun;
    volatile LONG joined;
    uint32_t unused[11];
    volatile LONG place;
    uint32_t unused_too[15];
    hp_channel_side app, update;
    volatile LONG claim;
    LONG unused_as_well[31];
    unsigned char piece[HP_CHANNEL_PIECES][HP_CHANNEL_PIECE];
} hp_channel_area;

/** Values of claim, for calls with HP_CHANNEL_REVOCABLE. */
enum { HP_CHANNEL_POSTED = 1, HP_CHANNEL_RUNNING = 2, HP_CHANNEL_REVOKED = 3 };

/** Flag of a call: the update sets claim from POSTED to RUNNING before it runs it, or does not run it. */
#define HP_CHANNEL_REVOCABLE 0x1u

/** What stands before a payload. */
typedef struct hp_channel_head {
    uint32_t bytes; /**< of the payload */
    /** call: number of the function, in the order of GetNames; answer: HRESULT. A success is followed by a
     * reply frame, a failure by UTF-8 text about it, at most HP_CHANNEL_TEXT_MAX bytes */
    uint32_t what;
    uint32_t flags; /**< call: HP_CHANNEL_...; answer: 0 */
    uint32_t zero;
} hp_channel_head;

#define HP_CHANNEL_TEXT_MAX 1024u

/** One side's end. */
typedef struct hp_channel {
    hp_channel_area *area;
    hp_channel_side *own;
    hp_channel_side *peer;
    HANDLE wake; /**< the other side's event */
    hp_wait wait;
    uint32_t sent, got;  /**< pieces */
    unsigned char *room; /**< the payload that was received, at a multiple of 16 */
    uint32_t capacity;   /**< bytes there */
} hp_channel;

/** Where a payload of so many bytes begins. */
static inline unsigned char *hp_channel_first(hp_channel_area *area, hp_channel_side *side, uint32_t bytes) {
    return bytes <= HP_CHANNEL_SHORT ? side->text : area->piece[0];
}

/** What makes a channel, as it is named in the process that made it. */
typedef struct hp_channel_handles {
    HANDLE section, app_event, update_event;
} hp_channel_handles;

/**
 * App: make section and events, unnamed, and the app's end.
 *
 * @param process  the update's, SYNCHRONIZE; must stay open as long as the channel is
 * @param cancel   ends waits; NULL for none; must stay open
 * @param handles  receives the section, closed by the caller once the update has it, and the events, which
 *                 hp_channel_close closes
 * @return S_OK, E_OUTOFMEMORY, or a wrapped Win32 error; nothing is left then
 */
HRESULT hp_channel_make(HANDLE process, HANDLE cancel, hp_channel *channel, hp_channel_handles *handles);

/**
 * Update: take the other end of a channel that an app has made.
 *
 * @param app      its process, SYNCHRONIZE and PROCESS_DUP_HANDLE; must stay open as long as the channel is
 * @param handles  as they are named there: claims, that are checked
 * @return S_OK; E_INVALIDARG if that is no channel; HP_E_PROTOCOL for another version's, if it is no smaller
 *         than this one's; E_OUTOFMEMORY; a wrapped Win32 error. Nothing is left then.
 */
HRESULT hp_channel_join(HANDLE app, const hp_channel_handles *handles, hp_channel *channel);

/** Tell the other side that nothing more will come, and free this end. */
void hp_channel_close(hp_channel *channel);

/**
 * Have room for a payload. What was received before is lost.
 *
 * @return S_OK, E_OUTOFMEMORY
 */
HRESULT hp_channel_reserve(hp_channel *channel, uint32_t bytes);

/** Behind a call: keep no more than HP_CHANNEL_KEEP. */
void hp_channel_trim(hp_channel *channel);

/**
 * Send a frame.
 *
 * @param what   see hp_channel_head
 * @param until  GetTickCount64 at which it is given up; 0: never
 * @return S_OK; what hp_frame_measure says, before anything was sent; what hp_wait_until says
 */
HRESULT hp_channel_send(hp_channel *channel, uint32_t what, uint32_t flags, const hp_frame *frame,
                        ULONGLONG until);

/** Send an answer that is a failure. @param text cut if it is too long */
void hp_channel_send_failure(hp_channel *channel, HRESULT result, const char *text);

/**
 * Receive a message: its payload is in room then, at a multiple of 16.
 *
 * @param most   bytes that the payload may have
 * @param head   receives the head, a copy
 * @param until  as above
 * @return S_OK; HP_E_FRAME_TOO_LARGE, HP_E_FRAME_MALFORMED (reserved bits, more pieces than the message has),
 *         E_OUTOFMEMORY, or what hp_wait_until says: then the channel is of no more use
 */
HRESULT hp_channel_receive(hp_channel *channel, uint32_t most, hp_channel_head *head, ULONGLONG until);

/**
 * The same, but a payload of more than HP_CHANNEL_COPIED bytes that fits into the section as a whole stays
 * there, until this side sends: the other side may change it all the while.
 *
 * @param payload  receives where it is, at a multiple of 16: in the section, or else in room
 */
HRESULT hp_channel_look(hp_channel *channel, uint32_t most, hp_channel_head *head,
                        const unsigned char **payload, ULONGLONG until);

/**
 * Copy a part of a payload that has stayed in the section to its place in room, where it does not change.
 *
 * @param payload  as hp_channel_look gave it, not room
 * @param at       where the part begins; with bytes, within the payload
 * @return the copy, at a multiple of 16 if at is one; good until the next message is received
 */
const unsigned char *hp_channel_keep(hp_channel *channel, const unsigned char *payload, uint32_t at,
                                     uint32_t bytes);

#endif
