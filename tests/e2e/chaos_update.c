// The updates of the chaos test: CHAOS_VERSION 1 and 2. They answer, unless the test orders something else.
#include <hotpatch/server.h>

#include <stdlib.h>

#include "e2e/chaos_update.h"

chaos_memory *chaos_shared;

// NOLINTNEXTLINE(misc-no-recursion): the overflow is what is ordered
static int fall_down(int depth) {
    volatile char room[4096];
    room[0] = (char)depth;
    return depth == 0 ? 0 : fall_down(depth + 1) + room[0];
}

int chaos_take_order(int from, int to) {
    LONG deed = chaos_shared->deed;
    if (deed < from || deed > to)
        return CHAOS_ANSWER;
    if (InterlockedDecrement(&chaos_shared->budget) < 0)
        return CHAOS_ANSWER;
    InterlockedIncrement(&chaos_shared->done);
    return (int)deed;
}

static void begin(uint32_t ticket, int may_hang) {
    volatile unsigned char *volatile nowhere = NULL;
    chaos_note(chaos_shared, CHAOS_VERSION, ticket);
    if (!may_hang && chaos_shared->deed == CHAOS_HANG)
        return;
    switch (chaos_take_order(CHAOS_FAULT, CHAOS_HANG)) {
    case CHAOS_FAULT:
        *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): so it was ordered
        break;
    case CHAOS_EXIT:
        ExitProcess(3);
    case CHAOS_ABORT:
        abort();
    case CHAOS_OVERFLOW:
        fall_down(1);
        break;
    case CHAOS_HANG:
        while (chaos_shared->deed == CHAOS_HANG)
            Sleep(5);
        break;
    default:
        break;
    }
}

int32_t chaos_int(uint32_t ticket, int32_t a) {
    begin(ticket, 0);
    return chaos_int_of(CHAOS_VERSION, ticket, a);
}
HP_EXPORT(chaos_int, "i32(u32 ticket, i32 a)");

double chaos_real(uint32_t ticket, double a) {
    begin(ticket, 1);
    return chaos_real_of(CHAOS_VERSION, ticket, a);
}
HP_EXPORT(chaos_real, "f64(u32 ticket, f64 a)");

chaos_box chaos_make(uint32_t ticket, int32_t a) {
    begin(ticket, 1);
    return chaos_make_of(CHAOS_VERSION, ticket, a);
}
HP_EXPORT(chaos_make, "struct { u32 ticket; i32 who; u64 check; f64 real }(u32 ticket, i32 a)");

uint32_t chaos_buffer(uint32_t ticket, unsigned char *data, uint32_t size) {
    uint32_t half = size / 2, sum; // the order comes with half of the work done
    for (uint32_t i = 0; i < half; i++)
        data[i] = (unsigned char)~data[i];
    begin(ticket, 1);
    for (uint32_t i = 0; i < half; i++)
        data[i] = (unsigned char)~data[i];
    sum = chaos_buffer_of(CHAOS_VERSION, ticket, data, size);
    return sum;
}
HP_EXPORT(chaos_buffer, "u32(u32 ticket, inout u8 data[size], u32 size)");

int32_t chaos_text(uint32_t ticket, const wchar_t *text, char *copy, uint32_t capacity) {
    memset(copy, '?', capacity);
    begin(ticket, 1);
    return chaos_text_of(CHAOS_VERSION, ticket, text, copy, capacity);
}
HP_EXPORT(chaos_text, "i32(u32 ticket, in wstr text, out str copy[capacity], u32 capacity)");

int32_t chaos_value(uint32_t ticket, unsigned char *data) {
    begin(ticket, 1);
    return chaos_value_of(CHAOS_VERSION, ticket, data);
}
HP_EXPORT(chaos_value, "i32(u32 ticket, inout u8 data[40])");

int main(void) {
    const hp_server_class update = {
        .size = sizeof update, .progid = CHAOS, .version = CHAOS_VERSION, .idle_ms = 60000};
    static chaos_memory nothing;
    HANDLE section = OpenFileMappingW(FILE_MAP_ALL_ACCESS, FALSE, CHAOS_MEMORY);
    chaos_shared =
        section != NULL ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, sizeof *chaos_shared) : NULL;
    if (chaos_shared == NULL) // nobody tests us
        chaos_shared = &nothing;
    else if (wcsstr(GetCommandLineW(), L"mbedding") != NULL)
        InterlockedExchange(&chaos_shared->newborn, (LONG)GetCurrentProcessId());
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
