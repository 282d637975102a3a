#include "client/answer.h"

#include "client/dispatch.h"
#include "client/exiting.h"
#include "client/health.h"
#include "client/policy.h"
#include "client/remark.h"
#include "idl/log.h"
#include "idl/protocol.h"

/* One call with all its tries. */
typedef struct answer {
    hp_target *target;
    hp_registers *registers;
    ULONGLONG began; /* 0: there is no deadline */
    uint32_t tries;
    int exiting;          /* the process is: nobody is asked, and nothing is let go of */
    hp_crossing crossing; /* of the last try */
} answer;

/* The binding that this try will finish with, and a reference to its session; NULL: run the original. */
static hp_binding *take_binding(hp_target *target) {
    if (!hp_exiting_lock_shared(&target->lock))
        return NULL;
    hp_binding *binding = target->binding;
    if (binding != NULL)
        hp_session_hold(binding->session);
    ReleaseSRWLockShared(&target->lock);
    return binding;
}

/* What is left of the deadline, 0 without one. S_OK, or HP_E_DEADLINE if it has passed. */
static HRESULT look_at_clock(answer *it, const hp_policy *policy, uint32_t *left) {
    *left = 0;
    if (policy->deadline_ms == 0)
        return S_OK;
    ULONGLONG now = GetTickCount64();
    if (it->began == 0)
        it->began = now;
    if (now - it->began >= policy->deadline_ms)
        return HP_E_DEADLINE;
    *left = policy->deadline_ms - (uint32_t)(now - it->began);
    return S_OK;
}

static HRESULT cross(answer *it, const hp_binding *binding, uintptr_t *action) {
    hp_crossing *crossing = &it->crossing;
    crossing->channel = NULL;
    crossing->exiting = 0;
    HRESULT hr = hp_marshal_gather(&binding->marshal, it->registers, &crossing->call);
    if (FAILED(hr))
        return hr;
    V_VT(&crossing->hold) = VT_EMPTY;
    hr = binding->session->transport(binding, crossing);
    if (SUCCEEDED(hr)) {
        crossing->reach = HP_REACH_MAYBE;
        hr = hp_marshal_accept(&binding->marshal, it->registers, &crossing->call, &crossing->reply, action);
    }
    if (SUCCEEDED(hr) && crossing->channel == NULL)
        InterlockedIncrement64(&binding->session->counts.by_com);
    if (V_VT(&crossing->hold) != VT_EMPTY)
        VariantClear(&crossing->hold);
    if (crossing->channel == NULL)
        return hr;
    if (SUCCEEDED(hr))
        hp_pool_give(binding->session, crossing->channel);
    else
        hp_pool_drop(binding->session, crossing->channel); /* no answer of this call's */
    return hr;
}

/* The update's word, without what our own line will say. */
static void tidy_detail(answer *it, const hp_binding *binding, HRESULT result) {
    char name[HP_NAME_MAX + 1];
    if (it->crossing.detail[0] == '\0' ||
        WideCharToMultiByte(CP_UTF8, 0, binding->name, -1, name, sizeof name, NULL, NULL) == 0)
        return;
    hp_remark_tidy(result, name, it->crossing.detail);
}

static HRESULT try_once(answer *it, hp_binding *binding, uintptr_t *action) {
    it->crossing.reach = HP_REACH_NOT_RUN;
    it->crossing.detail[0] = '\0';
    if (binding->session->gone) {
        /* It may have been lost while it was being bound: then it was not bypassed. */
        if (hp_policy_is_plain(&binding->policy))
            hp_target_bypass(it->target, binding);
        return HP_E_UPDATE_GONE;
    }
    HRESULT hr = look_at_clock(it, &binding->policy, &it->crossing.deadline_ms);
    if (FAILED(hr))
        return hr;
    hp_circuit_ticket ticket = hp_health_admit(binding);
    if (ticket == HP_CIRCUIT_REFUSED)
        return HP_E_BREAKER_OPEN;
    if (it->tries++ > 0)
        InterlockedIncrement64(&binding->session->counts.retries);
    it->crossing.reach = HP_REACH_HERE;
    hr = cross(it, binding, action);
    /* Behind a failure stand locks and callbacks, whose owners may be gone. */
    it->exiting = it->crossing.exiting || (FAILED(hr) && hp_exiting_now());
    if (it->exiting)
        return hr;
    if (FAILED(hr))
        tidy_detail(it, binding, hr);
    hp_health_note(binding, ticket, hr, it->crossing.reach);
    return hr;
}

/* Another try may help, and does no harm. */
static int may_retry(const answer *it, const hp_binding *binding, HRESULT result) {
    const hp_policy *policy = &binding->policy;
    int harmless = it->crossing.reach != HP_REACH_MAYBE || (policy->flags & HP_POLICY_IDEMPOTENT) != 0;
    int hopeless = result == HP_E_BREAKER_OPEN || result == HP_E_DEADLINE;
    /* The update has died: only if another one has taken its place. */
    if (binding->session->gone && it->target->binding == binding)
        hopeless = 1;
    return harmless && !hopeless && it->tries <= policy->retries;
}

static hp_failure_action decide(const answer *it, const hp_binding *binding, HRESULT result,
                                hp_policy_value *value) {
    const hp_policy *policy = &binding->policy;
    hp_failure_action action = may_retry(it, binding, result) ? HP_FAILURE_RETRY : policy->action;
    *value = policy->value;
    if (policy->decide != NULL) {
        const hp_failure failure = {.size = sizeof failure,
                                    .result = result,
                                    .detail = it->crossing.detail,
                                    .progid = binding->session->progid,
                                    .function = binding->name,
                                    .tries = it->tries,
                                    .dispatched = it->crossing.reach == HP_REACH_MAYBE};
        hp_failure_action wanted = policy->decide(policy->context, &failure, value);
        action = wanted != HP_FAILURE_RETRY || action == HP_FAILURE_RETRY ? wanted : policy->action;
    }
    if (action == HP_FAILURE_VALUE && binding->marshal.signature.result.kind == HP_TYPE_STRUCT)
        action = HP_FAILURE_ORIGINAL; /* a callback's word; of a policy it was refused at attach */
    return action;
}

static const char *consequence(hp_failure_action action) {
    switch (action) {
    case HP_FAILURE_RETRY:
        return "the call is tried again";
    case HP_FAILURE_VALUE:
        return "the call returned the value of its policy";
    default:
        return "the call ran in the app's own code";
    }
}

static void complain(hp_binding *binding, HRESULT result, const char *detail, hp_failure_action action) {
    /* Said when it began; and these calls shall cost next to nothing. */
    if (result == HP_E_BREAKER_OPEN ||
        (result == HP_E_UPDATE_GONE && detail[0] == '\0' && binding->complained))
        return;
    hp_trouble trouble = {0};
    hp_trouble_set_wide(&trouble, result, binding->name, "%s%s%s", detail, detail[0] != '\0' ? "; " : "",
                        consequence(action));
    hp_log_trouble(InterlockedExchange(&binding->complained, 1) == 0 ? HP_LOG_WARNING : HP_LOG_DEBUG,
                   &trouble);
}

static uintptr_t settle(answer *it, const hp_binding *binding, hp_failure_action action,
                        const hp_policy_value *value) {
    uintptr_t result = HP_RETURN_ORIGINAL;
    InterlockedIncrement64(&binding->session->counts.failures);
    if (action == HP_FAILURE_VALUE)
        hp_marshal_settle(&binding->marshal, it->registers, value->bits, &result);
    return result;
}

uintptr_t hp_answer_call(hp_target *target, hp_registers *registers) {
    uintptr_t action = HP_RETURN_ORIGINAL;
    hp_failure_action todo = HP_FAILURE_RETRY;
    answer it;
    it.target = target;
    it.registers = registers;
    it.began = 0;
    it.tries = 0;
    it.exiting = 0;
    while (todo == HP_FAILURE_RETRY) {
        hp_binding *binding = take_binding(target);
        if (binding == NULL)
            return HP_RETURN_ORIGINAL;
        hp_policy_value value;
        HRESULT hr = try_once(&it, binding, &action);
        if (it.exiting)
            return HP_RETURN_ORIGINAL;
        todo = HP_FAILURE_ORIGINAL;
        if (FAILED(hr)) {
            hp_dispatch_note(binding->session);
            todo = decide(&it, binding, hr, &value);
            complain(binding, hr, it.crossing.detail, todo);
            hp_dispatch_note(NULL);
            if (todo != HP_FAILURE_RETRY)
                action = settle(&it, binding, todo, &value);
        }
        hp_session_release(binding->session);
    }
    return action;
}
