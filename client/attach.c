#include "client/attach.h"

#include <stdlib.h>
#include <string.h>

#include "client/approach.h"
#include "client/commit.h"
#include "client/dispatch.h"
#include "client/errand.h"
#include "client/goodbye.h"
#include "client/health.h"
#include "client/policy.h"
#include "client/report.h"
#include "client/route.h"
#include "client/start.h"
#include "idl/fault.h"
#include "idl/log.h"

/* Run a job that sets it->result. */
static HRESULT run(hp_attach *it, hp_apartment_job *job) {
    /* The second job moves the apartment into the session while it runs: run it by a copy. */
    hp_apartment apartment = it->apartment;
    HRESULT hr = hp_apartment_run(&apartment, job, it);
    if (FAILED(hr)) /* else the job has set it */
        it->result =
            hp_trouble_set(&it->trouble, hr, NULL, "the multithreaded apartment could not be entered");
    return it->result;
}

HRESULT hp_attach_reach(hp_attach *it, hp_session *current) {
    it->result = hp_class_lookup(it->progid, &it->found, &it->trouble);
    if (FAILED(it->result))
        return it->result;
    if (current != NULL && hp_session_serves(current, &it->found) &&
        current->module == hp_approach_module(it)) {
        it->offer.pid = current->pid;
        it->redirected = current->count;
        it->transport = current->pool.is_open ? HP_TRANSPORT_SHARED : HP_TRANSPORT_COM;
        return it->result = S_FALSE;
    }
    it->result = hp_apartment_hold(&it->apartment);
    if (FAILED(it->result))
        return hp_trouble_set(&it->trouble, it->result, NULL,
                              "the multithreaded apartment could not be held");
    return hp_approach_run(it);
}

static HRESULT make_plan(hp_attach *it, const hp_session *current) {
    HRESULT hr = hp_plan_make(&it->offer, &it->table, current, &it->plan, &it->trouble);
    if (FAILED(hr))
        return hr;
    hp_plan_hold_policies(&it->plan, it->options);
    int partial = (it->options->flags & HP_ATTACH_PARTIAL) != 0;
    if (it->plan.good < it->plan.count && (!partial || it->plan.good == 0))
        return hp_plan_verdict(&it->plan, &it->trouble);
    return it->plan.good < it->plan.count ? HP_S_PARTIAL : S_OK;
}

static HRESULT make_session(hp_attach *it) {
    it->session = hp_session_make(it->progid, &it->apartment);
    if (it->session == NULL)
        return hp_trouble_set(&it->trouble, E_OUTOFMEMORY, NULL, NULL);
    hp_session *session = it->session;
    session->transport = it->channel != NULL ? hp_route_run : hp_errand_run;
    hp_health_prepare(session, &it->options->breaker);
    session->clsid = it->found.clsid;
    session->update = it->update;
    it->update = NULL;
    /* What the update says of itself is not needed where we made the process. */
    if (it->started.process != NULL)
        it->offer.pid = GetProcessId(it->started.process);
    session->pid = it->offer.pid;
    session->process = it->started.process != NULL ? it->started.process : it->process;
    session->let_go = it->started.let_go;
    it->started = (hp_started){0};
    it->process = NULL;
    if (it->channel != NULL) {
        HRESULT hr = hp_pool_open(session, it->channel);
        if (FAILED(hr))
            return hp_trouble_set(&it->trouble, hr, NULL, "the session's channel");
        it->channel = NULL;
    }
    session->exe = HP_FAULT("memory for a path") ? NULL : _wcsdup(it->found.exe);
    if (session->exe == NULL)
        return hp_trouble_set(&it->trouble, E_OUTOFMEMORY, NULL, NULL);
    /* Its code must not be unloaded while calls are redirected from there. */
    if (HP_FAULT("reference to the module") ||
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                            (const wchar_t *)(const void *)hp_approach_module(it), &session->module))
        return hp_trouble_set_last_error(&it->trouble, NULL, "GetModuleHandleEx");
    return S_OK;
}

/* The job of hp_attach_commit. */
static void commit(void *context) {
    hp_attach *it = context;
    hp_commit change;
    uintptr_t before = hp_dispatch_enter();
    HRESULT hr = make_plan(it, it->current);
    HRESULT done = SUCCEEDED(hr) ? make_session(it) : hr;
    if (SUCCEEDED(done))
        done = hp_commit_prepare(&it->plan, &it->table, it->options, it->session, it->current, &change,
                                 &it->trouble);
    if (SUCCEEDED(done))
        hp_commit_apply(&change);
    it->result = FAILED(done) ? done : hr;
    hp_dispatch_leave(before);
}

HRESULT hp_attach_commit(hp_attach *it, hp_session *current) {
    if (current != NULL && current->module != hp_approach_module(it))
        return it->result = hp_trouble_set(&it->trouble, E_INVALIDARG, NULL,
                                           "this ProgID is attached to another module: detach first");
    if (current != NULL && hp_session_serves(current, &it->found)) {
        it->redirected = current->count; /* another thread was faster */
        it->transport = current->pool.is_open ? HP_TRANSPORT_SHARED : HP_TRANSPORT_COM;
        return it->result = S_FALSE;
    }
    it->current = current;
    run(it, commit);
    if (it->session != NULL)
        hp_session_observe(it->session);
    if (FAILED(it->result)) { /* let go of without the lock: the update may hang */
        it->given_up = it->session;
        it->session = NULL;
    }
    if (it->session != NULL)
        it->redirected = it->session->count;
    return it->result;
}

/* What was made for nothing. The update has ended afterwards, if it was started here. */
static void give_up_session(hp_attach *it) {
    hp_session *session = it->given_up;
    HANDLE here = GetCurrentProcess();
    if (session->let_go != NULL &&
        (!DuplicateHandle(here, session->process, here, &it->started.process, 0, FALSE,
                          DUPLICATE_SAME_ACCESS) ||
         !DuplicateHandle(here, session->let_go, here, &it->started.let_go, 0, FALSE, DUPLICATE_SAME_ACCESS)))
        hp_session_end_update(session);
    hp_session_release(session);
    hp_session_unobserve(session);
}

/* The update is not wanted. One that does not listen is ended, if it was started here. */
static void let_go_of_update(hp_attach *it) {
    enum { PATIENCE_MS = 2000 };
    hp_pool_free(it->channel); /* first: it keeps the update's object */
    if (it->update != NULL) {
        HRESULT hr = hp_goodbye_within(it->update, it->started.process, &it->apartment, PATIENCE_MS);
        if (hr == HP_E_DEADLINE && it->started.process != NULL)
            TerminateProcess(it->started.process, 1);
        if (FAILED(hr))
            hp_log_write(HP_LOG_WARNING,
                         "the proxy of an update that is not wanted could not be released: %s",
                         hp_error_what(hr));
    }
    if (it->started.process != NULL)
        hp_start_end(&it->started);
    if (it->process != NULL)
        CloseHandle(it->process);
}

static void log_failure(hp_attach *it) {
    if (it->trouble.thing[0] == '\0') {
        hp_trouble named = {0};
        hp_trouble_set_wide(&named, it->result, it->progid, "%s", it->trouble.detail);
        it->trouble = named;
    }
    hp_log_trouble(HP_LOG_ERROR, &it->trouble);
}

/* It may be a slip of the pen, or the update of another day. */
static void name_unused_policies(const hp_attach *it) {
    for (uint32_t i = 0; i < it->options->function_count; i++) {
        const char *given = it->options->functions[i].function;
        size_t at = 0;
        while (at < it->plan.count && !hp_policy_means(given, it->plan.items[at].offer->name))
            at++;
        if (at == it->plan.count)
            hp_log_write(HP_LOG_WARNING, "%s has a policy, but the update does not offer it", given);
    }
}

HRESULT hp_attach_end(hp_attach *it, hp_report **report) {
    if (FAILED(it->result))
        log_failure(it);
    if (it->session != NULL)
        hp_log_write(HP_LOG_INFO, "%ls: %lu functions now run in process %lu, called %s", it->progid,
                     (unsigned long)it->redirected, (unsigned long)it->offer.pid,
                     it->transport == HP_TRANSPORT_SHARED ? "through shared memory" : "over COM");
    if (it->session != NULL)
        name_unused_policies(it);
    if (report != NULL)
        *report =
            hp_report_make(it->result, &it->trouble, &it->plan, it->redirected, it->found.exe, it->offer.pid);
    if (report != NULL)
        hp_report_note_transport(report, it->transport, it->transport_detail);
    if (it->session != NULL)
        hp_session_unobserve(it->session);
    if (it->given_up != NULL)
        give_up_session(it);
    let_go_of_update(it);
    hp_plan_free(&it->plan);
    hp_functable_close(&it->table);
    hp_offer_free(&it->offer);
    hp_class_free(&it->found);
    hp_apartment_release(&it->apartment);
    return it->result;
}

static HRESULT note_foreign(const hp_session *session, const hp_cell *cell, hp_trouble *trouble) {
    hp_trouble found = {0};
    HRESULT hr = hp_change_note_foreign(cell->plant.entry, &found);
    for (size_t i = 0; i < session->count; i++)
        if (session->bindings[i].target->cell == cell)
            hp_trouble_set_wide(trouble, hr, session->bindings[i].name, "left as it is: %s", found.detail);
    return hr;
}

HRESULT hp_attach_revert(hp_session *session, hp_trouble *trouble) {
    hp_change change = {0};
    HRESULT hr = S_OK;
    change.removes = HP_FAULT("memory for the list of reverts")
                         ? NULL
                         : calloc(session->count + 1, sizeof *change.removes);
    if (change.removes == NULL)
        hr = hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    for (size_t i = 0; i < session->count && change.removes != NULL; i++) {
        const hp_target *target = session->bindings[i].target;
        if (hp_session_owns(session, target) && hp_target_is_laid(target))
            change.removes[change.remove_count++].cell = target->cell;
    }
    if (SUCCEEDED(hr))
        hr = hp_change_make(&change, trouble);
    if (FAILED(hr))
        session->module = NULL; /* still patched: it must stay loaded for good */
    for (size_t i = 0; i < change.remove_count && SUCCEEDED(hr); i++)
        if (FAILED(change.removes[i].result)) {
            hr = note_foreign(session, change.removes[i].cell, trouble);
            break;
        }
    /* Jumps that could not be removed lead to thunks that run the original from now on. */
    for (size_t i = 0; i < session->count; i++)
        if (hp_session_owns(session, session->bindings[i].target))
            hp_target_bind(session->bindings[i].target, NULL);
    free(change.removes);
    return hr;
}
