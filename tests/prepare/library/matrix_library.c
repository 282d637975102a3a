/* Somebody else's: linked into the program, but not below its --sources. */
#include "../own/matrix.h"

static int of_no_concern(int a) {
    return a;
}

int matrix_library(int a) {
    return of_no_concern(a);
}

int matrix_library_calls(int (*function)(int), int a) {
    return function(a);
}
