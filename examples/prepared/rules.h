// What a railway asks of its rules. Nothing in here knows that they can be replaced while the program runs.
#ifndef RULES_H
#define RULES_H

#include <stddef.h>

typedef enum weather {
    WEATHER_DRY,
#ifdef RULES_OTHER_ENUM // a release that renumbers what the running app has in memory
    WEATHER_FOG,
#endif
    WEATHER_WET,
    WEATHER_SNOW,
} weather;

typedef struct journey {
    int km;
#ifdef RULES_OTHER_LAYOUT // a release with another idea of where the members are
    int stops;
#endif
    double toll;
    weather sky;
} journey;

int fare(int km, int travellers);                                    // cents
double with_tax(double cents, float rate);                           // cents
int speed(weather sky);                                              // km/h
double hours(const journey *way);                                    // reads a structure
void detour(journey *way, int km);                                   // changes one
int discount(const char *code);                                      // percent
void ticket(const journey *way, int cents, char *line, size_t size); // fills a buffer

#endif
