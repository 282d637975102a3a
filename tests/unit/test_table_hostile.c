// Tables that lie: each thing that hp_table_open checks is damaged alone and the hash made right again.
#include "unit/table_sample.h"

static made_table sound(void) {
    return make_table(&sample_about, sample, SAMPLES);
}

/** Opens a copy of exactly these bytes; expects a refusal that leaves nothing behind. */
static void require_refused(const unsigned char *bytes, size_t size, HRESULT expected,
                            const char *expected_reason, const char *what) {
    unsigned char *exact = malloc(size ? size : 1);
    if (size > 0)
        memcpy(exact, bytes, size);
    hp_table table, zero;
    memset(&table, 0x55, sizeof table);
    memset(&zero, 0, sizeof zero);
    const char *reason = NULL;
    HRESULT hr = hp_table_open(exact, size, &table, &reason);
    if (hr != expected || !reason || (expected_reason && strcmp(reason, expected_reason) != 0))
        fail_msg("%s: 0x%08x, %s", what, (unsigned)hr, reason ? reason : "NULL");
    assert_memory_equal(&table, &zero, sizeof table);
    assert_int_equal(hp_table_open(exact, size, &table, NULL), expected);
    free(exact);
}

/** A sound table, a change to it (made; at: the function that is named), a right hash, and a refusal. */
#define DAMAGE_AT(name, change, reason)                                                                      \
    do {                                                                                                     \
        made_table made = sound();                                                                           \
        unsigned char *at = sample_at(made, name);                                                           \
        change;                                                                                              \
        (void)at;                                                                                            \
        reseal(made);                                                                                        \
        require_refused(made.bytes, made.size, HP_E_TABLE_DAMAGED, reason, #change);                         \
        free(made.bytes);                                                                                    \
    } while (0)
#define DAMAGE(change, reason) DAMAGE_AT("strange", change, reason)

/** Add to a little-endian number. */
static void add(unsigned char *at, unsigned bytes, int64_t difference) {
    hp_table_put(at, bytes, hp_table_number(at, bytes) + (uint64_t)difference);
}

static unsigned char *head(made_table made, size_t offset) {
    return made.bytes + offset;
}

static void the_header_is_believed_in_nothing(void **state) {
    (void)state;
    DAMAGE(head(made, HP_TABLE_AT_MAGIC)[0] ^= 0x20, "it does not begin like a table");
    DAMAGE(add(head(made, HP_TABLE_AT_HEADER), 2, 4), "its header has another size");
    DAMAGE(head(made, HP_TABLE_AT_ARCH)[0] = 0, "its architecture is unknown");
    DAMAGE(head(made, HP_TABLE_AT_ARCH)[0] = 3, "its architecture is unknown");
    for (unsigned i = 0; i < 3; i++)
        DAMAGE(head(made, HP_TABLE_AT_ZERO_3)[i] = 1, "a reserved byte of its header is not zero");
    for (unsigned i = 0; i < 4; i++)
        DAMAGE(head(made, HP_TABLE_AT_ZERO_4)[i] = 0x80, "a reserved byte of its header is not zero");
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_WRITER), 4, hp_table_u32(head(made, HP_TABLE_AT_TEXT_SIZE))),
           "the name of its writer lies outside of the texts");
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_WRITER), 4, UINT32_MAX),
           "the name of its writer lies outside of the texts");
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_IMAGE_SIZE), 4, SAMPLE_IMAGE - 1),
           "a function lies outside of the image");
}

static void another_version_is_no_damage(void **state) {
    (void)state;
    made_table made = sound();
    for (int version = 0; version < 65536; version += version < 4 ? 1 : 771) {
        if (version == HP_TABLE_VERSION)
            continue;
        hp_table_put(made.bytes + HP_TABLE_AT_VERSION, 2, (uint64_t)version);
        require_refused(made.bytes, made.size, HP_E_TABLE_VERSION, "its version is another one", "version");
    }
    free(made.bytes);
}

static void sizes_and_counts_add_up_without_overflow(void **state) {
    (void)state;
    static const char sum[] = "its parts do not add up to its size";
    static const char impossible[] = "its size is impossible";
    // The hash is over what the size says, so this one comes first.
    DAMAGE(add(head(made, HP_TABLE_AT_BYTES), 4, 1), "it ends too early");
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BYTES), 4, HP_TABLE_MAX_BYTES), "it ends too early");
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BYTES), 4, HP_TABLE_MAX_BYTES + 1), impossible);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BYTES), 4, UINT32_MAX), impossible);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BYTES), 4, HP_TABLE_HEADER - 1), impossible);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BYTES), 4, 0), impossible);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BYTES), 4, HP_TABLE_HEADER), "something stands behind it");

    DAMAGE(add(head(made, HP_TABLE_AT_COUNT), 4, 1), sum);
    DAMAGE(add(head(made, HP_TABLE_AT_COUNT), 4, -1), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_COUNT), 4, HP_TABLE_MAX_FUNCTIONS), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_COUNT), 4, HP_TABLE_MAX_FUNCTIONS + 1),
           "it has more functions than a table can have");
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_COUNT), 4, UINT32_MAX),
           "it has more functions than a table can have");
    static const uint32_t no_powers[] = {0, 3, 5, 6, 0x80000001u, UINT32_MAX};
    for (size_t i = 0; i < sizeof no_powers / sizeof *no_powers; i++)
        DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BUCKETS), 4, no_powers[i]),
               "the number of its buckets is no power of two");
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BUCKETS), 4, 2), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_BUCKETS), 4, 0x80000000u), sum);
    // 4 times so many buckets are 2^32 more bytes: with 32 bits the sum would be right
    DAMAGE((hp_table_put(head(made, HP_TABLE_AT_BUCKETS), 4, 0x40000000u),
            add(head(made, HP_TABLE_AT_TEXT_SIZE), 4, 4 * 4)),
           sum);
    DAMAGE(add(head(made, HP_TABLE_AT_FILES), 4, 1), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_FILES), 4, HP_TABLE_MAX_FILES), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_FILES), 4, HP_TABLE_MAX_FILES + 1),
           "it has more source files than a table can have");
    DAMAGE(add(head(made, HP_TABLE_AT_FILES), 4, 0x40000000),
           "it has more source files than a table can have");
    DAMAGE(add(head(made, HP_TABLE_AT_TEXT_SIZE), 4, 1), sum);
    DAMAGE(add(head(made, HP_TABLE_AT_TEXT_SIZE), 4, -1), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_TEXT_SIZE), 4, UINT32_MAX), sum);
    DAMAGE(add(head(made, HP_TABLE_AT_SIGNATURE_SIZE), 4, 1), sum);
    DAMAGE(add(head(made, HP_TABLE_AT_SIGNATURE_SIZE), 4, -1), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_SIGNATURE_SIZE), 4, UINT32_MAX), sum);
    DAMAGE(add(head(made, HP_TABLE_AT_DEFINITIONS), 4, 1), sum);
    DAMAGE(add(head(made, HP_TABLE_AT_DEFINITIONS), 4, -1), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_DEFINITIONS), 4, HP_TABLE_MAX_DEFINITIONS), sum);
    DAMAGE(hp_table_put(head(made, HP_TABLE_AT_DEFINITIONS), 4, HP_TABLE_MAX_DEFINITIONS + 1),
           "it has more definitions than a table can have");
    DAMAGE(add(head(made, HP_TABLE_AT_DEFINITIONS), 4, 0x20000000), // 2^32 more bytes
           "it has more definitions than a table can have");
}

static void behind_the_table_there_are_at_most_seven_zero_bytes(void **state) {
    (void)state;
    made_table made = sound();
    unsigned char *padded = calloc(1, made.size + 8);
    memcpy(padded, made.bytes, made.size);
    hp_table table;
    for (size_t more = 0; more < 8; more++) {
        assert_int_equal(hp_table_open(padded, made.size + more, &table, NULL), S_OK);
        padded[made.size + more] = 1;
        require_refused(padded, made.size + more + 1, HP_E_TABLE_DAMAGED, "something stands behind it",
                        "padding");
        padded[made.size + more] = 0;
    }
    require_refused(padded, made.size + 8, HP_E_TABLE_DAMAGED, "something stands behind it", "padding");
    free(padded);
    free(made.bytes);
}

static void a_table_that_ends_anywhere_is_refused(void **state) {
    (void)state;
    made_table made = sound();
    for (size_t size = 0; size < made.size; size++)
        require_refused(made.bytes, size, HP_E_TABLE_DAMAGED,
                        size < HP_TABLE_HEADER ? "it ends within its header" : "it ends too early",
                        "cut off");
    free(made.bytes);
}

static void each_byte_counts(void **state) {
    (void)state;
    made_table made = sound();
    for (size_t i = 0; i < made.size; i++) {
        for (unsigned flip = 1; flip < 256; flip = flip == 128 ? 255 : 2 * flip) {
            made.bytes[i] ^= (unsigned char)flip;
            const int is_version = i == HP_TABLE_AT_VERSION || i == HP_TABLE_AT_VERSION + 1;
            hp_table table;
            if (hp_table_open(made.bytes, made.size, &table, NULL) !=
                (is_version ? HP_E_TABLE_VERSION : HP_E_TABLE_DAMAGED))
                fail_msg("byte %zu, 0x%02x", i, flip);
            made.bytes[i] ^= (unsigned char)flip;
            if (flip == 255)
                break;
        }
    }
    made.bytes[HP_TABLE_AT_HASH + 7] ^= 1;
    require_refused(made.bytes, made.size, HP_E_TABLE_DAMAGED, "its hash does not fit its contents", "hash");
    free(made.bytes);
}

static unsigned char *first_signature(made_table made) {
    return made.bytes + made.size - hp_table_u32(made.bytes + HP_TABLE_AT_SIGNATURE_SIZE);
}

static unsigned char *first_text(made_table made) {
    return first_signature(made) - hp_table_u32(made.bytes + HP_TABLE_AT_TEXT_SIZE);
}

static unsigned char *files(made_table made) {
    return first_text(made) - (size_t)4 * hp_table_u32(made.bytes + HP_TABLE_AT_FILES) -
           (size_t)HP_TABLE_DEFINITION * hp_table_u32(made.bytes + HP_TABLE_AT_DEFINITIONS);
}

static void texts_begin_and_end_inside(void **state) {
    (void)state;
    static const char no_signature[] = "a signature does not begin where one does";
    static const char ends[] = "its texts do not begin and end as texts do";
    DAMAGE(first_text(made)[0] = 'x', ends);
    DAMAGE(first_signature(made)[-1] = 'x', ends);
    DAMAGE(made.bytes[made.size - 1] = 'x', "its signatures do not end as texts do");
    for (unsigned i = 0; i < 3; i++) {
        DAMAGE(hp_table_put(files(made) + (size_t)4 * i, 4, hp_table_u32(head(made, HP_TABLE_AT_TEXT_SIZE))),
               "the name of a source file lies outside of the texts");
        DAMAGE(hp_table_put(files(made) + (size_t)4 * i, 4, UINT32_MAX),
               "the name of a source file lies outside of the texts");
    }
    for (unsigned i = 0; i < SAMPLES; i++) {
        const char *name = sample[i].name;
        DAMAGE_AT(name,
                  hp_table_put(at + HP_TABLE_AT_NAME, 4, hp_table_u32(head(made, HP_TABLE_AT_TEXT_SIZE))),
                  "the name of a function lies outside of the texts");
        DAMAGE_AT(
            name,
            hp_table_put(at + HP_TABLE_AT_SIGNATURE, 4, hp_table_u32(head(made, HP_TABLE_AT_SIGNATURE_SIZE))),
            no_signature);
        DAMAGE_AT(name, hp_table_put(at + HP_TABLE_AT_SIGNATURE, 4, UINT32_MAX), no_signature);
        DAMAGE_AT(name, hp_table_put(at + HP_TABLE_AT_SIGNATURE, 4, 1), no_signature);
        DAMAGE_AT(name, hp_table_put(at + HP_TABLE_AT_FILE, 2, 4), // there are 3
                  "a function names a source file that is not there");
        DAMAGE_AT(name, hp_table_put(at + HP_TABLE_AT_FILE, 2, 65535),
                  "a function names a source file that is not there");
    }
}

static void a_text_without_any_byte_is_refused(void **state) {
    (void)state;
    made_table made = make_table(&sample_about, NULL, 0);
    const uint32_t texts = hp_table_u32(made.bytes + HP_TABLE_AT_TEXT_SIZE);
    hp_table_put(made.bytes + HP_TABLE_AT_TEXT_SIZE, 4, 0);
    add(made.bytes + HP_TABLE_AT_BYTES, 4, -(int64_t)texts);
    made.size -= texts;
    reseal(made);
    require_refused(made.bytes, made.size, HP_E_TABLE_DAMAGED, "its texts do not begin and end as texts do",
                    "no texts");
    free(made.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_believed_in_nothing),
        cmocka_unit_test(another_version_is_no_damage),
        cmocka_unit_test(sizes_and_counts_add_up_without_overflow),
        cmocka_unit_test(behind_the_table_there_are_at_most_seven_zero_bytes),
        cmocka_unit_test(a_table_that_ends_anywhere_is_refused),
        cmocka_unit_test(each_byte_counts),
        cmocka_unit_test(texts_begin_and_end_inside),
        cmocka_unit_test(a_text_without_any_byte_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
