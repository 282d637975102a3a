// A table must not be taken for that of another build: every part of the image counts, and in its own place.
#include "proxygen/fingerprint.h"
#include "proxygen/fnv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const hp_fingerprint_section sections[] = {{0x1000, 0x2345}, {0x9000, 0x10}};

static const hp_fingerprint_parts image = {.machine = 0x8664,
                                           .timestamp = 0x66F0A1B2u,
                                           .entry_point = 0x1400,
                                           .sections = sections,
                                           .section_count = 2,
                                           .exceptions = "exceptions",
                                           .exceptions_size = 10,
                                           .relocations = "relocs",
                                           .relocations_size = 6};

// Tables stand in files: a release that computes something else finds every one of them stale.
static void the_value_is_what_the_format_says(void **state) {
    (void)state;
    assert_true(hp_fnv_64(HP_FNV_64, "foobar", 6) == 0x85944171F73967E8u); // RFC 9923, test vectors
    assert_true(hp_fnv_32(HP_FNV_32, "foobar", 6) == 0xBF9CF968u);
    assert_true(hp_fingerprint_compute(&image) == 0x3a9c9f6402793c2au); // computed by another program
}

/** The image with a change, p being its parts. */
#define DIFFERS(change)                                                                                      \
    do {                                                                                                     \
        hp_fingerprint_parts parts = image, *p = &parts;                                                     \
        hp_fingerprint_section other[2];                                                                     \
        memcpy(other, sections, sizeof other);                                                               \
        p->sections = other;                                                                                 \
        assert_true(hp_fingerprint_compute(p) == hp_fingerprint_compute(&image));                            \
        change;                                                                                              \
        if (hp_fingerprint_compute(p) == hp_fingerprint_compute(&image))                                     \
            fail_msg("%s", #change);                                                                         \
    } while (0)

static void each_part_counts(void **state) {
    (void)state;
    DIFFERS(p->machine ^= 0x100);
    DIFFERS(p->timestamp++);
    DIFFERS(p->timestamp ^= 0x80000000u);
    DIFFERS(p->entry_point += 0x1000000);
    for (int i = 0; i < 2; i++) {
        DIFFERS(other[i].rva += 0x1000);
        DIFFERS(other[i].size++);
    }
    DIFFERS(p->section_count = 1);
    DIFFERS(p->section_count = 0);
    for (int i = 0; i < 10; i++) {
        char bytes[] = "exceptions";
        bytes[i] ^= 1;
        DIFFERS(p->exceptions = bytes);
    }
    for (int i = 0; i < 6; i++) {
        char bytes[] = "relocs";
        bytes[i] ^= 1;
        DIFFERS(p->relocations = bytes);
    }
    DIFFERS(p->exceptions = NULL);
    DIFFERS(p->relocations = NULL);
    DIFFERS(p->exceptions_size--);
    DIFFERS(p->relocations_size--);
}

static void parts_cannot_trade_bytes(void **state) {
    (void)state;
    DIFFERS((p->machine = 0, p->timestamp = image.machine));
    DIFFERS((p->timestamp = image.entry_point, p->entry_point = image.timestamp));
    DIFFERS((other[0] = sections[1], other[1] = sections[0]));
    DIFFERS((other[0].rva = sections[0].size, other[0].size = sections[0].rva));
    DIFFERS((p->exceptions = "exception", p->exceptions_size = 9, p->relocations = "srelocs",
             p->relocations_size = 7));
    DIFFERS((p->exceptions = "exceptionsrelocs", p->exceptions_size = 16, p->relocations_size = 0));
    DIFFERS((p->exceptions = image.relocations, p->exceptions_size = 6, p->relocations = image.exceptions,
             p->relocations_size = 10));
    // the second section as the beginning of the exceptions
    char bytes[26] = {0x00, (char)0x90, 0, 0, 0, 0, 0, 0, 0x10};
    memcpy(bytes + 16, "exceptions", 10);
    DIFFERS((p->section_count = 1, p->exceptions = bytes, p->exceptions_size = 26));
}

static void what_is_not_there_has_no_size(void **state) {
    (void)state;
    hp_fingerprint_parts none = image, empty = image;
    none.exceptions = none.relocations = NULL; // the sizes are not looked at, nor what is behind them
    empty.exceptions_size = empty.relocations_size = 0;
    assert_true(hp_fingerprint_compute(&none) == hp_fingerprint_compute(&empty));
    none.sections = NULL;
    none.section_count = 0;
    assert_true(hp_fingerprint_compute(&none) != hp_fingerprint_compute(&empty));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_value_is_what_the_format_says),
        cmocka_unit_test(each_part_counts),
        cmocka_unit_test(parts_cannot_trade_bytes),
        cmocka_unit_test(what_is_not_there_has_no_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
