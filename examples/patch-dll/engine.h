/**
 * @file engine.h
 * A DLL that the app uses.
 */
#ifndef EXAMPLE_ENGINE_H
#define EXAMPLE_ENGINE_H

#ifdef EXAMPLE_ENGINE
#define ENGINE_API __declspec(dllexport)
#else
#define ENGINE_API __declspec(dllimport)
#endif

/** Length of the way between two places that lie so many kilometres apart, east and north. */
ENGINE_API double engine_km(double east, double north);

#endif
