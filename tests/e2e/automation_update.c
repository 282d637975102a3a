// An update for scripts: a function for each way in which a script's values travel.
#include <hotpatch/server.h>

#include <string.h>

static int score_add(int points, int bonus) {
    return points + bonus;
}
HP_EXPORT(score_add, "i32(i32 points, i32 bonus)");

static double average(const int *items, unsigned count) {
    double sum = 0;
    for (unsigned i = 0; i < count; ++i)
        sum += items[i];
    return count ? sum / count : 0;
}
HP_EXPORT(average, "f64(in i32 items[count], u32 count)");

static int split(int value, int by, int *rest) {
    *rest = value % by; // by 0: an exception of the processor
    return value / by;
}
HP_EXPORT(split, "i32(i32 value, i32 by, out i32 *rest)");

static int greet(const wchar_t *name, wchar_t *text, unsigned room) {
    if (wcslen(name) + 8 > room)
        return 0;
    wcscpy(text, L"Hello, ");
    wcscat(text, name);
    return 1;
}
HP_EXPORT_AS("game::greet", greet, "bool(in wstr name, out wstr text[room], u32 room)");

static void reverse(int *items, unsigned count) {
    for (unsigned i = 0; i < count / 2; ++i) {
        const int kept = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = kept;
    }
}
HP_EXPORT(reverse, "void(inout i32 items[count], u32 count)");

static unsigned char low(unsigned char value) {
    return value & 15u;
}
HP_EXPORT(low, "u8(u8 value)");

static long long wide(long long value) {
    return value * 2;
}
HP_EXPORT(wide, "i64(i64 value)");

int main(void) {
    const hp_server_class update = {.size = sizeof update,
                                    .progid = L"Hotpatch.Automation",
                                    .name = L"Hotpatch for scripts",
                                    .version = 1};
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
