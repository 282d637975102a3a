#include "client/commit.h"

#include <stdlib.h>

#include "client/policy.h"
#include "idl/fault.h"

static HRESULT make_bindings(const hp_plan *plan, const hp_attach_options *options, hp_session *session) {
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
        binding->number = (uint32_t)i;
        binding->marshal = item->marshal;
        binding->policy = hp_policy_choose(options, item->offer->name);
        binding->name = HP_FAULT("memory for a function's name") ? NULL : SysAllocString(wide);
        if (binding->name == NULL)
            return E_OUTOFMEMORY;
        session->count++;
    }
    return S_OK;
}

/* Items without a target get one; all get connected with their bindings, which stand in the same order. */
static HRESULT make_targets(hp_plan *plan, hp_session *session, hp_target_batch *batch, hp_trouble *trouble) {
    unsigned char **entries = HP_FAULT("memory for new targets") ? NULL : calloc(plan->good, sizeof *entries);
    if (entries == NULL)
        return E_OUTOFMEMORY;
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (SUCCEEDED(plan->items[i].result) && plan->items[i].target == NULL)
            entries[count++] = plan->items[i].entry;
    HRESULT hr = count == 0 ? S_OK : hp_target_make(entries, count, batch, trouble);
    free(entries);
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

static void add_target(hp_commit *commit, hp_target *target) {
    hp_change *change = &commit->change;
    commit->laid[change->add_count] = target;
    /* Calls are counted by the session. */
    change->adds[change->add_count++] = (hp_change_add){.image = &commit->image,
                                                        .entry = target->entry,
                                                        .replacement = target->thunk,
                                                        .stack_words = HP_TALLY_UNCOUNTED,
                                                        .given = target->cell};
}

static HRESULT collect_changes(hp_commit *commit) {
    hp_session *session = commit->session, *current = commit->current;
    const size_t old = current != NULL ? current->count : 0;
    hp_change *change = &commit->change;
    if (HP_FAULT("memory for the list of changes"))
        return E_OUTOFMEMORY;
    change->adds = calloc(session->count + 1, sizeof *change->adds);
    change->removes = calloc(old + 1, sizeof *change->removes);
    commit->laid = calloc(session->count + 1, sizeof(hp_target *));
    if (change->adds == NULL || change->removes == NULL || commit->laid == NULL)
        return E_OUTOFMEMORY;
    for (size_t i = 0; i < session->count; i++) {
        hp_target *target = session->bindings[i].target;
        target->wanted = 1;
        if (!hp_target_is_laid(target))
            add_target(commit, target);
    }
    for (size_t i = 0; i < old; i++) {
        const hp_target *target = current->bindings[i].target;
        if (!target->wanted && hp_target_is_laid(target))
            change->removes[change->remove_count++].cell = target->cell;
    }
    for (size_t i = 0; i < session->count; i++)
        session->bindings[i].target->wanted = 0;
    return S_OK;
}

static void free_lists(hp_commit *commit) {
    free(commit->change.adds);
    free(commit->change.removes);
    free(commit->laid);
    *commit = (hp_commit){0};
}

static void name_target(const hp_session *session, const hp_target *target, hp_trouble *trouble) {
    for (size_t i = 0; i < session->count && trouble != NULL; i++)
        if (session->bindings[i].target == target) {
            hp_trouble found = *trouble;
            hp_trouble_set_wide(trouble, found.result, session->bindings[i].name, "%s", found.detail);
        }
}

HRESULT hp_commit_prepare(hp_plan *plan, const hp_functable *table, const hp_attach_options *options,
                          hp_session *session, hp_session *current, hp_commit *commit, hp_trouble *trouble) {
    *commit = (hp_commit){
        .session = session, .current = current, .image = {.base = table->base, .size = table->image_size}};
    HRESULT hr = make_bindings(plan, options, session);
    if (SUCCEEDED(hr))
        hr = make_targets(plan, session, &commit->batch, trouble);
    if (SUCCEEDED(hr))
        hr = collect_changes(commit);
    if (SUCCEEDED(hr))
        hr = hp_change_prepare(&commit->change, trouble);
    if (FAILED(hr)) {
        if (commit->laid != NULL && commit->change.failed < commit->change.add_count)
            name_target(session, commit->laid[commit->change.failed], trouble);
        hp_target_discard(&commit->batch);
        free_lists(commit);
        return hp_trouble_set(trouble, hr, NULL, NULL);
    }
    for (size_t i = 0; i < commit->change.add_count; i++) {
        commit->laid[i]->cell = commit->change.adds[i].cell;
        commit->laid[i]->context.original = commit->change.adds[i].original;
    }
    return S_OK;
}

void hp_commit_apply(hp_commit *commit) {
    /* Who answers is settled before the first call can come. */
    for (size_t i = 0; i < commit->session->count; i++)
        hp_target_bind(commit->session->bindings[i].target, &commit->session->bindings[i]);
    hp_change_apply(&commit->change);
    for (size_t i = 0; commit->current != NULL && i < commit->current->count; i++) {
        hp_target *target = commit->current->bindings[i].target;
        if (hp_session_owns(commit->current, target))
            hp_target_bind(target, NULL);
    }
    hp_target_keep(&commit->batch);
    free_lists(commit);
}
