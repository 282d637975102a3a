// The app's own function, for test_kinds.c. Not there: clang would take the result of a function that it sees
// for a constant.
#include "hotpatch/function.h"

volatile int kinds_in_app;

HP_PATCHABLE(int, kinds_run, (unsigned char *data, unsigned size, int how)) {
    kinds_in_app++;
    for (unsigned i = 0; i < size; i++)
        if (data[i] != (unsigned char)(i + 1)) // what the update had written by then must not be here
            return -1;
    data[0] = 0x77;
    return how + 1;
}

HP_PATCHABLE(unsigned, kinds_process, (void)) {
    return 0;
}
