// A class object that an update claims to have marshalled: what is let through to COM is of COM's own form,
// of the right interface, and whole.
#include "idl/handover_check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(int good) {
    if (!good)
        abort();
}

static unsigned number(const unsigned char *at, unsigned bytes) {
    unsigned value = 0;
    while (bytes-- > 0)
        value = value << 8 | at[bytes];
    return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    static const unsigned char iid[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
    // A copy of exactly this size: the sanitizer sees one byte too many.
    unsigned char *bytes = malloc(length ? length : 1);
    if (!bytes)
        return 0;
    if (length)
        memcpy(bytes, input, length);
    const HRESULT hr = hp_handover_check(bytes, length, iid);
    require(hr == S_OK || hr == HP_E_SERVER_NOT_HOTPATCH);
    if (hr == S_OK) {
        require(length >= 68 && memcmp(bytes, "MEOW", 4) == 0 && memcmp(bytes + 8, iid, sizeof iid) == 0);
        const unsigned flags = number(bytes + 4, 4), at = flags == 8 ? 68 : 64;
        require(flags == 1 || (flags == 8 && memcmp(bytes + 64, "VYSN", 4) == 0));
        require(length >= at + 4 && at + 4 + 2 * number(bytes + at, 2) <= length);
        require(number(bytes + at + 2, 2) <= number(bytes + at, 2));
        // Whatever stands behind it does not matter, and one byte less may.
        const size_t whole = at + 4 + 2 * number(bytes + at, 2);
        require(hp_handover_check(bytes, whole, iid) == S_OK);
        require(hp_handover_check(bytes, whole - 1, iid) != S_OK);
    }
    free(bytes);
    return 0;
}
