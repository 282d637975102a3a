// Names of functions in images that lie: whatever an export table claims, only memory that is there is read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "client/resolve.h"

static hp_resolver resolver;
static hp_resolved found;
static hp_trouble trouble;

static int begin(void **state) {
    (void)state;
    hp_resolve_begin(&resolver);
    return 0;
}

static int end(void **state) {
    (void)state;
    hp_resolve_end(&resolver);
    return resolver.images != NULL;
}

static HRESULT find(const void *base, const char *name) {
    trouble = (hp_trouble){0};
    HRESULT hr = hp_resolve_name(&resolver, (HMODULE)(uintptr_t)base, name, &found, &trouble);
    assert_int_equal(trouble.result, FAILED(hr) ? hr : 0);
    if (FAILED(hr))
        assert_string_equal(trouble.thing, name);
    return hr;
}

enum {
    PAGE = 4096,
    CODE = PAGE,
    DATA = 2 * PAGE,
    EXPORTS = 3 * PAGE,
    IMAGE_SIZE = 4 * PAGE,
    HOOK = IMAGE_SIZE + PAGE
};

enum { ALIAS_A, ALIAS_B, CODE_, DATA_A, DATA_B, FORWARD, HOOKED, HOP, LAST, LINK, TO_DATA, NAMES };
static const char *const names_of_image[NAMES] = {"alias_a", "alias_b", "code", "data_a", "data_b", "forward",
                                                  "hooked",  "hop",     "last", "link",   "to_data"};
static const DWORD addresses_of_image[NAMES] = {
    [ALIAS_A] = CODE + 0x60, [ALIAS_B] = CODE + 0x60, [CODE_] = CODE + 0x10, [DATA_A] = DATA,
    [DATA_B] = DATA,         [HOOKED] = CODE + 0x20,  [HOP] = CODE + 0x30,   [LAST] = CODE + PAGE - 4,
    [LINK] = CODE + 0x40,    [TO_DATA] = CODE + 0x50};

// An image as a loader maps it. Nothing behind it can be read, but further on there is code: of a hook.
typedef struct image {
    unsigned char *base;
    IMAGE_DOS_HEADER *dos;
    IMAGE_NT_HEADERS *nt;
    IMAGE_DATA_DIRECTORY *where;
    IMAGE_EXPORT_DIRECTORY *exports;
    DWORD *addresses, *texts; // NAMES of each
    WORD *ordinals;
    char *forwarder; // the last thing in the image
} image;

static void put_jump(unsigned char *base, uint32_t at, uint32_t whereto) {
    const uint32_t distance = whereto - at - 5;
    base[at] = 0xE9;
    memcpy(base + at + 1, &distance, sizeof distance);
}

static void make_headers(image *made) {
    made->dos = (void *)made->base;
    made->dos->e_magic = IMAGE_DOS_SIGNATURE;
    made->dos->e_lfanew = 0x80;
    made->nt = (void *)(made->base + 0x80);
    made->nt->Signature = IMAGE_NT_SIGNATURE;
    made->nt->FileHeader.Machine = HP_X64 ? IMAGE_FILE_MACHINE_AMD64 : IMAGE_FILE_MACHINE_I386;
    made->nt->FileHeader.SizeOfOptionalHeader = sizeof made->nt->OptionalHeader;
    made->nt->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR_MAGIC;
    made->nt->OptionalHeader.SizeOfImage = IMAGE_SIZE;
    made->nt->OptionalHeader.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    made->where = &made->nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    *made->where = (IMAGE_DATA_DIRECTORY){EXPORTS, PAGE};
}

static void make_exports(image *made) {
    enum { ADDRESSES = EXPORTS + 0x40, TEXTS = EXPORTS + 0x80, ORDINALS = EXPORTS + 0xC0 };
    made->exports = (void *)(made->base + EXPORTS);
    *made->exports = (IMAGE_EXPORT_DIRECTORY){.Base = 7,
                                              .NumberOfFunctions = NAMES,
                                              .NumberOfNames = NAMES,
                                              .AddressOfFunctions = ADDRESSES,
                                              .AddressOfNames = TEXTS,
                                              .AddressOfNameOrdinals = ORDINALS};
    made->addresses = (void *)(made->base + ADDRESSES);
    made->texts = (void *)(made->base + TEXTS);
    made->ordinals = (void *)(made->base + ORDINALS);
    for (unsigned i = 0; i < NAMES; i++) {
        made->ordinals[i] = (WORD)(NAMES - 1 - i); // not the identity
        made->addresses[NAMES - 1 - i] = addresses_of_image[i];
        made->texts[i] = EXPORTS + 0x100u + 0x10u * i;
        strcpy((char *)made->base + made->texts[i], names_of_image[i]);
    }
    made->forwarder = (char *)made->base + IMAGE_SIZE - sizeof "OTHER.one";
    strcpy(made->forwarder, "OTHER.one");
    made->addresses[NAMES - 1 - FORWARD] = IMAGE_SIZE - sizeof "OTHER.one";
}

static image make_image(void) {
    image made;
    DWORD before;
    made.base = VirtualAlloc(NULL, HOOK + PAGE, MEM_RESERVE, PAGE_NOACCESS);
    assert_non_null(made.base);
    assert_non_null(VirtualAlloc(made.base, IMAGE_SIZE, MEM_COMMIT, PAGE_READWRITE));
    assert_non_null(VirtualAlloc(made.base + HOOK, PAGE, MEM_COMMIT, PAGE_EXECUTE_READ));
    make_headers(&made);
    make_exports(&made);
    memset(made.base + CODE, 0xC3, PAGE);
    put_jump(made.base, CODE + 0x20, HOOK);
    memcpy(made.base + CODE + 0x30, HP_X64 ? "\xEB\xF8" : "\xEB\xF9", 2);
    put_jump(made.base, CODE + 0x40, CODE + 0x10);
    put_jump(made.base, CODE + 0x50, DATA);
    put_jump(made.base, CODE + PAGE - 4, CODE + 0x10); // its last byte is data
    assert_true(VirtualProtect(made.base + CODE, PAGE, PAGE_EXECUTE_READ, &before));
    return made;
}

static void free_image(const image *made) {
    assert_true(VirtualFree(made->base, 0, MEM_RELEASE));
}

// Applies a lie to a fresh image and expects what a name yields. The lie may use `it`.
#define WITH_LIE(expected, name, lie)                                                                        \
    do {                                                                                                     \
        image it = make_image();                                                                             \
        lie;                                                                                                 \
        assert_int_equal(find(it.base, name), expected);                                                     \
        free_image(&it);                                                                                     \
    } while (0)
#define DAMAGED(name, lie) WITH_LIE(HP_E_TABLE_DAMAGED, name, lie)
#define SLOT(name) (NAMES - 1 - (name))

static void hand_made_image_is_read(void **state) {
    (void)state;
    static const HRESULT expected[NAMES] = {
        [ALIAS_A] = HP_E_ADDRESS_SHARED, [ALIAS_B] = HP_E_ADDRESS_SHARED,
        [DATA_A] = HP_E_NOT_PATCHABLE,   [DATA_B] = HP_E_NOT_PATCHABLE,
        [FORWARD] = HP_E_FORWARDER,      [LINK] = HP_E_LINK_THUNK}; // else S_OK
    image it = make_image();
    for (int i = 0; i < NAMES; i++) {
        assert_int_equal(find(it.base, names_of_image[i]), expected[i]);
        if (expected[i] == S_OK)
            assert_ptr_equal(found.entry, it.base + addresses_of_image[i]);
        if (i == FORWARD)
            assert_string_equal(trouble.detail, "OTHER.one");
        if (i == ALIAS_A || i == ALIAS_B)
            assert_string_equal(trouble.detail, names_of_image[i == ALIAS_A ? ALIAS_B : ALIAS_A]);
    }
    free_image(&it);
}

static void image_that_the_loader_does_not_know_is_read_anew(void **state) {
    (void)state;
    image it = make_image();
    assert_int_equal(find(it.base, "code"), S_OK);
    it.exports->NumberOfNames = 0;
    assert_int_equal(find(it.base, "code"), HP_E_NAME_UNKNOWN);
    assert_int_equal(hp_resolve_address(&resolver, it.base + CODE + 0x10, &found, NULL), HP_E_NOT_PATCHABLE);
    it.exports->NumberOfNames = NAMES;
    assert_int_equal(find(it.base, "code"), S_OK);
    free_image(&it);
    assert_int_equal(find(it.base, "code"), HP_E_TABLE_DAMAGED);
}

static void image_without_exports_knows_no_name(void **state) {
    (void)state;
    WITH_LIE(HP_E_NAME_UNKNOWN, "code", it.where->VirtualAddress = 0);
    WITH_LIE(HP_E_NAME_UNKNOWN, "code", it.nt->OptionalHeader.NumberOfRvaAndSizes = 0);
    WITH_LIE(HP_E_NAME_UNKNOWN, "code",
             it.nt->FileHeader.SizeOfOptionalHeader = offsetof(IMAGE_OPTIONAL_HEADER, DataDirectory));
    WITH_LIE(HP_E_NAME_UNKNOWN, "code", it.exports->NumberOfNames = 0);
}

static void export_directory_outside_of_the_image_is_not_read(void **state) {
    (void)state;
    DAMAGED("code", it.where->VirtualAddress = IMAGE_SIZE);
    DAMAGED("code", it.where->VirtualAddress = IMAGE_SIZE - 8; it.where->Size = 40);
    DAMAGED("code", it.where->VirtualAddress = 0xFFFFFFF0);
    DAMAGED("code", it.where->VirtualAddress = 0x80000000);
    DAMAGED("code", it.where->Size = 0);
    DAMAGED("code", it.where->Size = sizeof(IMAGE_EXPORT_DIRECTORY) - 1);
    DAMAGED("code", it.where->Size = PAGE + 1);
    DAMAGED("code", it.where->Size = 0xFFFFFFFF);
    // Inside of what the headers claim, but not mapped.
    DAMAGED("code", it.nt->OptionalHeader.SizeOfImage += PAGE; it.where->VirtualAddress = IMAGE_SIZE);
    DAMAGED("code", it.nt->OptionalHeader.SizeOfImage = 0x7FFFFFFF; it.where->VirtualAddress = 0x70000000);
}

static void headers_that_end_before_the_directory_are_not_read_past(void **state) {
    (void)state;
    // What tells the identity is there, and ends with the image.
    enum { PART = offsetof(IMAGE_NT_HEADERS32, OptionalHeader.Subsystem), AT = IMAGE_SIZE - PART };
    DAMAGED("code", memmove(it.base + AT, it.nt, PART); it.dos->e_lfanew = AT);
}

static void unreadable_exports_are_not_read(void **state) {
    (void)state;
    DWORD before;
    DAMAGED("code", VirtualProtect(it.base + EXPORTS, PAGE, PAGE_NOACCESS, &before));
    DAMAGED("code", VirtualProtect(it.base + EXPORTS, PAGE, PAGE_READWRITE | PAGE_GUARD, &before));
    DAMAGED("code", VirtualFree(it.base + EXPORTS, PAGE, MEM_DECOMMIT));
    WITH_LIE(HP_E_NOT_PATCHABLE, "code", VirtualProtect(it.base + CODE, PAGE, PAGE_NOACCESS, &before));
    WITH_LIE(HP_E_NOT_PATCHABLE, "code",
             VirtualProtect(it.base + CODE, PAGE, PAGE_EXECUTE_READ | PAGE_GUARD, &before));
}

static void arrays_outside_of_the_image_are_not_read(void **state) {
    (void)state;
    static const DWORD outside[] = {IMAGE_SIZE, IMAGE_SIZE - 1, 0xFFFFFFFF, 0xFFFFFFFE, 0x80000000};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        DAMAGED("code", it.exports->AddressOfFunctions = outside[i]);
        DAMAGED("code", it.exports->AddressOfNames = outside[i]);
        DAMAGED("code", it.exports->AddressOfNameOrdinals = outside[i]);
    }
    // Counts whose product with 4 or 2 is small in 32 bits, among them.
    static const DWORD many[] = {PAGE, IMAGE_SIZE, 0x40000000, 0x40000001, 0x80000001, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        DAMAGED("code", it.exports->NumberOfFunctions = many[i]);
        DAMAGED("code", it.exports->NumberOfNames = many[i]);
        DAMAGED("code", it.nt->OptionalHeader.SizeOfImage = 0x7FFFFFFF; it.exports->NumberOfNames = many[i]);
    }
}

static void elements_outside_of_the_image_are_not_read(void **state) {
    (void)state;
    static const DWORD outside[] = {IMAGE_SIZE, 0x80000000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        DAMAGED("code", it.addresses[SLOT(CODE_)] = outside[i]);
        DAMAGED("code", for (int name = 0; name < NAMES; name++) it.texts[name] = outside[i]);
        DAMAGED("alias_a", it.texts[ALIAS_B] = outside[i]); // what it would be said to be shared with
    }
    DAMAGED("code", it.ordinals[CODE_] = NAMES);
    DAMAGED("code", it.ordinals[LINK] = 0xFFFF);
    DAMAGED("code", it.exports->NumberOfFunctions = 0);
    // The headers claim more than is mapped.
    WITH_LIE(HP_E_NOT_PATCHABLE, "code", it.nt->OptionalHeader.SizeOfImage += PAGE;
             it.addresses[SLOT(CODE_)] = IMAGE_SIZE);
    DAMAGED("alias_a", it.nt->OptionalHeader.SizeOfImage += PAGE; it.texts[ALIAS_B] = IMAGE_SIZE);
}

static void text_without_end_is_refused(void **state) {
    (void)state;
    DAMAGED("forward", it.forwarder[9] = '!');
    DAMAGED("code", it.forwarder[9] = '!'; for (int n = 0; n < NAMES; n++) it.texts[n] = IMAGE_SIZE - 3);
    DAMAGED("alias_b", it.forwarder[9] = '!'; it.texts[ALIAS_A] = IMAGE_SIZE - 1);
    DAMAGED("forward", it.forwarder[9] = '!'; it.nt->OptionalHeader.SizeOfImage += PAGE);
}

static void damaged_function_table_is_told_from_none(void **state) {
    (void)state;
    DAMAGED("code", IMAGE_SECTION_HEADER *section = (void *)(it.nt + 1);
            it.nt->FileHeader.NumberOfSections = 1; memcpy(section->Name, ".hpfn", 5);
            section->VirtualAddress = IMAGE_SIZE; section->Misc.VirtualSize = 64);
    DAMAGED("code", it.nt->FileHeader.Machine ^= 1);
    DAMAGED("code", it.nt->OptionalHeader.SizeOfImage = 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(hand_made_image_is_read),
        TEST(image_that_the_loader_does_not_know_is_read_anew),
        TEST(image_without_exports_knows_no_name),
        TEST(export_directory_outside_of_the_image_is_not_read),
        TEST(headers_that_end_before_the_directory_are_not_read_past),
        TEST(unreadable_exports_are_not_read),
        TEST(arrays_outside_of_the_image_are_not_read),
        TEST(elements_outside_of_the_image_are_not_read),
        TEST(text_without_end_is_refused),
        TEST(damaged_function_table_is_told_from_none),
    };
    return cmocka_run_group_tests_name("resolve-image", tests, NULL, NULL);
}
