// Generated signatures and calls against the readers of both sides: see made_play.h.
#include "tests/fuzz/made_play.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    made_play(input, length);
    return 0;
}
