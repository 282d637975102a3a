#include "client/commit.h"

#include <stdlib.h>

#include "idl/fault.h"

static HRESULT make_bindings(const hp_plan *plan, hp_session *session) {
    session->bindings =
        HP_FAULT("memory for bindings") ? NULL : calloc(plan->good, sizeof *session->bindings);
    if (session->bindings == NULL)
        return E_OUTOFMEMORY;
    for (size_t i = 0; i < plan->count; i++) {
        const hp_plan_item *item = &plan->items[i];
        if (FAILED(item->result))
            continue;
        hp_binding *binding = &session->bindings[session->count];
        wchar_t wide[256];
        MultiByteToWideChar(CP_UTF8, 0, item->offer->name, -1, wide, 256);
        binding->session = session;
        binding->marshal = item->marshal;
        binding->name = HP_FAULT("memory for a function's name") ? NULL : SysAllocString(wide);
        if (binding->name == NULL)
            return E_OUTOFMEMORY;
        session->count++;
    }
    return S_OK;
}

/* Items without a target get one; all get connected with their bindings, which stand in the same order. */
static HRESULT make_targets(hp_plan *plan, const hp_functable *table, hp_session *session,
                            hp_target_batch *batch, hp_trouble *trouble) {
    hp_plant *plants = HP_FAULT("memory for new targets") ? NULL : calloc(plan->good, sizeof *plants);
    if (plants == NULL)
        return E_OUTOFMEMORY;
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (SUCCEEDED(plan->items[i].result) && plan->items[i].target == NULL)
            plants[count++] = plan->items[i].plant;
    HRESULT hr =
        count == 0 ? S_OK : hp_target_make(table->base, table->image_size, plants, count, batch, trouble);
    free(plants);
    if (FAILED(hr))
        return hr;
    size_t fresh = 0, bound = 0;
    for (size_t i = 0; i < plan->count; i++) {
        hp_plan_item *item = &plan->items[i];
        if (FAILED(item->result))
            continue;
        if (item->target == NULL)
            item->target = &batch->fresh[fresh++];
        session->bindings[bound++].target = item->target;
    }
    return S_OK;
}

static int is_target_of(const hp_session *session, const hp_target *target) {
    for (size_t i = 0; i < session->count; i++)
        if (session->bindings[i].target == target)
            return 1;
    return 0;
}

static HRESULT collect_plants(hp_commit *commit) {
    size_t room = commit->session->count + (commit->current != NULL ? commit->current->count : 0);
    commit->plants = HP_FAULT("memory for the list of changes") ? NULL : calloc(room, sizeof(hp_plant *));
    if (commit->plants == NULL)
        return E_OUTOFMEMORY;
    for (size_t i = 0; i < commit->session->count; i++)
        if (!commit->session->bindings[i].target->plant.planted)
            commit->plants[commit->plant_count++] = &commit->session->bindings[i].target->plant;
    for (size_t i = 0; commit->current != NULL && i < commit->current->count; i++) {
        hp_target *target = commit->current->bindings[i].target;
        if (!is_target_of(commit->session, target) && hp_plant_intact(&target->plant))
            commit->plants[commit->plant_count + commit->revert_count++] = &target->plant;
    }
    return S_OK;
}

static void abandon(hp_commit *commit) {
    hp_target_discard(&commit->batch);
    free(commit->plants);
    *commit = (hp_commit){0};
}

HRESULT hp_commit_prepare(hp_plan *plan, const hp_functable *table, hp_session *session, hp_session *current,
                          hp_commit *commit, hp_trouble *trouble) {
    *commit = (hp_commit){.session = session, .current = current};
    HRESULT hr = make_bindings(plan, session);
    if (SUCCEEDED(hr))
        hr = make_targets(plan, table, session, &commit->batch, trouble);
    if (SUCCEEDED(hr))
        hr = collect_plants(commit);
    if (SUCCEEDED(hr))
        hr = hp_plant_open(commit->plants, commit->plant_count + commit->revert_count, &commit->window,
                           trouble);
    if (FAILED(hr)) {
        abandon(commit);
        hp_trouble_set(trouble, hr, NULL, NULL);
    }
    return hr;
}

void hp_commit_apply(hp_commit *commit) {
    /* Who answers is settled before the first call can come. */
    for (size_t i = 0; i < commit->session->count; i++)
        hp_target_bind(commit->session->bindings[i].target, &commit->session->bindings[i]);
    for (size_t i = 0; i < commit->plant_count; i++)
        hp_plant_commit(commit->plants[i]);
    for (size_t i = 0; i < commit->revert_count; i++)
        hp_plant_revert(commit->plants[commit->plant_count + i]);
    for (size_t i = 0; commit->current != NULL && i < commit->current->count; i++) {
        hp_target *target = commit->current->bindings[i].target;
        if (hp_session_owns(commit->current, target))
            hp_target_bind(target, NULL);
    }
    hp_plant_close(&commit->window);
    hp_target_keep(&commit->batch);
    free(commit->plants);
    *commit = (hp_commit){0};
}
