#include "client/goodbye.h"

#include <stdlib.h>

#include "client/task.h"
#include "client/transport.h"
#include "idl/fault.h"
#include "idl/log.h"

/* It may be said twice. So a call that failed is made again, however far it went: not everybody who seems
 * gone on a connection that RPC has kept is. Who has ended is not called: RPC loses handles over it. */
void hp_goodbye_say(IDispatch *update, HANDLE process) {
    enum { TRIES = 4 };
    HRESULT hr = HP_E_UPDATE_GONE;
    for (int i = 0; i < TRIES && hr == HP_E_UPDATE_GONE; i++) {
        if (process != NULL && WaitForSingleObject(process, 0) == WAIT_OBJECT_0)
            hr = S_FALSE;
        else
            hr = hp_transport_disconnect(update, process);
    }
    if (FAILED(hr))
        hp_log_write(HP_LOG_DEBUG, "goodbye did not reach the update (0x%08lX)", (unsigned long)hr);
    IDispatch_Release(update);
}

typedef struct goodbye {
    hp_task task;
    IDispatch *update;
    HANDLE process;
} goodbye;

static void run_task(hp_task *task) {
    goodbye *it = (goodbye *)(void *)task;
    hp_goodbye_say(it->update, it->process);
}

static void dispose_task(hp_task *task) {
    goodbye *it = (goodbye *)(void *)task;
    if (it->process != NULL)
        CloseHandle(it->process);
    free(it);
}

HRESULT hp_goodbye_within(IDispatch *update, HANDLE process, const hp_apartment *apartment,
                          uint32_t timeout_ms) {
    goodbye *it = HP_FAULT("memory for a goodbye") ? NULL : calloc(1, sizeof *it);
    if (it == NULL)
        return E_OUTOFMEMORY;
    hp_task_open(&it->task, run_task, dispose_task);
    it->update = update;
    if (process != NULL && !DuplicateHandle(GetCurrentProcess(), process, GetCurrentProcess(), &it->process,
                                            SYNCHRONIZE, FALSE, 0))
        it->process = NULL;
    HRESULT hr = hp_task_run(&it->task, apartment, timeout_ms);
    hp_task_release(&it->task);
    return hr;
}
