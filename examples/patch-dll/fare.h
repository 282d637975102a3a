/**
 * @file fare.h
 * The app's own rules.
 */
#ifndef EXAMPLE_FARE_H
#define EXAMPLE_FARE_H

/** What a journey costs, in cents. */
__declspec(dllexport) int fare_cents(int km, int travellers);

#endif
