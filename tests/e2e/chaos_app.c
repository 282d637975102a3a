// The app's own functions, for test_chaos.c.
#include "e2e/chaos_app.h"

#include "hotpatch/function.h"

chaos_memory *chaos_shared;

HP_PATCHABLE(int32_t, chaos_int, (uint32_t ticket, int32_t a)) {
    chaos_note(chaos_shared, CHAOS_APP, ticket);
    return chaos_int_of(CHAOS_APP, ticket, a);
}

HP_PATCHABLE(double, chaos_real, (uint32_t ticket, double a)) {
    chaos_note(chaos_shared, CHAOS_APP, ticket);
    return chaos_real_of(CHAOS_APP, ticket, a);
}

HP_PATCHABLE(chaos_box, chaos_make, (uint32_t ticket, int32_t a)) {
    chaos_note(chaos_shared, CHAOS_APP, ticket);
    return chaos_make_of(CHAOS_APP, ticket, a);
}

HP_PATCHABLE(uint32_t, chaos_buffer, (uint32_t ticket, unsigned char *data, uint32_t size)) {
    chaos_note(chaos_shared, CHAOS_APP, ticket);
    return chaos_buffer_of(CHAOS_APP, ticket, data, size);
}

HP_PATCHABLE(int32_t, chaos_text, (uint32_t ticket, const wchar_t *text, char *copy, uint32_t capacity)) {
    chaos_note(chaos_shared, CHAOS_APP, ticket);
    return chaos_text_of(CHAOS_APP, ticket, text, copy, capacity);
}

HP_PATCHABLE(int32_t, chaos_value, (uint32_t ticket, unsigned char *data)) {
    chaos_note(chaos_shared, CHAOS_APP, ticket);
    return chaos_value_of(CHAOS_APP, ticket, data);
}

const unsigned char *chaos_entry(int function) {
    void (*const entries[CHAOS_FUNCTIONS])(void) = {(void (*)(void))chaos_int,  (void (*)(void))chaos_real,
                                                    (void (*)(void))chaos_make, (void (*)(void))chaos_buffer,
                                                    (void (*)(void))chaos_text, (void (*)(void))chaos_value};
    return (const unsigned char *)(uintptr_t)entries[function];
}
