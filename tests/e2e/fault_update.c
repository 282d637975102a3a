// An update some of whose replacements fail. FAULT_VERSION is what fault_answer returns.
#include <hotpatch/server.h>

#include <string.h>

// Writes into the block first: the app must not see a half-made result.
static int fault_fill(unsigned char *data, unsigned size, int how) {
    volatile unsigned char *volatile nowhere = NULL;
    volatile int zero = 0;
    memset(data, 0xEE, size);
    if (how == 1)
        *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
    if (how == 2)
        return how / zero; // NOLINT(clang-analyzer-core.DivideZero)
    if (how == 3)
        __asm__ volatile("ud2");
    if (how == 4)
        RaiseException(0xE06D7363, EXCEPTION_NONCONTINUABLE, 0, NULL);
    if (how == 5) {
        RaiseException(0xE0000005, 0, 0, NULL);
        return -3;
    }
    if (how == 6)
        OutputDebugStringW(L"not a fault");
    return 1000 + how;
}
HP_EXPORT(fault_fill, "i32(inout u8 data[size], u32 size, i32 how)");

static int fault_answer(void) {
    return 42;
}
HP_EXPORT(fault_answer, "i32()");

int main(void) {
    const hp_server_class update = {
        .size = sizeof update, .progid = L"Hotpatch.Fault", .version = 1, .idle_ms = 60000};
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
