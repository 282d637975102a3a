#include "client/approach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/activate.h"
#include "client/dispatch.h"
#include "client/goodbye.h"
#include "client/route.h"
#include "client/task.h"
#include "idl/fault.h"
#include "idl/log.h"

HMODULE hp_approach_module(const hp_attach *it) {
    return it->options->module != NULL ? it->options->module : GetModuleHandleW(NULL);
}

/* How its calls will travel. The update has this process as its client by now. */
static HRESULT choose_transport(hp_attach *it) {
    const hp_transport_kind wanted = hp_route_choose(it->options->transport);
    hp_trouble why = {0};
    if (it->started.process == NULL)
        it->process = OpenProcess(SYNCHRONIZE, FALSE, it->offer.pid);
    it->transport = HP_TRANSPORT_COM;
    if (wanted == HP_TRANSPORT_COM)
        return S_OK;
    HRESULT hr = hp_pool_make(it->update, it->started.process != NULL ? it->started.process : it->process,
                              &it->channel, &why);
    if (SUCCEEDED(hr)) {
        it->transport = HP_TRANSPORT_SHARED;
        return S_OK;
    }
    snprintf(it->transport_detail, sizeof it->transport_detail, "%s (0x%08lX)%s%s", hp_error_what(hr),
             (unsigned long)hr, why.detail[0] != '\0' ? ": " : "", why.detail);
    if (wanted == HP_TRANSPORT_SHARED)
        return hp_trouble_set(&it->trouble, hr, NULL, "shared memory was asked for: %s", why.detail);
    if (hr == HP_E_UPDATE_GONE)
        return hp_trouble_set(&it->trouble, hr, NULL, "while it was asked for a channel");
    hp_log_write(HP_LOG_INFO, "%ls: calls go over COM, not through shared memory: %s", it->found.progid,
                 it->transport_detail);
    return S_OK;
}

static void approach(hp_attach *it, hp_leash *leash) {
    HRESULT hr = hp_functable_open(hp_approach_module(it), &it->table, &it->trouble);
    const hp_start_limits limits = {.cancel = it->cancel, .leash = leash};
    if (SUCCEEDED(hr))
        hr = hp_activate_update(&it->found, it->options, &limits, &it->update, &it->started, &it->trouble);
    if (SUCCEEDED(hr))
        hr = hp_offer_ask(it->update, &it->table, &it->offer, &it->trouble);
    if (SUCCEEDED(hr))
        hr = choose_transport(it);
    it->result = hr;
}

static void approach_here(void *context) {
    uintptr_t before = hp_dispatch_enter();
    approach(context, NULL);
    hp_dispatch_leave(before);
}

/* An attach of its own, that needs nothing of the one it is made for. */
typedef struct errand {
    hp_task task;
    hp_attach attach;
    hp_attach_options options;
    uint8_t sha256[32], signer[32];
    HMODULE module;
    hp_leash leash;
} errand;

static void run_task(hp_task *task) {
    errand *it = (errand *)(void *)task;
    approach(&it->attach, &it->leash);
}

/* Nobody wants it any more. */
static void drop_update(hp_task *task) {
    errand *it = (errand *)(void *)task;
    hp_pool_free(it->attach.channel);
    it->attach.channel = NULL;
    if (it->attach.update != NULL)
        hp_goodbye_say(it->attach.update, it->attach.started.process);
}

/* What is left in it, the other one has not taken. */
static void dispose_task(hp_task *task) {
    errand *it = (errand *)(void *)task;
    hp_leash_untie(&it->leash);
    hp_pool_free(it->attach.channel);
    if (it->attach.process != NULL)
        CloseHandle(it->attach.process);
    if (it->attach.started.process != NULL)
        hp_start_end(&it->attach.started);
    hp_functable_close(&it->attach.table);
    hp_offer_free(&it->attach.offer);
    hp_class_free(&it->attach.found);
    if (it->attach.cancel != NULL)
        CloseHandle(it->attach.cancel);
    if (it->module != NULL)
        FreeLibrary(it->module);
    free(it);
}

static const uint8_t *copy_hash(uint8_t room[32], const uint8_t *hash) {
    return hash != NULL ? memcpy(room, hash, 32) : NULL;
}

static HRESULT make(const hp_attach *from, errand **made) {
    errand *it = HP_FAULT("memory for an attach") ? NULL : calloc(1, sizeof *it);
    *made = it;
    if (it == NULL)
        return E_OUTOFMEMORY;
    hp_task_open(&it->task, run_task, dispose_task);
    it->task.late = drop_update;
    it->options = *from->options;
    it->options.sha256 = copy_hash(it->sha256, from->options->sha256);
    it->options.signer = copy_hash(it->signer, from->options->signer);
    it->attach.options = &it->options;
    HANDLE here = GetCurrentProcess();
    if (from->cancel != NULL) {
        it->task.event = HP_FAULT("event of an attach") ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL);
        if (it->task.event == NULL || HP_FAULT("handle of the cancel event") ||
            !DuplicateHandle(here, from->cancel, here, &it->attach.cancel, SYNCHRONIZE, FALSE, 0))
            return E_OUTOFMEMORY;
    }
    if (HP_FAULT("reference to the module of an attach") ||
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                            (const wchar_t *)(const void *)hp_approach_module(from), &it->module))
        return HRESULT_FROM_WIN32(GetLastError());
    return S_OK;
}

/* What the other thread found, in whatever state, is ours. */
static void take_over(hp_attach *it, hp_attach *found) {
    it->found = found->found;
    it->update = found->update;
    it->started = found->started;
    it->process = found->process;
    it->channel = found->channel;
    it->transport = found->transport;
    memcpy(it->transport_detail, found->transport_detail, sizeof it->transport_detail);
    it->table = found->table;
    it->offer = found->offer;
    it->trouble = found->trouble;
    it->result = found->result;
    *found = (hp_attach){.options = found->options, .cancel = found->cancel};
}

static HRESULT approach_until(hp_attach *it, errand *other) {
    enum { GRACE_MS = 3000 };
    const uint32_t limit = it->options->deadline_ms;
    other->attach.found = it->found;
    it->found = (hp_class_found){0};
    HRESULT hr = hp_task_start(&other->task, &it->apartment);
    if (FAILED(hr))
        return hp_trouble_set(&it->trouble, hr, NULL, "no thread to reach the update with");
    hr = hp_task_wait(&other->task, limit != 0 ? limit : INFINITE, it->cancel);
    if (FAILED(hr)) {
        hp_leash_cut(&other->leash);
        hp_task_wait(&other->task, GRACE_MS, NULL);
    }
    if (SUCCEEDED(hp_task_abandon(&other->task)))
        take_over(it, &other->attach);
    if (hr == HP_E_DEADLINE) {
        it->trouble = (hp_trouble){0};
        hp_trouble_set_wide(&it->trouble, hr, it->progid, "the attach may take %lu ms", (unsigned long)limit);
    }
    return FAILED(hr) ? hr : it->result;
}

HRESULT hp_approach_run(hp_attach *it) {
    if (it->options->deadline_ms == 0 && it->cancel == NULL) {
        HRESULT hr = hp_apartment_run(&it->apartment, approach_here, it);
        if (FAILED(hr))
            it->result = hp_trouble_set(&it->trouble, hr, NULL, "no thread to reach the update with");
        return it->result;
    }
    errand *other;
    it->result = make(it, &other);
    if (SUCCEEDED(it->result))
        it->result = approach_until(it, other);
    else
        hp_trouble_set(&it->trouble, it->result, NULL, "the attach could not be prepared");
    if (other != NULL)
        hp_task_release(&other->task);
    return it->result;
}
