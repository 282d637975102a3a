/*
 * The other module of the example: a patch reaches into any module of the process, not only into the EXE.
 * Compiled as fare.c is, and as ignorant of patching.
 */
#define EXAMPLE_ENGINE
#include "engine.h"

double engine_km(double east, double north) {
    return east + north;
}
