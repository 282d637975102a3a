// A well-formed update: one function for each way in which values travel. Environment: FIXTURE_CLSID (a class
// of its own for each server that a test starts), FIXTURE_IDLE_MS, FIXTURE_DEFECT (of the class description).
// Exit code 42: the command line is not the server's.
#include <hotpatch/server.h>

#include <stdlib.h>
#include <string.h>

#include <objbase.h>

HP_PATCHABLE(int, fixture_add, (int a, int b)) {
    return a + b;
}
HP_EXPORT(fixture_add, "i32(i32 a, i32 b)");

static double fixture_mix(float a, double b, short c, unsigned char d) {
    return (double)a + b * 10 + c * 100 + d * 1000;
}
HP_EXPORT(fixture_mix, "f64(f32 a, f64 b, i16 c, u8 d)");

static long long HP_STDCALL fixture_weigh(signed char a, unsigned short b, long long c, int d, unsigned e,
                                          long long f) {
    return a + 2 * b + 3 * c + 4 * d + 5ll * e + 6 * f;
}
HP_EXPORT(fixture_weigh, "stdcall i64(i8 a, u16 b, i64 c, i32 d, u32 e, i64 f)");

static unsigned fixture_shout(const wchar_t *text, char *shouted, unsigned capacity) {
    unsigned i = 0;
    for (; text[i] && i + 1 < capacity; ++i)
        shouted[i] = (char)(text[i] >= L'a' && text[i] <= L'z' ? text[i] - 32 : text[i]);
    shouted[i] = '\0';
    return i;
}
HP_EXPORT(fixture_shout, "u32(in wstr text, out str shouted[capacity], u32 capacity)");

static void fixture_reverse(unsigned char *data, unsigned size) {
    for (unsigned i = 0; i < size / 2; ++i) {
        unsigned char kept = data[i];
        data[i] = data[size - 1 - i];
        data[size - 1 - i] = kept;
    }
}
HP_EXPORT(fixture_reverse, "void(inout u8 data[size], u32 size)");

// Says that it has begun, stays inside until it is let go, then says it again. -1: not let go in time,
// so that a test that fails ends.
static int fixture_stay(const wchar_t *entered, const wchar_t *leave) {
    HANDLE entered_event = OpenEventW(EVENT_MODIFY_STATE, FALSE, entered);
    HANDLE leave_event = OpenEventW(SYNCHRONIZE, FALSE, leave);
    int result = -2;
    if (entered_event && leave_event) {
        SetEvent(entered_event);
        result = WaitForSingleObject(leave_event, 30000) == WAIT_OBJECT_0 ? 1 : -1;
        if (result == 1)
            SetEvent(entered_event);
    }
    if (entered_event)
        CloseHandle(entered_event);
    if (leave_event)
        CloseHandle(leave_event);
    return result;
}
HP_EXPORT_AS("fixture::stay", fixture_stay, "i32(in wstr entered, in wstr leave)");

// Fails with an exception, after it has written into the block.
static int fixture_fail(unsigned char *data, unsigned size) {
    volatile int *volatile nowhere = NULL;
    memset(data, 0xEE, size);
    *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
    return 1;
}
HP_EXPORT(fixture_fail, "i32(inout u8 data[size], u32 size)");

// Known by name, but no replacement: must not be offered.
HP_PATCHABLE(int, fixture_private, (void)) {
    return 1;
}

int main(void) {
    wchar_t text[64];
    CLSID clsid;
    hp_server_class update = {
        .size = sizeof update, .progid = L"Hotpatch.Fixture", .name = L"Hotpatch test fixture", .version = 3};
    if (GetEnvironmentVariableW(L"FIXTURE_CLSID", text, 64) && SUCCEEDED(CLSIDFromString(text, &clsid)))
        update.clsid = &clsid;
    if (GetEnvironmentVariableW(L"FIXTURE_IDLE_MS", text, 64))
        update.idle_ms = (uint32_t)wcstoul(text, NULL, 10);
    const hp_server_class *described = &update;
    if (GetEnvironmentVariableW(L"FIXTURE_DEFECT", text, 64)) {
        if (!wcscmp(text, L"null"))
            described = NULL;
        else if (!wcscmp(text, L"size"))
            update.size = 8;
        else if (!wcscmp(text, L"progid"))
            update.progid = NULL;
        else if (!wcscmp(text, L"version"))
            update.version = 0;
        else if (!wcscmp(text, L"long")) { // 37 characters: enough for version 9
            update.progid = L"Hotpatch.Fixture.Of37.Characters.Long";
            update.version = 10;
        }
    }
    int code = hp_com_main(described);
    return code != HP_NOT_A_SERVER ? code : 42;
}
