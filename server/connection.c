#include "server/connection.h"

#include <objbase.h>

#include "idl/fault.h"
#include "idl/log.h"
#include "server/lifetime.h"
#include "server/object.h"

// A release follows the farewell at once, if it arrives at all.
enum { FAREWELL_MS = 1000 };

// Runs on a thread of the pool. Either the object can still be referenced, or its destruction waits in
// hp_connection_close until this has returned or has let go of the pool's bookkeeping:
// the memory is there until then.
static void drop_references(PTP_CALLBACK_INSTANCE instance, hp_object *object, int ended) {
    int alive = hp_object_try_addref(object);
    // The last reference may go below, on this thread, and its destruction must not wait for this very
    // callback.
    DisassociateCurrentThreadFromCallback(instance);
    if (!alive)
        return;
    hp_log_write(HP_LOG_INFO, "a client %s without letting go: its references are dropped",
                 ended ? "process ended" : "said goodbye");
    HRESULT apartment = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    HRESULT hr = CoDisconnectObject((IUnknown *)&object->dispatch, 0);
    if (FAILED(hr)) {
        hp_trouble trouble = {0};
        hp_trouble_set(&trouble, hr, NULL, "CoDisconnectObject failed");
        hp_log_trouble(HP_LOG_ERROR, &trouble);
    }
    if (!ended) // calls of its own may still be inside: its end counts, too
        SetThreadpoolWait(object->connection.wait, object->connection.process, NULL);
    else if (!InterlockedExchange(&object->connection.orphaned, 1))
        hp_lifetime_orphan();
    // Still inside COM: this may be the last reference, which takes COM's count of the server along.
    IDispatch_Release(&object->dispatch);
    if (SUCCEEDED(apartment))
        CoUninitialize();
}

static void CALLBACK client_ended(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WAIT wait,
                                  TP_WAIT_RESULT result) {
    (void)wait;
    drop_references(instance, context, result != WAIT_TIMEOUT);
}

// With the right to take handles from it, if we may: channels need it, everything else does not.
static HANDLE open_client(DWORD process_id) {
    if (HP_FAULT("the client's process"))
        return NULL;
    HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_DUP_HANDLE, FALSE, process_id);
    if (!process)
        process = OpenProcess(SYNCHRONIZE, FALSE, process_id);
    return process;
}

HRESULT hp_connection_open(hp_object *object, DWORD process_id, hp_trouble *trouble) {
    hp_connection *connection = &object->connection;
    HRESULT hr;
    if (InterlockedExchange(&connection->taken, 1))
        return hp_trouble_set(trouble, HRESULT_FROM_WIN32(ERROR_ALREADY_INITIALIZED), "Connect",
                              "this object has a client already; create one object per client");
    HANDLE process = open_client(process_id);
    if (!process) {
        hr = HRESULT_FROM_WIN32(GetLastError());
        hp_trouble_set(trouble, hr, "Connect", "process %lu cannot be opened", (unsigned long)process_id);
        goto fail;
    }
    PTP_WAIT wait = HP_FAULT("wait for the client") ? NULL : CreateThreadpoolWait(client_ended, object, NULL);
    if (!wait) {
        hr = hp_trouble_set_last_error(trouble, "Connect", "CreateThreadpoolWait");
        goto fail_process;
    }
    connection->process = process;
    connection->wait = wait;
    SetThreadpoolWait(wait, process, NULL);
    return S_OK;

fail_process:
    CloseHandle(process);
fail:
    InterlockedExchange(&connection->taken, 0);
    return hr;
}

HRESULT hp_connection_end(hp_object *object, hp_trouble *trouble) {
    hp_connection *connection = &object->connection;
    if (!connection->wait)
        return hp_trouble_set(trouble, HRESULT_FROM_WIN32(ERROR_NOT_CONNECTED), "Disconnect",
                              "this object has no client: Connect comes first");
    // In units of 100 ns, negative: from now on.
    ULARGE_INTEGER due = {.QuadPart = (ULONGLONG)(FAREWELL_MS * -10000LL)};
    FILETIME time = {.dwLowDateTime = due.LowPart, .dwHighDateTime = due.HighPart};
    SetThreadpoolWait(connection->wait, connection->process, &time);
    return S_OK;
}

void hp_connection_close(hp_connection *connection) {
    if (!connection->wait)
        return;
    SetThreadpoolWait(connection->wait, NULL, NULL);
    WaitForThreadpoolWaitCallbacks(connection->wait, TRUE);
    CloseThreadpoolWait(connection->wait);
    CloseHandle(connection->process);
    if (connection->orphaned)
        hp_lifetime_mourn();
}
