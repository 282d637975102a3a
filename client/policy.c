#include "client/policy.h"

#include <string.h>

#include "idl/name.h"

enum { MOST_RETRIES = 16 };

static int is_sound(const hp_policy *policy) {
    return policy->size == sizeof *policy && (policy->flags & ~HP_POLICY_IDEMPOTENT) == 0 &&
           policy->retries <= MOST_RETRIES &&
           (policy->action == HP_FAILURE_ORIGINAL || policy->action == HP_FAILURE_VALUE);
}

HRESULT hp_policy_check(const hp_attach_options *options) {
    if (options->policy != NULL && !is_sound(options->policy))
        return E_INVALIDARG;
    if (options->function_count != 0 && options->functions == NULL)
        return E_INVALIDARG;
    for (uint32_t i = 0; i < options->function_count; i++) {
        const hp_function_policy *item = &options->functions[i];
        if (item->function == NULL || FAILED(hp_name_check(item->function, strlen(item->function))) ||
            !is_sound(&item->policy))
            return E_INVALIDARG;
    }
    return S_OK;
}

int hp_policy_means(const char *given, const char *function) {
    const size_t length = strlen(given), brief = hp_name_short(function, strlen(function));
    return strcmp(given, function) == 0 || (length == brief && memcmp(given, function, length) == 0);
}

hp_policy hp_policy_choose(const hp_attach_options *options, const char *function) {
    const hp_policy *found = options->policy;
    for (uint32_t i = 0; i < options->function_count; i++) {
        const hp_function_policy *item = &options->functions[i];
        if (strcmp(item->function, function) == 0)
            return item->policy;
        if (hp_policy_means(item->function, function))
            found = &item->policy;
    }
    return found != NULL ? *found : (hp_policy){.size = sizeof(hp_policy)};
}

HRESULT hp_policy_fits(const hp_policy *policy, const hp_signature *signature) {
    const hp_type *result = &signature->result;
    int fixed = result->kind != HP_TYPE_STRUCT;
    return policy->action == HP_FAILURE_VALUE && !fixed ? HP_E_POLICY : S_OK;
}

int hp_policy_is_plain(const hp_policy *policy) {
    return policy->action == HP_FAILURE_ORIGINAL && policy->decide == NULL;
}
