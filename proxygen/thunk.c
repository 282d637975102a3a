// Thunks are copies of thunk_template.S's template.
#include "proxygen/thunk.h"

#include <string.h>

extern const unsigned char hp_thunk_begin[], hp_thunk_slot[], hp_thunk_end[];

#define INT3 0xCC

_Static_assert(HP_CONTEXT_ENTER == 0, "the template jumps through the first word of the context");

static size_t template_size(void) {
    return (size_t)(hp_thunk_end - hp_thunk_begin);
}

static size_t slot_offset(void) {
    return (size_t)(hp_thunk_slot - hp_thunk_begin);
}

void hp_thunk_write(unsigned char *place, const hp_context *context) {
    memset(place, INT3, HP_THUNK_SIZE);
    memcpy(place, hp_thunk_begin, template_size());
    memcpy(place + slot_offset(), &context, sizeof context);
}

hp_context *hp_thunk_context(const unsigned char *place) {
    hp_context *context;
    unsigned char expected[HP_THUNK_SIZE];
    memcpy(&context, place + slot_offset(), sizeof context);
    hp_thunk_write(expected, context);
    return memcmp(place, expected, HP_THUNK_SIZE) == 0 ? context : NULL;
}
