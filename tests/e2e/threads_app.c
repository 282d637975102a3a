// The app's own functions. Not where they are called: clang would take results of functions that it sees for
// constants.
#include "e2e/threads_app.h"

#include "hotpatch/function.h"

HP_PATCHABLE(int, threads_call, (uint32_t ticket)) {
    threads_ledger_open()->runs[0][ticket]++;
    return (int)ticket;
}

HP_PATCHABLE(int, threads_hold, (int a)) {
    return a;
}

HP_PATCHABLE(int, threads_outer, (int a)) {
    return threads_inner(a) + 1;
}

HP_PATCHABLE(int, threads_inner, (int a)) {
    return a;
}
