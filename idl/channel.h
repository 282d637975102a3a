/**
 * @file channel.h
 * A channel: calls and their answers through memory that app and update share, one call at a time.
 *
 * The section, HP_CHANNEL_BYTES of it, all integers little-endian, each part in cache lines of its own:
 *
 *     0    u32 magic "HPC1", u32 version, u32 bytes of the section, u32 begun: pieces that the update had
 *          taken when it began with the last call; so who finds it dead knows whether its call has begun
 *     64   the app's side: u32 filled, drained, sleeps, closed
 *     128  the update's side: the same, and u32 joined
 *     192  u32 claim: who has a call that may be revoked
 *     256  two halves of HP_CHANNEL_HALF bytes
 *
 * A message is a head of 16 bytes and a payload, cut into pieces of a half's size; piece 0, with the head,
 * lies in the first half, piece 1 in the second, piece 2 in the first again. filled counts the pieces that a
 * side has put there, over all messages; drained those of the other side that it has taken, which is written
 * for messages of more than two pieces, where the sender has to wait for it, and else now and then. A side
 * that sets its sleeps waits for its event, an auto-reset one, and the other side sets that after writing
 * filled, drained or closed. A call is answered before the next one begins. What goes wrong closes the
 * channel; it is never repaired.
 *
 * The other side may write there anything at any time. So each side keeps its own counters to itself, reads
 * a message once, copies it, and looks at the copy.
 *
 * A channel belongs to one thread at a time.
 */
#ifndef HP_IDL_CHANNEL_H
#define HP_IDL_CHANNEL_H

#include "idl/frame.h"
#include "idl/wait.h"

#define HP_CHANNEL_MAGIC 0x31435048u
#define HP_CHANNEL_VERSION 1u
#define HP_CHANNEL_BYTES 65536u
#define HP_CHANNEL_HALF ((HP_CHANNEL_BYTES - 256u) / 2u)

/** Channels that one client may have. */
#define HP_CHANNEL_MOST 64

/** Bytes of private memory that each end of a channel has from the start: usual calls need no more. */
#define HP_CHANNEL_ROOM 8192u

/** Bytes of private memory that a channel keeps from one call to the next, at most. */
#define HP_CHANNEL_KEEP (2u << 20)

/** One side's words; no other side writes them. */
typedef struct hp_channel_side {
    volatile LONG filled, drained, sleeps, closed;
    LONG joined; /**< HP_CHANNEL_MAGIC once the update serves the channel */
    LONG unused[11];
} hp_channel_side;

/** The section. */
typedef struct hp_channel_area {
    uint32_t magic, version, bytes;
    volatile LONG begun;
    uint32_t unused[12];
    hp_channel_side app, update;
    volatile LONG claim;
    LONG unused_too[15];
    unsigned char half[2][HP_CHANNEL_HALF];
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
    const hp_channel_side *peer;
    HANDLE wake; /**< the other side's event */
    hp_wait wait;
    uint32_t sent, got;  /**< pieces */
    unsigned char *room; /**< the payload that was received, at a multiple of 16 */
    uint32_t capacity;   /**< bytes there */
} hp_channel;

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
 * @return S_OK; E_INVALIDARG if that is no channel; HP_E_PROTOCOL for another version's; E_OUTOFMEMORY; a
 *         wrapped Win32 error. Nothing is left then.
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

#endif
