// A resource is added to an image whose section table fills the headers: these move down over the DOS
// program, by one section header, and come back.
#include "pe_build_test.h"

#include "tools/image/pe_write.h"

#define NAME "HOTPATCHDATA"
enum { HEADER = 40, NEW_HEADER = 60, DOS_HEADER = 64, SUBSYSTEM = 68 };

/* What hp_pe_write_rcdata gives. */
typedef struct written {
    unsigned char *bytes;
    size_t size;
    hp_pe pe;
} written;

static written write_resource(const hp_pe *from, const char *data) {
    written w;
    const char *reason = "not asked";
    if (hp_pe_write_rcdata(from, NAME, data, data ? strlen(data) : 0, &w.bytes, &w.size, NULL, &reason) !=
        S_OK)
        fail_msg("refused: %s", reason);
    assert_int_equal(hp_pe_open(w.bytes, w.size, &w.pe, NULL), S_OK);
    const hp_span found = hp_pe_rcdata(&w.pe, NAME);
    assert_int_equal(found.size, data ? strlen(data) : 0);
    if (data)
        assert_memory_equal(found.at, data, found.size);
    return w;
}

static void expect_no_room(const hp_pe *from) {
    unsigned char *copy = image.bytes;
    size_t size = 1;
    const char *reason = NULL;
    assert_int_equal(hp_pe_write_rcdata(from, NAME, "data", 4, &copy, &size, NULL, &reason), HP_E_IMAGE_ROOM);
    assert_null(copy);
    assert_int_equal(size, 0);
    assert_non_null(reason);
}

/* Taken away again, of which nothing is left; gives w's memory back. */
static void expect_original(written w) {
    written away = write_resource(&w.pe, NULL);
    assert_int_equal(away.size, image.size);
    assert_memory_equal(away.bytes, image.bytes, image.size);
    free(away.bytes);
    free(w.bytes);
}

static size_t table_end(const hp_pe *of) {
    return of->sections + of->section_count * (size_t)HEADER;
}

/* Full images: what lld links, and what others do. */
static const unsigned every_kind[] = {
    PE_FULL | PE_SHORT_STUB,
    PE_FULL,
    PE_FULL | PE_SHORT_STUB | PE_CHECKSUM | PE_OVERLAY,
    PE_FULL | PE_SHORT_STUB | PE_RESOURCES,
    PE_FULL | PE_RESOURCES | PE_SYMBOLS | PE_OVERLAY | PE_CHECKSUM,
};
enum { KINDS = sizeof every_kind / sizeof *every_kind };

static void open_kind(unsigned i) {
    open_image(i % 2 ? HP_ARCH_X64 : HP_ARCH_X86, every_kind[i / 2]);
    assert_true(pe.headers_size - table_end(&pe) < HEADER);
}

// As the issue was: 16 sections end where the headers do.
static void header_may_end_where_the_headers_end(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_FULL | PE_SHORT_STUB);
    assert_int_equal(table_end(&pe), PE_HEADERS);
    assert_int_equal(pe.section_count, 16);
    pe_put_32(&image, pe_section(&image, 15) + 24, 0x1234); // relocations, of no meaning in an image
    open_again();
    written w = write_resource(&pe, "the table");
    assert_memory_equal(w.bytes + table_end(&w.pe) - 16, "\0\0\0\0\0\0\0\0\0\0\0\0", 12); // not its own
    assert_int_equal(table_end(&w.pe), PE_HEADERS);
    assert_int_equal(w.pe.section_count, 17);
    assert_int_equal(w.pe.headers, 0x50);
    free(w.bytes);
}

static void headers_move_by_one_section_header(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2 * KINDS; i++) {
        open_kind(i);
        written w = write_resource(&pe, "the table");
        assert_int_equal(w.pe.headers, pe.headers - HEADER);
        assert_int_equal(w.pe.headers % 8, 0);
        assert_int_equal(w.pe.section_count, pe.section_count + 1);
        assert_int_equal(w.pe.headers_size, pe.headers_size);
        assert_int_equal(table_end(&w.pe), table_end(&pe));
        assert_true(hp_pe_fingerprint(&w.pe) == hp_pe_fingerprint(&pe));
        assert_int_equal(w.pe.symbol_count, pe.symbol_count);
        for (unsigned k = 0; k < pe.section_count; k++) {
            const unsigned char *now = w.bytes + w.pe.sections + k * (size_t)HEADER;
            const unsigned char *before = image.bytes + pe_section(&image, k);
            assert_memory_equal(now + 8, before + 8, HEADER - 8);
            assert_memory_equal(now, memcmp(before, ".rsrc", 6) ? (const char *)before : ".rsrc0", 6);
        }
        free(w.bytes);
    }
}

static void nothing_else_changes(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2 * KINDS; i++) {
        open_kind(i);
        written w = write_resource(&pe, "the table");
        assert_memory_equal(w.bytes, image.bytes, NEW_HEADER);
        assert_memory_equal(w.bytes + DOS_HEADER, image.bytes + DOS_HEADER, w.pe.headers - DOS_HEADER);
        const size_t end = table_end(&pe);
        assert_memory_equal(w.bytes + end, image.bytes + end, image.size - end);
        free(w.bytes);
    }
}

static void slack_is_used_where_it_is(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_SHORT_STUB);
    written w = write_resource(&pe, "the table");
    assert_int_equal(w.pe.headers, 0x78);
    expect_original(w);
}

static void what_stands_behind_the_table_stays(void **state) {
    (void)state;
    for (size_t at = 0; at < HEADER; at++) { // bound imports like to be there
        open_image(HP_ARCH_X64, PE_RESOURCES);
        const size_t behind = pe_section(&image, 5) + at;
        image.bytes[behind] = 1;
        written w = write_resource(&pe, "the table");
        assert_int_equal(w.pe.headers, pe.headers - HEADER);
        assert_int_equal(w.bytes[behind], 1);
        expect_original(w);
    }
}

static void taking_it_away_gives_the_file_back(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2 * KINDS; i++) {
        open_kind(i);
        written one = write_resource(&pe, "the first table, a long one");
        written two = write_resource(&one.pe, "the second");
        assert_int_equal(two.pe.headers, pe.headers - HEADER); // not another one down
        assert_int_equal(two.pe.section_count, pe.section_count + 1);
        free(one.bytes);
        expect_original(two);
    }
}

static void preparing_twice_is_preparing_once(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2 * KINDS; i++) {
        open_kind(i);
        written once = write_resource(&pe, "the table");
        written other = write_resource(&once.pe, "something that is much longer, and does not stay");
        written twice = write_resource(&other.pe, "the table");
        assert_int_equal(once.size, twice.size);
        assert_memory_equal(once.bytes, twice.bytes, once.size);
        free(once.bytes);
        free(other.bytes);
        free(twice.bytes);
    }
}

static void checksum_is_right_where_the_headers_are_now(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) { // with the right one, and with a wrong one, which comes back
        open_image(HP_ARCH_X64, PE_FULL | PE_SHORT_STUB | PE_CHECKSUM | PE_OVERLAY);
        pe_put_32(&image, image.optional + 64, pe.checksum + i);
        open_again();
        written w = write_resource(&pe, "the table");
        const size_t field = image.optional - HEADER + 64;
        assert_int_equal(w.pe.checksum, pe_checksum(w.bytes, w.size, field));
        w.bytes[0x500] ^= 1;
        hp_pe_write_checksum(w.bytes, w.size);
        assert_int_equal(hp_pe_open(w.bytes, w.size, &w.pe, NULL), S_OK);
        assert_int_equal(w.pe.checksum, pe_checksum(w.bytes, w.size, field));
        w.bytes[0x500] ^= 1;
        hp_pe_write_checksum(w.bytes, w.size);
        expect_original(w);
    }
}

static void move_headers(size_t to) {
    memmove(image.bytes + to, image.bytes + pe.headers, table_end(&pe) - pe.headers);
    pe_put_32(&image, NEW_HEADER, (uint32_t)to); // what they leave stands behind the table
    open_again();
}

static void headers_never_reach_the_dos_header(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86, PE_FULL | PE_NO_STUB);
        expect_no_room(&pe);
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86, 0);
        move_headers(DOS_HEADER + HEADER - 8);
        expect_no_room(&pe);
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86, 0);
        move_headers(DOS_HEADER + HEADER);
        written w = write_resource(&pe, "the table");
        assert_int_equal(w.pe.headers, DOS_HEADER);
        expect_original(w);
    }
}

// Tiny programs keep their code and tables wherever there is a place.
static void headers_that_are_more_than_headers_stay(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_FULL);
    const size_t debug = image.directories + 8 * HP_PE_DEBUG, end = table_end(&pe);
    const uint32_t begin = (uint32_t)pe.headers - HEADER;
    const struct {
        uint32_t at, size;
        int is_used;
    } places[] = {{begin, 0, 1},          {begin - 8, 8, 0}, {begin - 8, 9, 1}, {(uint32_t)end - 1, 0, 1},
                  {(uint32_t)end, 20, 0}, {8, 0xFFFFFFFF, 1}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        pe_put_32(&image, debug, places[i].at);
        pe_put_32(&image, debug + 4, places[i].size);
        open_again();
        if (places[i].is_used)
            expect_no_room(&pe);
        else
            expect_original(write_resource(&pe, "the table"));
    }
    open_image(HP_ARCH_X64, PE_FULL);
    pe_put_32(&image, image.optional + 16, begin); // the entry point
    open_again();
    expect_no_room(&pe);
}

static void change_in_the_headers_survives(void **state) {
    (void)state;
    open_image(HP_ARCH_X86, PE_FULL | PE_SHORT_STUB);
    written w = write_resource(&pe, "the table");
    w.bytes[w.pe.optional + SUBSYSTEM] = 3; // editbin /subsystem
    image.bytes[image.optional + SUBSYSTEM] = 3;
    expect_original(w);
}

// The section is then one like any other, and where the headers were before is nobody's business.
static void note_that_others_made_wrong_is_not_used(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_image(HP_ARCH_X64, PE_FULL);
        written w = write_resource(&pe, "the table");
        hp_pe_section last;
        hp_pe_section_get(&w.pe, (uint16_t)(w.pe.section_count - 1), &last);
        if (i == 0) { // the bytes of the DOS program, in the note
            w.bytes[last.raw + last.size - 16] ^= 1;
        } else { // the headers moved again
            memmove(w.bytes + w.pe.headers - 8, w.bytes + w.pe.headers, table_end(&w.pe) - w.pe.headers);
            w.bytes[NEW_HEADER] = (unsigned char)(w.pe.headers - 8);
        }
        assert_int_equal(hp_pe_open(w.bytes, w.size, &w.pe, NULL), S_OK);
        expect_no_room(&w.pe);
        free(w.bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_may_end_where_the_headers_end),
        cmocka_unit_test(headers_move_by_one_section_header),
        cmocka_unit_test(nothing_else_changes),
        cmocka_unit_test(slack_is_used_where_it_is),
        cmocka_unit_test(what_stands_behind_the_table_stays),
        cmocka_unit_test(taking_it_away_gives_the_file_back),
        cmocka_unit_test(preparing_twice_is_preparing_once),
        cmocka_unit_test(checksum_is_right_where_the_headers_are_now),
        cmocka_unit_test(headers_never_reach_the_dos_header),
        cmocka_unit_test(headers_that_are_more_than_headers_stay),
        cmocka_unit_test(change_in_the_headers_survives),
        cmocka_unit_test(note_that_others_made_wrong_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
