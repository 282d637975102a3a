// The function table of this very program, and of images that lie. Built several times: at
// -O0, at -O2, with --gc-sections.
#include "proxygen/functable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

HP_PATCHABLE(int, table_plain, (int a, int b)) {
    return a + b;
}
HP_EXPORT(table_plain, "i32(i32 a, i32 b)");

// Nothing but its entry refers to it.
HP_PATCHABLE(static int, table_unreferenced, (int a)) {
    return a * 3;
}

HP_PATCHABLE(int HP_STDCALL, table_stdcall, (int a, double b)) {
    return a + (int)b;
}

HP_PATCHABLE(int HP_FASTCALL, table_fastcall, (int a, int b, int c)) {
    return a - b - c;
}

static int exported_only(int a) {
    return a;
}
HP_EXPORT_AS("acme::table::exported", exported_only, "i32(i32 a)");

HP_PATCHABLE(int, table_twice, (void)) {
    return 1;
}
HP_PATCHABLE_AS("table_twice", table_plain);
HP_EXPORT_AS("table_export_twice", exported_only, "i32(i32 first)");
HP_EXPORT_AS("table_export_twice", table_plain, "i32(i32 second)");

// App and update in one source: the replacement has another function's body.
HP_PATCHABLE(int, table_replaced, (int a)) {
    return a;
}
HP_EXPORT_AS("table_replaced", exported_only, "i32(i32 a)");

// Longer than any name may be: for hp_name_check to refuse, by name.
#define TEN "abcdefghij"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
HP_EXPORT_AS(HUNDRED HUNDRED HUNDRED, exported_only, "i32(i32 a)");

static hp_functable own;

static int open_own(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    HRESULT hr = hp_functable_open(GetModuleHandleW(NULL), &own, &trouble);
    if (FAILED(hr))
        print_message("%s: %s\n", trouble.thing, trouble.detail);
    return FAILED(hr);
}

static int close_own(void **state) {
    (void)state;
    hp_functable_close(&own);
    return own.functions || own.count;
}

static const hp_function *find(const char *name) {
    return hp_functable_find(&own, name, strlen(name));
}

static void every_marked_function_is_listed_once(void **state) {
    (void)state;
    static const char *const names[] = {"table_plain",        "table_unreferenced", "table_stdcall",
                                        "table_fastcall",     "table_twice",        "acme::table::exported",
                                        "table_export_twice", "table_replaced",     HUNDRED HUNDRED HUNDRED};
    assert_int_equal(own.count, sizeof names / sizeof *names);
    for (size_t i = 0; i < own.count; i++)
        assert_non_null(find(names[i]));
    for (size_t i = 1; i < own.count; i++)
        assert_true(strcmp(own.functions[i - 1].name, own.functions[i].name) < 0);
}

static void patchable_and_export_entry_of_a_name_are_one_function(void **state) {
    (void)state;
    const hp_function *function = find("table_plain");
    assert_true(function->patchable && function->exported && !function->duplicate);
    assert_ptr_equal(function->address, (void *)(uintptr_t)table_plain);
    assert_ptr_equal(function->replacement, (void *)(uintptr_t)table_plain);
    assert_string_equal(function->signature, "i32(i32 a, i32 b)");
    assert_int_equal(function->compiler, HP_COMPILER_HERE);
}

static void function_that_only_its_entry_names_is_kept(void **state) {
    (void)state;
    const hp_function *function = find("table_unreferenced");
    assert_true(function->patchable && !function->exported && !function->signature && !function->replacement);
    int (*call)(int) = (int (*)(int))(uintptr_t)function->address;
    assert_int_equal(call(5), 15);
}

static void decorated_conventions_keep_plain_names(void **state) {
    (void)state;
    assert_ptr_equal(find("table_stdcall")->address, (void *)(uintptr_t)table_stdcall);
    assert_ptr_equal(find("table_fastcall")->address, (void *)(uintptr_t)table_fastcall);
}

static void export_without_patchable_twin_has_an_address(void **state) {
    (void)state;
    const hp_function *function = find("acme::table::exported");
    assert_true(function->exported && !function->patchable);
    assert_ptr_equal(function->address, (void *)(uintptr_t)exported_only);
    assert_ptr_equal(function->replacement, (void *)(uintptr_t)exported_only);
}

static void same_name_twice_is_flagged(void **state) {
    (void)state;
    assert_true(find("table_twice")->duplicate);
    assert_true(find("table_export_twice")->duplicate);
    assert_false(find("table_replaced")->duplicate);
}

static void target_and_replacement_of_one_name_are_told_apart(void **state) {
    (void)state;
    assert_ptr_equal(find("table_replaced")->address, (void *)(uintptr_t)table_replaced);
    assert_ptr_equal(find("table_replaced")->replacement, (void *)(uintptr_t)exported_only);
}

static void near_misses_are_not_found(void **state) {
    (void)state;
    assert_null(find(""));
    assert_null(find("table_plai"));
    assert_null(find("table_plain_"));
    assert_null(find("Table_plain"));
    assert_null(find("zzz"));
    assert_null(hp_functable_find(&own, "table_plain\0x", 13));
    assert_non_null(hp_functable_find(&own, "table_plain and more", 11)); // length, not terminator
    assert_null(hp_functable_find(&(hp_functable){0}, "x", 1));
}

// 16 bytes of filler, entry 16-aligned, a no-op of two bytes.
static void patchable_functions_have_room_and_a_no_op_entry(void **state) {
    (void)state;
    unsigned seen = 0;
    for (size_t i = 0; i < own.count; i++) {
        const unsigned char *entry = own.functions[i].address;
        if (!own.functions[i].patchable)
            continue;
        seen++;
        assert_int_equal((uintptr_t)entry % 16, 0);
        for (int j = 1; j <= 16; j++)
            assert_int_equal(entry[-j], 0x90);
        assert_int_equal(entry[1], 0x90);
        assert_int_equal(entry[0], HP_COMPILER_HERE == HP_COMPILER_CLANG ? 0x66 : 0x90);
    }
    assert_int_equal(seen, 6);
}

static void identity_is_the_headers(void **state) {
    (void)state;
    hp_identity identity;
    const unsigned char *base = (const void *)GetModuleHandleW(NULL);
    const IMAGE_NT_HEADERS *nt = (const void *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    assert_int_equal(hp_functable_identity(base, &identity), S_OK);
    assert_memory_equal(&identity, &own.identity, sizeof identity);
    assert_int_equal(identity.arch, HP_ARCH_HERE);
    assert_int_equal(identity.timestamp, nt->FileHeader.TimeDateStamp);
    assert_int_equal(identity.image_size, nt->OptionalHeader.SizeOfImage);
    assert_int_equal(identity.checksum, nt->OptionalHeader.CheckSum);
    assert_ptr_equal(own.base, base);
    assert_int_equal(own.image_size, identity.image_size);
}

static void identity_text_has_a_fixed_form(void **state) {
    (void)state;
    char text[32];
    const hp_identity identity = {HP_ARCH_X86, 0x66f0a1b2, 0x1a000, 0x12345};
    hp_functable_identity_text(&identity, text, sizeof text);
    assert_string_equal(text, "x86-66f0a1b2-0001a000-00012345");
}

static void image_without_entries_is_told_from_a_damaged_one(void **state) {
    (void)state;
    hp_functable table;
    hp_trouble trouble = {0};
    assert_int_equal(hp_functable_open(GetModuleHandleW(L"kernel32.dll"), &table, &trouble),
                     HP_E_TABLE_MISSING);
    assert_int_equal(trouble.result, HP_E_TABLE_MISSING);
    assert_int_equal(hp_functable_open(NULL, &table, NULL), HP_E_TABLE_DAMAGED);
    assert_int_equal(hp_functable_open((void *)(uintptr_t)0x10001, &table, NULL), HP_E_TABLE_DAMAGED);
}

// --- images that lie ---

enum { PAGE = 4096, PAGES = 3, IMAGE_SIZE = PAGES * PAGE };

// An image: headers in the first page, entries in the second, strings in the third.
// Nothing behind it can be read.
typedef struct image {
    unsigned char *base;
    IMAGE_DOS_HEADER *dos;
    IMAGE_NT_HEADERS *nt;
    IMAGE_SECTION_HEADER *section; // two
    hp_function_entry *entry;      // three
    char *strings;
} image;

static image make_image(void) {
    image made;
    made.base = VirtualAlloc(NULL, IMAGE_SIZE + PAGE, MEM_RESERVE, PAGE_NOACCESS);
    assert_non_null(made.base);
    assert_non_null(VirtualAlloc(made.base, IMAGE_SIZE, MEM_COMMIT, PAGE_READWRITE));
    made.dos = (void *)made.base;
    made.dos->e_magic = IMAGE_DOS_SIGNATURE;
    made.dos->e_lfanew = 0x80;
    made.nt = (void *)(made.base + 0x80);
    made.nt->Signature = IMAGE_NT_SIGNATURE;
    made.nt->FileHeader.Machine = HP_X64 ? IMAGE_FILE_MACHINE_AMD64 : IMAGE_FILE_MACHINE_I386;
    made.nt->FileHeader.NumberOfSections = 2;
    made.nt->FileHeader.SizeOfOptionalHeader = sizeof made.nt->OptionalHeader;
    made.nt->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR_MAGIC;
    made.nt->OptionalHeader.SizeOfImage = IMAGE_SIZE;
    made.section = (void *)(made.nt + 1);
    memcpy(made.section[0].Name, ".hpfn2", 6);
    memcpy(made.section[1].Name, ".hpfn", 5);
    made.section[1].VirtualAddress = PAGE;
    made.section[1].Misc.VirtualSize = 4 * sizeof *made.entry;
    made.entry = (void *)(made.base + PAGE);
    made.strings = (char *)made.base + 2 * PAGE;
    strcpy(made.strings, "name");
    strcpy(made.strings + 16, "i32()");
    made.entry[0] = (hp_function_entry){sizeof *made.entry, HP_ENTRY_EXPORT,
                                        HP_COMPILER_GNU,    made.strings,
                                        made.strings + 16,  (void (*)(void))(uintptr_t)(made.base + 64)};
    return made;
}

static HRESULT open_and_free(image *made) {
    hp_functable table;
    hp_trouble trouble = {0};
    HRESULT hr = hp_functable_open(made->base, &table, &trouble);
    assert_int_equal(trouble.result, FAILED(hr) ? hr : 0);
    if (FAILED(hr))
        assert_null(table.functions);
    hp_functable_close(&table);
    VirtualFree(made->base, 0, MEM_RELEASE);
    return hr;
}

// Applies a lie to a fresh image and expects the outcome. The lie may use `it`.
#define WITH_LIE(expected, lie)                                                                              \
    do {                                                                                                     \
        image it = make_image();                                                                             \
        lie;                                                                                                 \
        assert_int_equal(open_and_free(&it), expected);                                                      \
    } while (0)
#define DAMAGED(lie) WITH_LIE(HP_E_TABLE_DAMAGED, lie)

static void hand_made_image_is_read(void **state) {
    (void)state;
    WITH_LIE(S_OK, (void)it);
    WITH_LIE(S_OK, it.entry[3] = it.entry[0]); // padding of two entries between them
    WITH_LIE(S_OK, memmove((char *)it.entry + 3 * sizeof(void *), it.entry, sizeof *it.entry);
             memset(it.entry, 0, 3 * sizeof(void *)));
    WITH_LIE(HP_E_TABLE_MISSING, memset(it.entry, 0, sizeof *it.entry));
    WITH_LIE(HP_E_TABLE_MISSING, it.nt->FileHeader.NumberOfSections = 1);
    WITH_LIE(HP_E_TABLE_MISSING, it.nt->FileHeader.NumberOfSections = 0);
}

static void truncated_headers_are_not_read_past(void **state) {
    (void)state;
    DAMAGED(it.dos->e_magic = 0);
    DAMAGED(it.dos->e_lfanew = -4);
    DAMAGED(it.dos->e_lfanew = 0x7ffffffc);
    DAMAGED(it.dos->e_lfanew = 0x82);
    DAMAGED(it.dos->e_lfanew = IMAGE_SIZE);
    DAMAGED(it.dos->e_lfanew = IMAGE_SIZE - 4; memcpy(it.base + IMAGE_SIZE - 4, "PE\0", 4));
    DAMAGED(it.nt->Signature = 0);
    DAMAGED(it.nt->OptionalHeader.Magic = 0);
    DAMAGED(it.nt->FileHeader.SizeOfOptionalHeader = 0);
    DAMAGED(it.nt->FileHeader.SizeOfOptionalHeader = 0xffff);
    DAMAGED(it.nt->FileHeader.NumberOfSections = 0xffff);
    DAMAGED(it.nt->OptionalHeader.SizeOfImage = 0);
    DAMAGED(it.nt->OptionalHeader.SizeOfImage = 0x100);
}

static void foreign_architecture_is_identified_but_not_read(void **state) {
    (void)state;
    const WORD other = HP_X64 ? IMAGE_FILE_MACHINE_I386 : IMAGE_FILE_MACHINE_AMD64;
    DAMAGED(it.nt->FileHeader.Machine = other); // contradicts the magic
    DAMAGED(it.nt->FileHeader.Machine = IMAGE_FILE_MACHINE_ARM64);
    image it = make_image();
    hp_identity identity;
    it.nt->FileHeader.Machine = other;
    it.nt->OptionalHeader.Magic = HP_X64 ? IMAGE_NT_OPTIONAL_HDR32_MAGIC : IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    assert_int_equal(hp_functable_identity(it.base, &identity), S_OK);
    assert_int_equal(identity.arch, HP_X64 ? HP_ARCH_X86 : HP_ARCH_X64);
    assert_int_equal(open_and_free(&it), HP_E_TABLE_DAMAGED);
}

static void section_beyond_the_image_is_not_read(void **state) {
    (void)state;
    DAMAGED(it.section[1].VirtualAddress = IMAGE_SIZE);
    DAMAGED(it.section[1].VirtualAddress = 0xfffffff8);
    DAMAGED(it.section[1].VirtualAddress = PAGE + 1);
    DAMAGED(it.section[1].Misc.VirtualSize = IMAGE_SIZE);
    DAMAGED(it.section[1].Misc.VirtualSize = 0xffffffff);
    DAMAGED(it.section[1].Misc.VirtualSize = sizeof *it.entry - 1);
    // The headers claim more than is mapped.
    DAMAGED(it.nt->OptionalHeader.SizeOfImage = 0x7fffffff; it.section[1].VirtualAddress = IMAGE_SIZE);
    DAMAGED(it.nt->OptionalHeader.SizeOfImage = 0x7fffffff; it.section[1].Misc.VirtualSize = IMAGE_SIZE);
}

static void entry_that_lies_about_itself_is_refused(void **state) {
    (void)state;
    DAMAGED(it.entry[0].size--);
    DAMAGED(it.entry[0].size++);
    DAMAGED(it.entry[0].size = 0xffffffff);
    DAMAGED(it.entry[0].size = 0); // what follows is not padding
    DAMAGED(it.entry[0].kind = 0);
    DAMAGED(it.entry[0].kind = 3);
    DAMAGED(it.entry[0].compiler = 0);
    DAMAGED(it.entry[0].compiler = 4);
    DAMAGED(it.section[1].Misc.VirtualSize = 2 * sizeof *it.entry - 1; it.entry[1] = it.entry[0]);
}

static void pointer_outside_the_image_is_refused(void **state) {
    (void)state;
    DAMAGED(it.entry[0].name = NULL);
    DAMAGED(it.entry[0].name = (char *)it.base - 1);
    DAMAGED(it.entry[0].name = (char *)it.base + IMAGE_SIZE);
    DAMAGED(it.entry[0].name = (char *)(uintptr_t)-1);
    WITH_LIE(S_OK, it.entry[0].signature = NULL); // that of the prepared table
    DAMAGED(it.entry[0].signature = (char *)it.base + IMAGE_SIZE);
    DAMAGED(it.entry[0].address = NULL);
    DAMAGED(it.entry[0].address = (void (*)(void))(uintptr_t)(it.base - 1));
    DAMAGED(it.entry[0].address = (void (*)(void))(uintptr_t)(it.base + IMAGE_SIZE));
    WITH_LIE(S_OK, it.entry[0].kind = HP_ENTRY_PATCHABLE; it.entry[0].signature = NULL);
    DAMAGED(it.entry[0].kind = HP_ENTRY_PATCHABLE; it.entry[0].signature = "not in there");
    // Inside of what the headers claim, but not mapped.
    DAMAGED(it.nt->OptionalHeader.SizeOfImage += PAGE; it.entry[0].name = (char *)it.base + IMAGE_SIZE);
}

static void text_without_end_is_refused(void **state) {
    (void)state;
    DAMAGED(memset(it.strings, 'a', PAGE));
    DAMAGED(memset(it.strings + 16, 'a', PAGE - 16));
    DAMAGED(memset(it.strings, 'a', PAGE); it.nt->OptionalHeader.SizeOfImage += PAGE);
    WITH_LIE(S_OK, memset(it.strings, 'a', PAGE - 1)); // both end in the last byte
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_marked_function_is_listed_once),
        cmocka_unit_test(patchable_and_export_entry_of_a_name_are_one_function),
        cmocka_unit_test(function_that_only_its_entry_names_is_kept),
        cmocka_unit_test(decorated_conventions_keep_plain_names),
        cmocka_unit_test(export_without_patchable_twin_has_an_address),
        cmocka_unit_test(same_name_twice_is_flagged),
        cmocka_unit_test(target_and_replacement_of_one_name_are_told_apart),
        cmocka_unit_test(near_misses_are_not_found),
        cmocka_unit_test(patchable_functions_have_room_and_a_no_op_entry),
        cmocka_unit_test(identity_is_the_headers),
        cmocka_unit_test(identity_text_has_a_fixed_form),
        cmocka_unit_test(image_without_entries_is_told_from_a_damaged_one),
        cmocka_unit_test(hand_made_image_is_read),
        cmocka_unit_test(truncated_headers_are_not_read_past),
        cmocka_unit_test(foreign_architecture_is_identified_but_not_read),
        cmocka_unit_test(section_beyond_the_image_is_not_read),
        cmocka_unit_test(entry_that_lies_about_itself_is_refused),
        cmocka_unit_test(pointer_outside_the_image_is_refused),
        cmocka_unit_test(text_without_end_is_refused),
    };
    return cmocka_run_group_tests(tests, open_own, close_own);
}
