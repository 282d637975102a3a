// The resources of an image, copied: all of them, sorted, each with what belongs to it.
#include "pe_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/image/pe_tree.h"
#include "tools/image/pe_write.h"

static pe_image image;
static hp_pe pe;
static char text[4096];

static void open_image(hp_arch arch) {
    pe_build(&image, arch, PE_RESOURCES);
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, NULL), S_OK);
}

static uint32_t get_32(hp_span tree, size_t at) {
    assert_true(at + 4 <= tree.size);
    const unsigned char *b = tree.at + at;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void say(const char *format, unsigned number) {
    const size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, format, number);
}

// The data of a leaf, and its code page.
static void say_data(const hp_pe *from, hp_span tree, uint32_t at) {
    const hp_span data = hp_pe_bytes(from, get_32(tree, at), get_32(tree, at + 4));
    say("(%u):", get_32(tree, at + 8));
    for (size_t i = 0; i < data.size; i++)
        say("%c", data.at[i]);
    assert_int_equal(get_32(tree, at) % 8, 0);
    assert_int_equal(get_32(tree, at + 12), 0);
}

// A tree as text, "TEXT/5/1031(1252):first ...": read as the specification says, without our reader. What
// stands in a directory has to ascend, names before numbers.
static void say_tree(const hp_pe *from, hp_span tree, uint32_t directory, int level, const char *path) {
    const uint32_t counts = get_32(tree, directory + 12), count = (counts & 0xFFFF) + (counts >> 16);
    char before[64] = "";
    assert_true(level < 3);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t key = get_32(tree, directory + 16 + 8 * i);
        const uint32_t target = get_32(tree, directory + 20 + 8 * i);
        char here[64] = "", longer[256];
        assert_int_equal(key >> 31, i < (counts & 0xFFFF));
        if (key >> 31) {
            const unsigned length = get_32(tree, key & 0x7FFFFFFF) & 0xFFFF;
            for (unsigned k = 0; k < length; k++)
                here[k] = (char)tree.at[(key & 0x7FFFFFFF) + 2 + 2 * k];
        } else {
            snprintf(here, sizeof here, "+%010u", (unsigned)key);
        }
        if (i != (counts & 0xFFFF))
            assert_true(strcmp(before, here) <= 0);
        strcpy(before, here);
        snprintf(longer, sizeof longer, "%s%s%s", path, level ? "/" : "",
                 key >> 31 ? here : here + 1 + strspn(here + 1, "0"));
        assert_int_equal(target >> 31, level < 2);
        if (level < 2) {
            say_tree(from, tree, target & 0x7FFFFFFF, level + 1, longer);
        } else {
            snprintf(text + strlen(text), sizeof text - strlen(text), " %s", longer);
            say_data(from, tree, target);
        }
    }
}

// What is in the tree when this is added to the image.
static void expect_tree(const char *name, const char *data, const char *expected) {
    unsigned char *copy;
    size_t size;
    hp_pe written;
    assert_int_equal(hp_pe_write_rcdata(&pe, name, data, data ? strlen(data) : 0, &copy, &size, NULL, NULL),
                     S_OK);
    assert_int_equal(hp_pe_open(copy, size, &written, NULL), S_OK);
    text[0] = 0;
    say_tree(&written, hp_pe_directory(&written, HP_PE_RESOURCES), 0, 0, "");
    assert_string_equal(text, expected);
    free(copy);
}

static void everything_is_copied(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86);
        expect_tree("AZ", "new",
                    " TEXT/5/1031(1252):first 10/ALPHA/1031(0):zweites 10/ALPHA/1033(65001):second"
                    " 10/AZ/(0):new 10/BETA/(0):third one 10/7/(0):4 16/1/1033(0):the fifth resource");
        expect_tree("ALPHA", "in all languages",
                    " TEXT/5/1031(1252):first 10/ALPHA/(0):in all languages 10/BETA/(0):third one"
                    " 10/7/(0):4 16/1/1033(0):the fifth resource");
        expect_tree("ALPHA", NULL,
                    " TEXT/5/1031(1252):first 10/BETA/(0):third one 10/7/(0):4"
                    " 16/1/1033(0):the fifth resource");
    }
}

static void first_resource_is_all_there_is(void **state) {
    (void)state;
    pe_build(&image, HP_ARCH_X64, 0);
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, NULL), S_OK);
    expect_tree("HOTPATCHDATA", "new", " 10/HOTPATCHDATA/(0):new");
    expect_tree("HOTPATCHDATA", "", " 10/HOTPATCHDATA/(0):");
}

// Trees that no linker makes, but that can be read: they come out as they should have been.
static void disorder_is_put_in_order(void **state) {
    (void)state;
    open_image(HP_ARCH_X64);
    pe_put_32(&image, image.tree + 16 + 8, 77);  // RCDATA is type 77, the next one 10
    pe_put_32(&image, image.tree + 16 + 16, 10); // which now lacks a place before it
    expect_tree("Z", "new",
                " TEXT/5/1031(1252):first 10/Z/(0):new 10/1/1033(0):the fifth resource"
                " 77/ALPHA/1031(0):zweites 77/ALPHA/1033(65001):second 77/BETA/(0):third one 77/7/(0):4");
    open_image(HP_ARCH_X64);
    pe_put_32(&image, image.tree + 16 + 16, 10); // the same type twice
    expect_tree("Z", "new",
                " TEXT/5/1031(1252):first 10/ALPHA/1031(0):zweites 10/ALPHA/1033(65001):second"
                " 10/BETA/(0):third one 10/Z/(0):new 10/1/1033(0):the fifth resource 10/7/(0):4");
}

static void equal_keys_keep_their_order(void **state) {
    (void)state;
    hp_pe_tree tree = {0};
    static const char *const data[] = {"c", "a", "b"};
    for (unsigned i = 0; i < 40; i++) {
        hp_pe_tree_leaf leaf = {.key = {{.id = 10}, {.id = 1}, {.id = i / 20}},
                                .data = {(const unsigned char *)data[i % 3], 1}};
        assert_int_equal(hp_pe_tree_add(&tree, &leaf), S_OK);
    }
    hp_pe_tree_sort(&tree);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(tree.leaves[i].data.at[0], *data[i % 3]);
    hp_pe_tree_free(&tree);
    assert_int_equal(tree.count, 0);
}

static void measure_is_what_is_written(void **state) {
    (void)state;
    open_image(HP_ARCH_X86);
    hp_pe_tree tree;
    assert_int_equal(hp_pe_tree_read(&pe, &tree), S_OK);
    assert_int_equal(tree.count, 6);
    hp_pe_tree_sort(&tree);
    const size_t size = (size_t)hp_pe_tree_lay(&tree, 0, NULL, 0, NULL);
    unsigned char *bytes = calloc(1, size); // the sanitizer sees one byte too many
    size_t place = 0;
    assert_non_null(bytes);
    assert_int_equal(hp_pe_tree_lay(&tree, PE_RSRC, bytes, 5, &place), size);
    assert_int_equal(place, size - strlen("the fifth resource"));
    assert_memory_equal(bytes + place, "the fifth resource", size - place);
    free(bytes);
    hp_pe_tree_free(&tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_copied),       cmocka_unit_test(first_resource_is_all_there_is),
        cmocka_unit_test(disorder_is_put_in_order),   cmocka_unit_test(equal_keys_keep_their_order),
        cmocka_unit_test(measure_is_what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
