// The functions that updates replace: version 1 in app.exe, version 2 in update.exe, of this same file.
// hotpatch_target (CMakeLists.txt) makes them replaceable, and their signatures are taken from their types.
#include "rules.h"

#include <hotpatch/function.h>
#include <stdio.h>
#include <string.h>

#ifndef RULES_VERSION
#define RULES_VERSION 1
#endif

// Small, static, and called with a constant: the optimiser would leave nothing of it.
static int percent(int cents, int share) {
    return cents * share / 100;
}

int fare(int km, int travellers) {
    int cents = 20 * km * travellers;
    if (RULES_VERSION >= 2 && travellers >= 3)
        cents -= percent(cents, 25); // groups
    return cents;
}

double with_tax(double cents, float rate) {
    return RULES_VERSION >= 2 ? cents + cents * (double)rate / 2 : cents + cents * (double)rate;
}

int speed(weather sky) {
    switch (sky) {
    case WEATHER_SNOW:
        return RULES_VERSION >= 2 ? 60 : 40;
    case WEATHER_WET:
        return 80;
    default:
        return RULES_VERSION >= 2 ? 120 : 100;
    }
}

double hours(const journey *way) {
    return (double)way->km / speed(way->sky);
}

void detour(journey *way, int km) {
    way->km += km;
    way->toll += RULES_VERSION >= 2 ? 0 : 0.5 * km;
}

int discount(const char *code) {
    if (RULES_VERSION >= 2 && strcmp(code, "HOTPATCH") == 0)
        return 50;
    return strncmp(code, "STUDENT", 7) == 0 ? 10 : 0;
}

void ticket(const journey *way, int cents, char *line, size_t size) {
    const char *form = RULES_VERSION >= 2 ? "TICKET * %d km * %.2f" : "ticket, %d km: %.2f";
    snprintf(line, size, form, way->km, (double)percent(cents, 100) / 100);
}
// How long the buffer is, no type says. This is said once, here, and checked against the types.
#ifndef RULES_OTHER_LAYOUT // where it would be a lie: prepare would refuse the image
HP_EXPORT(ticket,
          "void(in struct { i32 km; f64 toll; i32 sky } *way, i32 cents, out str line[size], usize size)");
#endif
