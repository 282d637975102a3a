// The app's own functions, for test_replacement_fault.c.
#include "hotpatch/function.h"

volatile int in_app;

HP_PATCHABLE(int, fault_fill, (unsigned char *data, unsigned size, int how)) {
    in_app++;
    for (unsigned i = 0; i < size; i++)
        if (data[i] != (unsigned char)(i + 1)) // what the update had written by then must not be here
            return -1;
    data[0] = 0x77;
    return how;
}

HP_PATCHABLE(int, fault_answer, (void)) {
    return 1;
}
