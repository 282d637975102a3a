// The updates of the tests of threads, THREADS_VERSION 2 and 3.
#include <hotpatch/server.h>

#include "threads_app.h"

enum { BASE = THREADS_VERSION * 1000000 };

int threads_call(uint32_t ticket) {
    threads_ledger *ledger = threads_ledger_open();
    if (ledger == NULL || ticket >= THREADS_TICKETS)
        return -1;
    ledger->runs[THREADS_VERSION][ticket]++; // one call has one ticket
    return BASE + (int)ticket;
}
HP_EXPORT(threads_call, "i32(u32 ticket)");

int threads_hold(int a) {
    HANDLE entered = OpenEventW(EVENT_MODIFY_STATE, FALSE, THREADS_ENTERED);
    HANDLE leave = OpenEventW(SYNCHRONIZE, FALSE, THREADS_LEAVE);
    if (entered != NULL && leave != NULL && SetEvent(entered))
        WaitForSingleObject(leave, INFINITE);
    CloseHandle(entered);
    CloseHandle(leave);
    return BASE + a;
}
HP_EXPORT(threads_hold, "i32(i32 a)");

int threads_outer(int a) {
    volatile int *volatile nowhere = NULL;
    *nowhere = a; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
    return a;
}
HP_EXPORT(threads_outer, "i32(i32 a)");

int threads_inner(int a) {
    return BASE + a;
}
HP_EXPORT(threads_inner, "i32(i32 a)");

int main(void) {
    const hp_server_class update = {
        .size = sizeof update, .progid = THREADS, .version = THREADS_VERSION, .idle_ms = 60000};
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
