#include "e2e/storm_channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include <tlhelp32.h>
#include <winternl.h>

#include "idl/protocol.h"

static HRESULT ask(IDispatch *object, LONG section, LONG app_event, LONG update_event) {
    VARIANT value[3];
    EXCEPINFO exception = {0};
    const LONG number[3] = {update_event, app_event, section}; /* the last parameter first */
    for (int i = 0; i < 3; i++) {
        V_VT(&value[i]) = VT_I4;
        V_I4(&value[i]) = number[i];
    }
    HRESULT hr = invoke(object, HP_DISPID_OPEN_CHANNEL, DISPATCH_METHOD, value, 3, NULL, &exception, NULL);
    if (hr == DISP_E_EXCEPTION)
        hr = exception.scode;
    exception_clear(&exception);
    return hr;
}

/* Channels that were closed a moment ago may still count. */
void storm_channel_open(const server *update, IDispatch *object, hp_channel *channel) {
    const ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    hp_channel_handles handles;
    HRESULT hr;
    assert_int_equal(hp_channel_make(update->process, NULL, channel, &handles), S_OK);
    do
        hr = ask(object, HandleToLong(handles.section), HandleToLong(handles.app_event),
                 HandleToLong(handles.update_event));
    while (hr == HRESULT_FROM_WIN32(ERROR_NOT_ENOUGH_QUOTA) && GetTickCount64() < limit);
    CloseHandle(handles.section);
    assert_int_equal(hr, S_OK);
}

/* winternl.h: what NtQueryObject says of a handle's type. */
static int is_event(HANDLE handle) {
    typedef LONG WINAPI query_object(HANDLE, int, void *, ULONG, ULONG *);
    union {
        UNICODE_STRING name;
        unsigned char room[1024];
    } type = {0};
    ULONG needed;
    query_object *query =
        (query_object *)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQueryObject");
    return query(handle, 2, &type, sizeof type, &needed) >= 0 && type.name.Length == 5 * sizeof(wchar_t) &&
           wmemcmp(type.name.Buffer, L"Event", 5) == 0;
}

static LONG any_handle(storm_dice *dice, HANDLE right) {
    switch (storm_roll(dice, 4)) {
    case 0:
        return HandleToLong(right);
    case 1:
        return 4 * (LONG)storm_roll(dice, 200); /* one of ours, perhaps */
    case 2:
        return -(LONG)storm_roll(dice, 8);
    default:
        return (LONG)storm_number(dice);
    }
}

/* COM has events in this process, too: one that the update sets would break this side's own calls. */
static LONG any_but_others_events(storm_dice *dice, HANDLE right) {
    const LONG any = any_handle(dice, right);
    return LongToHandle(any) == right || !is_event(LongToHandle(any)) ? any : 0;
}

/* Its own event stays right, so that closing reaches whoever may have been taken in. */
void storm_channel_open_garbage(const server *update, IDispatch *object, storm_dice *dice) {
    hp_channel channel;
    hp_channel_handles handles;
    assert_int_equal(hp_channel_make(update->process, NULL, &channel, &handles), S_OK);
    if (storm_once_in(dice, 4))
        memset(channel.area, (int)storm_roll(dice, 256), storm_roll(dice, 64));
    ask(object, any_handle(dice, handles.section), any_but_others_events(dice, handles.app_event),
        HandleToLong(handles.update_event));
    CloseHandle(handles.section);
    hp_channel_close(&channel);
}

static void publish(hp_channel *channel) {
    InterlockedExchange(&channel->own->filled, (LONG)++channel->sent);
    if (channel->peer->sleeps != 0)
        SetEvent(channel->wake);
}

HRESULT storm_channel_post(hp_channel *channel, const hp_channel_head *head, const unsigned char *bytes,
                           uint32_t size) {
    const uint32_t most = head->bytes <= HP_CHANNEL_SHORT ? HP_CHANNEL_SHORT : HP_CHANNEL_PIECE;
    const uint32_t base = channel->sent;
    uint32_t done = size < most ? size : most;
    memcpy(channel->own->head, head, sizeof *head);
    memcpy(hp_channel_first(channel->area, channel->own, head->bytes), bytes, done);
    for (uint32_t piece = 1; done < size; piece++) {
        publish(channel);
        HRESULT hr = piece < HP_CHANNEL_PIECES ? S_OK
                                               : hp_wait_until(&channel->wait, &channel->peer->drained,
                                                               base + piece - HP_CHANNEL_PIECES + 1,
                                                               GetTickCount64() + PATIENCE_MS);
        if (FAILED(hr))
            return hr;
        const uint32_t part = size - done < HP_CHANNEL_PIECE ? size - done : HP_CHANNEL_PIECE;
        memcpy(channel->area->piece[piece % HP_CHANNEL_PIECES], bytes + done, part);
        done += part;
    }
    publish(channel);
    return S_OK;
}

void storm_channel_scribble(hp_channel *channel, storm_dice *dice) {
    hp_channel_area *area = channel->area;
    uint32_t *words = (uint32_t *)(void *)area;
    uint32_t *head = (uint32_t *)(void *)area->app.head;
    for (uint32_t times = 1 + storm_roll(dice, 2000); times > 0; times--) {
        words[storm_roll(dice, storm_once_in(dice, 2) ? 16384 : HP_CHANNEL_BYTES / 4)] =
            (uint32_t)storm_bits(dice);
        head[0] = storm_roll(dice, storm_once_in(dice, 2) ? 100 : 2 * HP_CHANNEL_BYTES);
        head[1] = storm_roll(dice, 12);
        head[3] = 0;
        const uint32_t filled = channel->sent + storm_roll(dice, 8);
        area->app.filled = (LONG)filled;
        if (storm_once_in(dice, 20))
            SetEvent(channel->wake);
    }
}

int storm_channel_threads(DWORD pid) {
    int count = 0;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    assert_true(all != INVALID_HANDLE_VALUE);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry))
        count += entry.th32OwnerProcessID == pid;
    CloseHandle(all);
    return count;
}
