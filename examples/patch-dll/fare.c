/*
 * A function of the app that can be replaced while it runs. No macro and no header of Hotpatch: the compiler
 * options made room at its entry, and the export table has its name.
 *
 * It stands in a source file of its own, so that the compiler cannot bypass it where it is called (inline it,
 * or make a copy for an argument that it knows). With its callers in the same file that takes HP_PATCHABLE.
 */
#include "fare.h"

int fare_cents(int km, int travellers) {
    return 20 * km * travellers;
}
