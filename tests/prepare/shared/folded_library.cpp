// Somebody else's, with code that one's own function has as well.
#include "folded/folded.h"

FOLDED_ABROAD inline int of_no_concern(int a) {
    return a * 9;
}

void folded_library(void) {
    volatile int kept = of_no_concern(SHARED_VALUE);
    (void)kept;
}
