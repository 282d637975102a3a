#include "idl/handover_check.h"

#include <string.h>

/** What stands where. Both architectures are little-endian and lay it out alike. */
enum {
    AT_FLAGS = 4,
    AT_IID = 8,
    IID_BYTES = 16,
    AT_STANDARD = 24,
    AT_BINDINGS = AT_STANDARD + 40,  /* of the standard form */
    AT_EXTENSION = AT_STANDARD + 40, /* of the extended one */
    AT_EXTENDED_BINDINGS = AT_EXTENSION + 4,
    BINDINGS_HEAD = 4,
};

#define OBJREF_SIGNATURE 0x574F454Du   /* "MEOW" */
#define EXTENDED_SIGNATURE 0x4E535956u /* "VYSN" */

enum {
    FLAGS_STANDARD = 1,
    FLAGS_EXTENDED = 8, /* the standard one, and properties of its context */
};

static uint32_t u32_at(const unsigned char *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint16_t u16_at(const unsigned char *bytes) {
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static int bindings_are_right(const unsigned char *bytes, size_t size, size_t at) {
    if (size < at + BINDINGS_HEAD)
        return 0;
    const size_t entries = u16_at(bytes + at), security = u16_at(bytes + at + 2);
    return security <= entries && 2 * entries <= size - at - BINDINGS_HEAD;
}

HRESULT hp_handover_check(const unsigned char *bytes, size_t size, const unsigned char iid[16]) {
    if (size < AT_STANDARD || u32_at(bytes) != OBJREF_SIGNATURE ||
        memcmp(bytes + AT_IID, iid, IID_BYTES) != 0)
        return HP_E_SERVER_NOT_HOTPATCH;
    size_t at = AT_BINDINGS;
    switch (u32_at(bytes + AT_FLAGS)) {
    case FLAGS_STANDARD:
        break;
    case FLAGS_EXTENDED:
        at = AT_EXTENDED_BINDINGS;
        if (size < at || u32_at(bytes + AT_EXTENSION) != EXTENDED_SIGNATURE)
            return HP_E_SERVER_NOT_HOTPATCH;
        break;
    default:
        return HP_E_SERVER_NOT_HOTPATCH;
    }
    return bindings_are_right(bytes, size, at) ? S_OK : HP_E_SERVER_NOT_HOTPATCH;
}
