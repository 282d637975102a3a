// A program that is updated while it runs, and has nothing of Hotpatch in it but the lines in main: its
// functions, in rules.c, are plain C. Each line of input is a journey; "quit" ends it.
#include <hotpatch/client.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"

static void journey_of_today(void) {
    journey way = {.km = 30, .toll = 2.5, .sky = WEATHER_SNOW};
    char line[64] = "";
    printf("fare: %d, %d with discount\n", fare(30, 3), fare(30, 3) * (100 - discount("HOTPATCH")) / 100);
    printf("taxed: %.1f\n", with_tax(1000, 0.5f));
    printf("speed: %d, %d\n", speed(WEATHER_DRY), speed(WEATHER_WET));
    printf("hours: %.2f\n", hours(&way));
    detour(&way, 10);
    printf("detour: %d km, %.1f\n", way.km, way.toll);
    ticket(&way, 1250, line, sizeof line);
    printf("ticket: %s\n", line);
    printf("done\n");
    fflush(stdout);
}

// What a program would write to its log: above all which function was refused, and why.
static void on_event(void *context, const hp_event *event) {
    static const char *const names[] = {"", "attached", "failed", "lost", "detached"};
    (void)context;
    const hp_report *report = event->report;
    for (uint32_t i = 0; report != NULL && i < report->count; i++) {
        const hp_report_item *item = &report->items[i];
        if (SUCCEEDED(item->result))
            printf("function %s: %s\n", item->name, item->own_signature);
        else
            printf("refused %s: %s %s\n  here: %s\n  there: %s\n", item->name, hp_error_symbol(item->result),
                   item->detail, item->own_signature, item->signature);
    }
    printf("[hotpatch] %s: %s\n", names[event->kind], event->message);
    fflush(stdout);
}

int main(void) {
    // Under Wine every process counts as elevated. A product that may run elevated thinks about this flag.
    static const hp_watch_options options = {
        .size = sizeof options,
        .attach = {.size = sizeof(hp_attach_options), .flags = HP_ATTACH_ALLOW_ELEVATED},
        .sink = on_event,
        .retry_ms = 600000,
    };
    hp_watch *watch = NULL;
    HRESULT hr = hp_com_watch(L"Acme.Railway.Update", &options, &watch);
    if (FAILED(hr))
        printf("no updates: %s\n", hp_error_what(hr));
    printf("ready\n");
    fflush(stdout);
    for (char line[64]; fgets(line, sizeof line, stdin) != NULL && strncmp(line, "quit", 4) != 0;)
        journey_of_today();
    hp_com_unwatch(watch);
    return 0;
}
