// Making and ending channels.
#include "idl/channel.h"

#include <malloc.h>
#include <string.h>

#include "idl/fault.h"

static HRESULT last_error(void) {
    DWORD error = GetLastError();
    return HRESULT_FROM_WIN32(error != 0 ? error : ERROR_GEN_FAILURE);
}

static void close_handle(HANDLE handle) {
    if (handle != NULL)
        CloseHandle(handle);
}

static HRESULT map(HANDLE section, hp_channel_area **area) {
    *area = HP_FAULT("view of a channel")
                ? NULL
                : MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, HP_CHANNEL_BYTES);
    return *area != NULL ? S_OK : last_error();
}

static void set_up(hp_channel *channel, hp_channel_side *own, hp_channel_side *peer, HANDLE process,
                   HANDLE cancel) {
    channel->own = own;
    channel->peer = peer;
    channel->wait.process = process;
    channel->wait.cancel = cancel;
    channel->wait.sleeps = &own->sleeps;
    channel->wait.closed = &peer->closed;
    channel->wait.place = &channel->area->place;
    hp_wait_prepare(&channel->wait);
}

static void free_end(hp_channel *channel) {
    if (channel->area != NULL)
        UnmapViewOfFile(channel->area);
    close_handle(channel->wake);
    close_handle(channel->wait.event);
    _aligned_free(channel->room);
    *channel = (hp_channel){0};
}

HRESULT hp_channel_make(HANDLE process, HANDLE cancel, hp_channel *channel, hp_channel_handles *handles) {
    *channel = (hp_channel){0};
    *handles = (hp_channel_handles){0};
    handles->section =
        HP_FAULT("section of a channel")
            ? NULL
            : CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, HP_CHANNEL_BYTES, NULL);
    HRESULT hr = handles->section != NULL ? map(handles->section, &channel->area) : last_error();
    if (SUCCEEDED(hr)) {
        channel->wait.event = HP_FAULT("event of a channel") ? NULL : CreateEventW(NULL, FALSE, FALSE, NULL);
        channel->wake =
            HP_FAULT("event of a channel's other end") ? NULL : CreateEventW(NULL, FALSE, FALSE, NULL);
        if (channel->wait.event == NULL || channel->wake == NULL)
            hr = last_error();
    }
    if (SUCCEEDED(hr))
        hr = hp_channel_reserve(channel, HP_CHANNEL_ROOM);
    if (FAILED(hr)) {
        close_handle(handles->section);
        free_end(channel);
        return hr;
    }
    channel->area->magic = HP_CHANNEL_MAGIC;
    channel->area->version = HP_CHANNEL_VERSION;
    channel->area->bytes = HP_CHANNEL_BYTES;
    set_up(channel, &channel->area->app, &channel->area->update, process, cancel);
    handles->app_event = channel->wait.event;
    handles->update_event = channel->wake;
    return S_OK;
}

static HRESULT fetch(HANDLE app, HANDLE there, DWORD access, HANDLE *here) {
    *here = NULL;
    return !HP_FAULT("handle of a channel") &&
                   DuplicateHandle(app, there, GetCurrentProcess(), here, access, FALSE, 0)
               ? S_OK
               : last_error();
}

/* A section may be larger, or its memory not there. */
static HRESULT check_area(const hp_channel_area *area) {
    MEMORY_BASIC_INFORMATION info;
    if (!VirtualQuery(area, &info, sizeof info) || info.State != MEM_COMMIT ||
        info.Protect != PAGE_READWRITE || info.RegionSize < HP_CHANNEL_BYTES)
        return E_INVALIDARG;
    if (area->magic != HP_CHANNEL_MAGIC)
        return E_INVALIDARG;
    return area->version == HP_CHANNEL_VERSION && area->bytes == HP_CHANNEL_BYTES ? S_OK : HP_E_PROTOCOL;
}

HRESULT hp_channel_join(HANDLE app, const hp_channel_handles *handles, hp_channel *channel) {
    HANDLE section;
    *channel = (hp_channel){0};
    HRESULT hr = fetch(app, handles->section, FILE_MAP_READ | FILE_MAP_WRITE, &section);
    if (SUCCEEDED(hr))
        hr = fetch(app, handles->update_event, SYNCHRONIZE | EVENT_MODIFY_STATE, &channel->wait.event);
    if (SUCCEEDED(hr) && !ResetEvent(channel->wait.event)) /* a mutex, say */
        hr = E_INVALIDARG;
    if (SUCCEEDED(hr))
        hr = fetch(app, handles->app_event, EVENT_MODIFY_STATE, &channel->wake);
    if (SUCCEEDED(hr))
        hr = map(section, &channel->area);
    close_handle(section);
    if (SUCCEEDED(hr))
        hr = check_area(channel->area);
    if (SUCCEEDED(hr))
        hr = hp_channel_reserve(channel, HP_CHANNEL_ROOM);
    if (FAILED(hr)) {
        free_end(channel);
        return hr;
    }
    set_up(channel, &channel->area->update, &channel->area->app, app, NULL);
    channel->wait.moves = 1;
    channel->area->joined = (LONG)HP_CHANNEL_MAGIC;
    return S_OK;
}

void hp_channel_close(hp_channel *channel) {
    if (channel->area == NULL)
        return;
    InterlockedExchange(&channel->own->closed, 1);
    SetEvent(channel->wake);
    free_end(channel);
}
