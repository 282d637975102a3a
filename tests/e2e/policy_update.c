// The update of the tests of failure policies. Each replacement does first what it is ordered to.
#include <hotpatch/server.h>

#include <stdlib.h>
#include <string.h>

#include "policy_app.h"

static volatile LONG begun, faults;

static void obey(int order) {
    volatile unsigned char *volatile nowhere = NULL;
    if (order == POLICY_FAULT || (order == POLICY_FAULT_TWICE && InterlockedIncrement(&faults) <= 2))
        *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
    if (order == POLICY_EXIT)
        ExitProcess(3);
    if (order != POLICY_WAIT)
        return;
    HANDLE entered = OpenEventW(EVENT_MODIFY_STATE, FALSE, POLICY_ENTERED);
    HANDLE leave = OpenEventW(SYNCHRONIZE, FALSE, POLICY_LEAVE);
    if (entered != NULL && leave != NULL && SetEvent(entered))
        WaitForSingleObject(leave, INFINITE);
    CloseHandle(entered);
    CloseHandle(leave);
}

int policy_add(int order, int a) {
    InterlockedIncrement(&begun);
    obey(order);
    return 1000 + a;
}
HP_EXPORT(policy_add, "i32(i32 order, i32 a)");

int policy_other(int a) {
    return 1000 + a;
}
HP_EXPORT(policy_other, "i32(i32 a)");

int64_t policy_large(int order) {
    obey(order);
    return 1000;
}
HP_EXPORT(policy_large, "i64(i32 order)");

double policy_ratio(int order) {
    const volatile double one = 1, three = 3;
    obey(order);
    return order == POLICY_DIVIDE ? one / three : 1000.5;
}
HP_EXPORT(policy_ratio, "f64(i32 order)");

float policy_small(int order) {
    obey(order);
    return 1000.25F;
}
HP_EXPORT(policy_small, "f32(i32 order)");

void policy_fill(int order, unsigned char *data, unsigned size) {
    memset(data, 'u', size);
    obey(order);
}
HP_EXPORT(policy_fill, "void(i32 order, inout u8 data[size], u32 size)");

policy_pair policy_make(int order) {
    obey(order);
    return (policy_pair){1001, 1002, 1003, 1004};
}
HP_EXPORT(policy_make, "struct { i32 a; i32 b; i32 c; i32 d }(i32 order)");

int policy_calls(void) {
    return begun;
}
HP_EXPORT(policy_calls, "i32()");

int main(void) {
    const hp_server_class update = {.size = sizeof update, .progid = POLICY, .version = 1, .idle_ms = 60000};
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
