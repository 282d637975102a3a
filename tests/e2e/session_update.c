// The updates of the tests of sessions, watches and faults. SESSION_VERSION: 1, 2; 3 offers a function that
// no app has; 7 is the update of another ProgID; 8 registers a version 1 that ends at once instead of
// serving; 9 the same, as a version 2.
#include <hotpatch/server.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#ifdef HP_FAULT_INJECTION
#include "idl/fault.h"

/* The test arms us through memory that it shares with us; it stays mapped. */
static void share_faults(void) {
    HANDLE section = OpenFileMappingW(FILE_MAP_ALL_ACCESS, FALSE, L"session.faults");
    hp_fault_state *faults =
        section != NULL ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, sizeof *faults) : NULL;
    if (faults != NULL)
        hp_fault_share(faults);
    CloseHandle(section);
}
#endif

#if SESSION_VERSION == 7
static int session_other(void) {
    return 7;
}
HP_EXPORT(session_other, "i32()");
#else
static int session_add(int a, int b) {
    return a + b + 1000 * SESSION_VERSION;
}
HP_EXPORT(session_add, "i32(i32 a, i32 b)");

static int session_where(void) {
    return SESSION_VERSION;
}
HP_EXPORT(session_where, "i32()");

static int session_text(const wchar_t *text, char *copy, unsigned capacity) {
    snprintf(copy, capacity, "%ls", text);
    return SESSION_VERSION;
}
HP_EXPORT(session_text, "i32(in wstr text, out str copy[capacity], u32 capacity)");

static int session_stay(const wchar_t *entered, const wchar_t *leave) {
    HANDLE in = OpenEventW(EVENT_MODIFY_STATE, FALSE, entered), out = OpenEventW(SYNCHRONIZE, FALSE, leave);
    int result = -1;
    if (in != NULL && out != NULL && SetEvent(in) && WaitForSingleObject(out, 30000) == WAIT_OBJECT_0)
        result = SESSION_VERSION;
    CloseHandle(in);
    CloseHandle(out);
    return result;
}
HP_EXPORT(session_stay, "i32(in wstr entered, in wstr leave)");

static int session_only(void) {
    return SESSION_VERSION;
}
#if SESSION_VERSION == 1
HP_EXPORT_AS("session_first", session_only, "i32()");
#elif SESSION_VERSION == 2
HP_EXPORT_AS("session_second", session_only, "i32()");
#else
HP_EXPORT_AS("session_nowhere", session_only, "i32()");
#endif
#endif

int main(void) {
    const hp_server_class update = {.size = sizeof update,
                                    .progid = SESSION_VERSION == 7 ? L"Hotpatch.Other" : L"Hotpatch.Session",
                                    .version = SESSION_VERSION == 9 ? 2
                                               : SESSION_VERSION == 7 || SESSION_VERSION == 8
                                                   ? 1
                                                   : SESSION_VERSION,
                                    .idle_ms = 60000};
#ifdef HP_FAULT_INJECTION
    share_faults();
#endif
    if (SESSION_VERSION >= 8 && wcsstr(GetCommandLineW(), L"mbedding") != NULL)
        return 7;
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
