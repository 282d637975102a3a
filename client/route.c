#include "client/route.h"

#include <string.h>
#include <wchar.h>

#include "client/errand.h"
#include "client/exiting.h"
#include "client/reply.h"
#include "client/transport.h"
#include "idl/text.h"
#include "proxygen/marshal_shared.h"

enum { EXIT_MS = 500 };

/* An update did not answer this process, which was exiting: none is waited for again. */
static volatile LONG given_up;

hp_transport_kind hp_route_choose(hp_transport_kind wanted) {
    wchar_t value[16];
    if (wanted != HP_TRANSPORT_AUTO)
        return wanted;
    const DWORD length = GetEnvironmentVariableW(L"HOTPATCH_TRANSPORT", value, sizeof value / sizeof *value);
    if (length == 0 || length >= sizeof value / sizeof *value)
        return HP_TRANSPORT_AUTO;
    if (_wcsicmp(value, L"com") == 0)
        return HP_TRANSPORT_COM;
    return _wcsicmp(value, L"shared") == 0 ? HP_TRANSPORT_SHARED : HP_TRANSPORT_AUTO;
}

/* Bytes that call and reply have at most, each. Memory for the reply is had before the call runs: afterwards
 * it is too late to find that there is none. */
static uint32_t bytes_at_most(const hp_binding *binding, const hp_frame *call) {
    uint32_t most = HP_MARSHAL_OVERHEAD + binding->marshal.signature.result.size;
    for (uint16_t i = 0; i < call->blocks; i++)
        most += call->block[i].capacity; /* together at most HP_MARSHAL_LIMIT */
    return most < HP_CHANNEL_TEXT_MAX ? HP_CHANNEL_TEXT_MAX : most;
}

/* This process is: the original runs, and nothing is let go of. */
static HRESULT exiting(hp_crossing *crossing) {
    crossing->exiting = 1;
    return E_ABORT;
}

/* The channel is of no more use: who has closed it, and had it begun with the call? */
static HRESULT broken(hp_session *session, hp_crossing *crossing, hp_pool_channel *it, HRESULT hr) {
    if (hr == HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE) && (uint32_t)it->channel.area->begun != it->channel.sent)
        crossing->reach = HP_REACH_NOT_RUN;
    const int ended = WaitForSingleObject(session->process, 0) == WAIT_OBJECT_0;
    hp_pool_drop(session, it);
    if (hr != HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE))
        return hr;
    if (ended)
        return HP_E_UPDATE_GONE;
    hp_text_copy(crossing->detail, sizeof crossing->detail, "the update has closed the channel");
    return HP_E_TRANSPORT;
}

static HRESULT send_call(const hp_binding *binding, hp_crossing *crossing, hp_pool_channel *it,
                         ULONGLONG until) {
    hp_session *session = binding->session;
    hp_channel *channel = &it->channel;
    const uint32_t most = bytes_at_most(binding, &crossing->call);
    crossing->reach = HP_REACH_HERE;
    /* To ask whether the process is exiting is a call of the system: only where the heap is needed, which may
     * be locked for ever then, or where more than one piece has to be waited for. */
    if (given_up || ((most > channel->capacity || most > HP_CHANNEL_PIECE) && hp_exiting_now()))
        return exiting(crossing);
    HRESULT hr = hp_channel_reserve(channel, most);
    if (SUCCEEDED(hr)) {
        /* Who has to be woken may be so late that the call has been given up: then it must not run. */
        const uint32_t flags = until != 0 || channel->peer->sleeps != 0 ? HP_CHANNEL_REVOCABLE : 0;
        hr = hp_channel_send(channel, binding->number, flags, &crossing->call, until);
    }
    if (SUCCEEDED(hr))
        return hr;
    if (hr == HRESULT_FROM_WIN32(ERROR_CANCELLED))
        return exiting(crossing);
    if (hr == E_OUTOFMEMORY || hr == HP_E_FRAME_TOO_LARGE || hr == HP_E_FRAME_MALFORMED) {
        hp_pool_give(session, it); /* nothing was sent */
        return hr;
    }
    hr = broken(session, crossing, it, hr);
    crossing->reach = HP_REACH_NOT_RUN; /* it was not there as a whole */
    return hr;
}

/* Of a revocable call: 1 if the update had not begun, and never will. */
static int revoke(hp_channel *channel) {
    return InterlockedCompareExchange(&channel->area->claim, HP_CHANNEL_REVOKED, HP_CHANNEL_POSTED) ==
           HP_CHANNEL_POSTED;
}

/* Nobody waits any more. */
static HRESULT leave(hp_session *session, hp_crossing *crossing, hp_pool_channel *it) {
    if (revoke(&it->channel)) {
        crossing->reach = HP_REACH_NOT_RUN;
        hp_pool_drop(session, it);
    } else {
        hp_pool_abandon(session, it);
    }
    return HP_E_DEADLINE;
}

static HRESULT wait_for_answer(const hp_binding *binding, hp_crossing *crossing, hp_pool_channel *it,
                               hp_channel_head *head, const unsigned char **payload, ULONGLONG until) {
    hp_channel *channel = &it->channel;
    const uint32_t most = channel->capacity, before = channel->got;
    crossing->reach = HP_REACH_MAYBE;
    HRESULT hr = hp_channel_look(channel, most, head, payload, until);
    if (hr == HRESULT_FROM_WIN32(ERROR_CANCELLED)) {
        if (channel->got != before)
            return exiting(crossing);
        const HANDLE cancel = channel->wait.cancel;
        channel->wait.cancel = NULL; /* one that is under way may still be answered */
        hr = hp_channel_look(channel, most, head, payload, GetTickCount64() + EXIT_MS);
        channel->wait.cancel = cancel;
        if (FAILED(hr)) {
            revoke(channel);
            given_up = 1;
            return exiting(crossing);
        }
    }
    if (SUCCEEDED(hr))
        return hr;
    if (hr == HP_E_DEADLINE && channel->got == before) /* and not in the middle of the answer */
        return leave(binding->session, crossing, it);
    return broken(binding->session, crossing, it, hr);
}

/* Of an answer that is one, see is_answer. Whatever bytes these are: only valid UTF-8 of them goes on. */
static void take_text(const hp_channel *channel, const hp_channel_head *head, hp_crossing *crossing) {
    wchar_t wide[HP_CHANNEL_TEXT_MAX];
    char utf8[3 * HP_CHANNEL_TEXT_MAX + 1];
    if (head->bytes == 0)
        return;
    int count = MultiByteToWideChar(CP_UTF8, 0, (const char *)channel->room, (int)head->bytes, wide,
                                    HP_CHANNEL_TEXT_MAX);
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, count, utf8, sizeof utf8 - 1, NULL, NULL);
    utf8[size] = '\0';
    hp_text_copy(crossing->detail, sizeof crossing->detail, utf8);
}

/* An answer in good order; else the channel is not to be trusted any more. */
static int is_answer(const hp_channel_head *head) {
    return head->flags == 0 && (head->what == (uint32_t)S_OK ||
                                (FAILED((HRESULT)head->what) && head->bytes <= HP_CHANNEL_TEXT_MAX));
}

static HRESULT read_answer(const hp_binding *binding, hp_crossing *crossing, hp_pool_channel *it,
                           const hp_channel_head *head, const unsigned char *payload) {
    hp_session *session = binding->session;
    HRESULT hr = is_answer(head) ? (HRESULT)head->what : HP_E_FRAME_MALFORMED;
    if (hr == S_OK)
        hr = hp_reply_read(&binding->marshal, &it->channel, payload, head->bytes, &crossing->reply);
    if (hr == S_OK) {
        crossing->channel = it; /* the reply lies there */
    } else if (is_answer(head) && head->what != (uint32_t)S_OK) {
        take_text(&it->channel, head, crossing);
        hp_pool_give(session, it); /* a refusal, in good order */
        hr = hp_transport_believe(hr);
    } else {
        hp_pool_drop(session, it);
    }
    return hr;
}

HRESULT hp_route_run(const hp_binding *binding, hp_crossing *crossing) {
    hp_session *session = binding->session;
    const ULONGLONG until = crossing->deadline_ms != 0 ? GetTickCount64() + crossing->deadline_ms : 0;
    hp_pool_channel *it = hp_pool_take(session, until);
    if (it == NULL) {
        if (until != 0) {
            crossing->reach = HP_REACH_NOT_RUN;
            crossing->deadline_ms = hp_wait_left(until);
            if (crossing->deadline_ms == 0)
                return HP_E_DEADLINE; /* while a channel was being opened */
        }
        return hp_errand_run(binding, crossing);
    }
    hp_channel_head head = {0};
    const unsigned char *payload = NULL;
    HRESULT hr = send_call(binding, crossing, it, until);
    if (SUCCEEDED(hr))
        hr = wait_for_answer(binding, crossing, it, &head, &payload, until);
    return SUCCEEDED(hr) ? read_answer(binding, crossing, it, &head, payload) : hr;
}
