#include "server/worker.h"

#include <stdlib.h>

#include <objbase.h>

#include "idl/fault.h"
#include "idl/log.h"
#include "idl/protocol.h"
#include "server/call.h"

typedef struct worker {
    hp_object *object;
    hp_channel channel;
} worker;

// Whoever asked may have given the call up before it began; then it must not run.
static int may_run(hp_channel *channel, const hp_channel_head *head) {
    channel->area->begun = (LONG)channel->got;
    return !(head->flags & HP_CHANNEL_REVOCABLE) ||
           InterlockedCompareExchange(&channel->area->claim, HP_CHANNEL_RUNNING, HP_CHANNEL_POSTED) ==
               HP_CHANNEL_POSTED;
}

static const hp_export *find(const hp_exports *exports, uint32_t number) {
    return number < exports->count ? &exports->items[number] : NULL;
}

static void refuse(hp_channel *channel, HRESULT hr, hp_trouble *trouble) {
    char line[HP_CHANNEL_TEXT_MAX];
    hp_log_trouble(HP_LOG_WARNING, trouble);
    hp_trouble_format(trouble, line, sizeof line);
    hp_channel_send_failure(channel, hr, line);
}

// S_OK as long as the channel can go on.
static HRESULT serve_call(worker *it, const hp_channel_head *head) {
    const hp_exports *exports = it->object->exports;
    hp_channel *channel = &it->channel;
    if (head->flags & ~HP_CHANNEL_REVOCABLE)
        return HP_E_FRAME_MALFORMED;
    if (!may_run(channel, head))
        return S_FALSE;
    const hp_export *item = find(exports, head->what);
    hp_trouble trouble;
    trouble.result = S_OK;
    trouble.thing[0] = trouble.detail[0] = '\0';
    if (!item) {
        hp_trouble_set(&trouble, HP_E_NAME_UNKNOWN, NULL, "function %lu of a channel's call",
                       (unsigned long)head->what);
        refuse(channel, HP_E_NAME_UNKNOWN, &trouble);
        hp_channel_trim(channel);
        return S_OK;
    }
    hp_call call;
    HRESULT hr = hp_call_begin(exports, item, channel->room, head->bytes, &call, &trouble);
    if (SUCCEEDED(hr)) {
        hr = hp_channel_send(channel, S_OK, 0, &call.frame, 0);
        hp_call_end(&call);
        if (hr == HP_E_FRAME_TOO_LARGE || hr == HP_E_FRAME_MALFORMED) // nothing was sent
            hp_trouble_set(&trouble, hr, item->name, "it ran, but its reply could not be made");
    }
    if (trouble.result != S_OK) {
        refuse(channel, trouble.result, &trouble);
        hr = S_OK;
    }
    hp_channel_trim(channel);
    return hr;
}

static DWORD WINAPI run(void *context) {
    worker *it = context;
    // Replacements are called in the multithreaded apartment, as COM's own threads do it.
    HRESULT com = CoInitializeEx(NULL, COINIT_MULTITHREADED | COINIT_DISABLE_OLE1DDE);
    HRESULT hr = S_OK;
    while (hr == S_OK) {
        hp_channel_head head;
        hr = hp_channel_receive(&it->channel, HP_FRAME_MAX, &head, 0);
        if (SUCCEEDED(hr))
            hr = serve_call(it, &head);
    }
    if (FAILED(hr) && hr != HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE))
        hp_log_write(HP_LOG_WARNING, "a channel is closed: %s (0x%08lX)", hp_error_what(hr),
                     (unsigned long)hr);
    hp_channel_close(&it->channel);
    hp_object *object = it->object;
    free(it);
    InterlockedDecrement(&object->channels);
    IDispatch_Release(&object->dispatch); // last: the process may end from here on
    if (SUCCEEDED(com))
        CoUninitialize();
    return 0;
}

static HRESULT join(worker *it, const hp_channel_handles *handles, hp_trouble *trouble) {
    if (!it->object->connection.wait)
        return hp_trouble_set(trouble, HRESULT_FROM_WIN32(ERROR_NOT_CONNECTED), "OpenChannel",
                              "this object has no client: Connect comes first");
    HRESULT hr = hp_channel_join(it->object->connection.process, handles, &it->channel);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, "OpenChannel", "what the client names is no channel of its own");
    HANDLE thread = HP_FAULT("thread of a channel") ? NULL : CreateThread(NULL, 0, run, it, 0, NULL);
    if (!thread) {
        hp_channel_close(&it->channel);
        return hp_trouble_set(trouble, E_OUTOFMEMORY, "OpenChannel", "no thread can be made");
    }
    CloseHandle(thread);
    return S_OK;
}

HRESULT hp_worker_start(hp_object *object, const hp_channel_handles *handles, hp_trouble *trouble) {
    if (InterlockedIncrement(&object->channels) > HP_CHANNEL_MOST) {
        InterlockedDecrement(&object->channels);
        return hp_trouble_set(trouble, HRESULT_FROM_WIN32(ERROR_NOT_ENOUGH_QUOTA), "OpenChannel",
                              "a client has at most %d channels", HP_CHANNEL_MOST);
    }
    worker *it = HP_FAULT("memory for a channel's server") ? NULL : calloc(1, sizeof *it);
    HRESULT hr = it ? S_OK : hp_trouble_set(trouble, E_OUTOFMEMORY, "OpenChannel", NULL);
    if (it) {
        it->object = object;
        IDispatch_AddRef(&object->dispatch);
        hr = join(it, handles, trouble);
    }
    if (FAILED(hr)) {
        InterlockedDecrement(&object->channels);
        if (it)
            IDispatch_Release(&object->dispatch);
        free(it);
    }
    return hr; // NOLINT(clang-analyzer-unix.Malloc): on success it is the thread's
}
