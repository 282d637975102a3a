// The app's own functions, for test_policy*.c. Not there: clang would take results of functions that it sees
// for constants.
#include "e2e/policy_app.h"

#include <string.h>

#include "hotpatch/function.h"

HP_PATCHABLE(int, policy_add, (int order, int a)) {
    return order + a;
}

HP_PATCHABLE(int, policy_other, (int a)) {
    return a;
}

HP_PATCHABLE(int64_t, policy_large, (int order)) {
    (void)order;
    return 5;
}

HP_PATCHABLE(double, policy_ratio, (int order)) {
    (void)order;
    return 0.5;
}

HP_PATCHABLE(float, policy_small, (int order)) {
    (void)order;
    return 0.25F;
}

HP_PATCHABLE(void, policy_fill, (int order, unsigned char *data, unsigned size)) {
    (void)order;
    memset(data, 'a', size);
}

HP_PATCHABLE(policy_pair, policy_make, (int order)) {
    (void)order;
    return (policy_pair){1, 2, 3, 4};
}

HP_PATCHABLE(int, policy_calls, (void)) {
    return -1;
}
