// A resource is added to an image file: everything else stays, and can be had back.
#include "pe_build_test.h"

#include "tools/image/pe_write.h"

#define NAME "HOTPATCHDATA"

/* What hp_pe_write_rcdata gives. */
typedef struct written {
    unsigned char *bytes;
    size_t size, place;
    hp_pe pe;
} written;

static written write_resource(const hp_pe *from, const char *name, const char *data) {
    written w;
    const char *reason = "not asked";
    assert_int_equal(
        hp_pe_write_rcdata(from, name, data, data ? strlen(data) : 0, &w.bytes, &w.size, &w.place, &reason),
        S_OK);
    assert_null(reason);
    assert_int_equal(hp_pe_open(w.bytes, w.size, &w.pe, NULL), S_OK);
    if (data) {
        const hp_span found = hp_pe_rcdata(&w.pe, name);
        assert_int_equal(found.size, strlen(data));
        assert_ptr_equal(found.at, w.bytes + w.place);
        assert_memory_equal(found.at, data, found.size);
        assert_int_equal(w.place % 8, 0);
    } else {
        assert_null(hp_pe_rcdata(&w.pe, name).at);
    }
    return w;
}

/* May this byte of the image change? */
static int is_header_that_changes(size_t at) {
    const size_t begin[] = {image.coff + 2, image.optional + 8, image.optional + 56, image.optional + 64,
                            image.directories + 16};
    const size_t size[] = {2, 4, 4, 4, 8};
    for (size_t i = 0; i < 5; i++) {
        if (at >= begin[i] && at < begin[i] + size[i])
            return 1;
    }
    const unsigned count = image.bytes[image.coff + 2];
    for (unsigned i = 0; i < count; i++) {
        const size_t name = pe_section(&image, i);
        if (at >= name && at < name + 8 && memcmp(image.bytes + name, ".rsrc", 6) == 0)
            return 1;
    }
    return at >= pe_section(&image, count) && at < pe_section(&image, count + 1);
}

static const unsigned every_kind[] = {0,
                                      PE_CHECKSUM,
                                      PE_OVERLAY | PE_CHECKSUM,
                                      PE_RESOURCES,
                                      PE_SYMBOLS,
                                      PE_RESOURCES | PE_SYMBOLS | PE_OVERLAY | PE_CHECKSUM};
enum { KINDS = sizeof every_kind / sizeof *every_kind };

static void only_headers_change(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2 * KINDS; i++) {
        open_image(i % 2 ? HP_ARCH_X64 : HP_ARCH_X86, every_kind[i / 2]);
        written w = write_resource(&pe, NAME, "the table");
        for (size_t at = 0; at < image.size; at++) {
            if (w.bytes[at] != image.bytes[at] && !is_header_that_changes(at))
                fail_msg("kind %u: byte %x changed", i, (unsigned)at);
        }
        assert_int_equal(w.pe.section_count, pe.section_count + 1);
        assert_int_equal(w.pe.symbol_count, pe.symbol_count);
        assert_true(hp_pe_fingerprint(&w.pe) == hp_pe_fingerprint(&pe));
        free(w.bytes);
    }
}

static void new_section_is_the_last_in_memory_and_in_the_file(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES | PE_SYMBOLS | PE_OVERLAY);
    written w = write_resource(&pe, NAME, "the table");
    hp_pe_section section;
    hp_pe_section_get(&w.pe, 6, &section);
    assert_string_equal(section.name, ".rsrc");
    assert_int_equal(section.rva, 0x8000);
    assert_int_equal(section.raw, (image.size + 511) / 512 * 512);
    assert_int_equal(section.raw + section.raw_size, w.size);
    assert_int_equal(section.raw_size % 512, 0);
    assert_int_equal(section.traits, 0x40000040);
    assert_int_equal(w.pe.image_size, 0x9000);
    for (size_t at = image.size; at < section.raw; at++)
        assert_int_equal(w.bytes[at], 0);
    const hp_span directory = hp_pe_directory(&w.pe, HP_PE_RESOURCES);
    assert_ptr_equal(directory.at, w.bytes + section.raw);
    hp_pe_section_get(&w.pe, 4, &section); // the old one stays where it is
    assert_string_equal(section.name, ".rsrc0");
    assert_int_equal(section.rva, PE_RSRC);
    assert_int_equal(pe_get_32(&image, image.optional + 8) + 0x400,
                     w.bytes[image.optional + 8] | w.bytes[image.optional + 9] << 8);
    free(w.bytes);
}

static void checksum_is_right_if_there_was_one(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_image(HP_ARCH_X64, (i ? PE_CHECKSUM : 0) | PE_OVERLAY);
        written w = write_resource(&pe, NAME, "odd");
        assert_int_equal(w.pe.checksum, i ? pe_checksum(w.bytes, w.size, image.optional + 64) : 0);
        w.bytes[0x500] ^= 1;
        hp_pe_write_checksum(w.bytes, w.size);
        assert_int_equal(hp_pe_open(w.bytes, w.size, &w.pe, NULL), S_OK);
        assert_int_equal(w.pe.checksum, i ? pe_checksum(w.bytes, w.size, image.optional + 64) : 0);
        free(w.bytes);
    }
    open_image(HP_ARCH_X64, PE_CHECKSUM | PE_OVERLAY); // of an odd size
    const uint32_t sum = pe.checksum;
    hp_pe_write_checksum(image.bytes, image.size);
    assert_int_equal(pe_get_32(&image, image.optional + 64), sum);
    hp_pe_write_checksum(image.bytes, 10); // no image: nothing happens
}

static void taking_it_away_gives_the_file_back(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2 * KINDS; i++) {
        open_image(i % 2 ? HP_ARCH_X64 : HP_ARCH_X86, every_kind[i / 2]);
        written one = write_resource(&pe, NAME, "the first table, a long one");
        written two = write_resource(&one.pe, NAME, "the second");
        written away = write_resource(&two.pe, NAME, NULL);
        assert_int_equal(two.size, one.size); // not one section more
        assert_int_equal(away.size, image.size);
        assert_memory_equal(away.bytes, image.bytes, image.size);
        free(one.bytes);
        free(two.bytes);
        free(away.bytes);
    }
}

static void preparing_twice_is_preparing_once(void **state) {
    (void)state;
    open_image(HP_ARCH_X86, PE_RESOURCES | PE_CHECKSUM | PE_OVERLAY);
    written once = write_resource(&pe, NAME, "the table");
    written other = write_resource(&once.pe, NAME, "something that is much longer, and does not stay");
    written twice = write_resource(&other.pe, NAME, "the table");
    assert_int_equal(once.size, twice.size);
    assert_memory_equal(once.bytes, twice.bytes, once.size);
    free(once.bytes);
    free(other.bytes);
    free(twice.bytes);
}

// Whoever changed the image without a new sum gets the old one back.
static void checksum_that_was_wrong_comes_back(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES);
    pe_put_32(&image, image.optional + 64, 0x12345);
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, NULL), S_OK);
    written w = write_resource(&pe, NAME, "the table");
    assert_int_equal(w.pe.checksum, pe_checksum(w.bytes, w.size, image.optional + 64));
    written away = write_resource(&w.pe, NAME, NULL);
    assert_memory_equal(away.bytes, image.bytes, image.size);
    free(w.bytes);
    free(away.bytes);
}

static void taking_away_what_is_not_there_changes_nothing(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES | PE_CHECKSUM);
    written away = write_resource(&pe, NAME, NULL);
    assert_int_equal(away.size, image.size);
    assert_memory_equal(away.bytes, image.bytes, image.size);
    free(away.bytes);
}

// It is there twice then, in the old section too, but only one is to be found.
static void resource_that_the_linker_made_is_replaced(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES);
    written w = write_resource(&pe, "ALPHA", "ours");
    assert_int_equal(hp_pe_rcdata(&w.pe, "BETA").size, 9);
    written same = write_resource(&w.pe, "ALPHA", "zweites"); // content as before
    written away = write_resource(&same.pe, "ALPHA", NULL);
    assert_int_equal(hp_pe_rcdata(&away.pe, "BETA").size, 9);
    free(w.bytes);
    free(same.bytes);
    free(away.bytes);
}

static void two_of_ours_live_in_one_section(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES);
    written one = write_resource(&pe, NAME, "one");
    written two = write_resource(&one.pe, "A.SECOND_1", "two");
    assert_int_equal(two.pe.section_count, one.pe.section_count);
    written left = write_resource(&two.pe, NAME, NULL);
    assert_memory_equal(hp_pe_rcdata(&left.pe, "A.SECOND_1").at, "two", 3);
    written none = write_resource(&left.pe, "A.SECOND_1", NULL);
    assert_int_equal(none.size, image.size);
    assert_memory_equal(none.bytes, image.bytes, image.size);
    free(one.bytes);
    free(two.bytes);
    free(left.bytes);
    free(none.bytes);
}

// UpdateResource writes the whole section anew, appended data moves the end of the file: ours is then a
// section like any other, and nothing in it is overwritten.
static void section_that_others_changed_is_left_alone(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES);
    for (unsigned i = 0; i < 3; i++) {
        written w = write_resource(&pe, NAME, "the table");
        hp_pe_section section;
        hp_pe_section_get(&w.pe, 5, &section);
        const size_t size = w.size + 1;
        unsigned char *changed = realloc(w.bytes, size);
        assert_non_null(changed);
        changed[size - 1] = 'x';
        if (i == 0)
            changed[section.raw + section.size - 20] ^= 1; // in the note
        if (i == 1)
            changed[pe_section(&image, 4)] ^= 1; // ".rsrc0" has another name now
        assert_int_equal(hp_pe_open(changed, i < 2 ? size - 1 : size, &w.pe, NULL), S_OK);
        written again = write_resource(&w.pe, NAME, "another table");
        assert_int_equal(again.pe.section_count, 7);
        written away = write_resource(&again.pe, NAME, NULL);
        assert_int_equal(hp_pe_rcdata(&away.pe, "BETA").size, 9);
        free(changed);
        free(again.bytes);
        free(away.bytes);
    }
}

static void driver_alignment_keeps_file_and_memory_alike(void **state) {
    (void)state;
    pe_build_low(&image, HP_ARCH_X64);
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, NULL), S_OK);
    written w = write_resource(&pe, NAME, "the table");
    hp_pe_section section;
    hp_pe_section_get(&w.pe, 2, &section);
    assert_int_equal(section.rva, section.raw);
    written away = write_resource(&w.pe, NAME, NULL);
    assert_int_equal(away.size, image.size);
    assert_memory_equal(away.bytes, image.bytes, image.size);
    free(w.bytes);
    free(away.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_headers_change),
        cmocka_unit_test(new_section_is_the_last_in_memory_and_in_the_file),
        cmocka_unit_test(checksum_is_right_if_there_was_one),
        cmocka_unit_test(taking_it_away_gives_the_file_back),
        cmocka_unit_test(preparing_twice_is_preparing_once),
        cmocka_unit_test(checksum_that_was_wrong_comes_back),
        cmocka_unit_test(taking_away_what_is_not_there_changes_nothing),
        cmocka_unit_test(resource_that_the_linker_made_is_replaced),
        cmocka_unit_test(two_of_ours_live_in_one_section),
        cmocka_unit_test(section_that_others_changed_is_left_alone),
        cmocka_unit_test(driver_alignment_keeps_file_and_memory_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
