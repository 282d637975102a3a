// A resource added to real programs: they run, Windows' functions find it, debug information stays.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/child.h"
#include "e2e/pe_loaded.h"
#include "e2e/server_process.h"

#include <dbghelp.h>
#include <imagehlp.h>

#include <cmocka.h>

#include "tools/image/pe_write.h"
#include "unit/pe_fill.h"

#define NAME "HOTPATCHDATA"
#define TABLE "what is known of the functions"

/* A file in memory. */
typedef struct file {
    unsigned char *bytes;
    size_t size;
    hp_pe pe;
} file;

static const struct {
    const wchar_t *name;
    const char *own; // what it says of its own resource
    int has_symbols;
} fixtures[] = {
    {L"fixture_resource.exe", "own 16: its own resource", 1},
    {L"fixture_bare.exe", "own 0: ", 1},
    {L"fixture_stripped.exe", "own 16: its own resource", 0},
};
enum { FIXTURES = sizeof fixtures / sizeof *fixtures, KINDS = 2 * FIXTURES, SECTION_HEADER = 40 };

static file read_image(const wchar_t *path) {
    file f;
    FILE *stream = _wfopen(path, L"rb");
    assert_non_null(stream);
    assert_int_equal(fseek(stream, 0, SEEK_END), 0);
    f.size = (size_t)ftell(stream);
    rewind(stream);
    f.bytes = malloc(f.size);
    assert_non_null(f.bytes);
    assert_int_equal(fread(f.bytes, 1, f.size, stream), f.size);
    fclose(stream);
    const char *reason = NULL;
    if (hp_pe_open(f.bytes, f.size, &f.pe, &reason) != S_OK)
        fail_msg("%ls: %s", path, reason);
    return f;
}

/* Its headers have no place for another section, whatever linker it is from. */
static file read_full(const wchar_t *path) {
    file f = read_image(path);
    pe_fill(f.bytes);
    hp_pe_write_checksum(f.bytes, f.size);
    assert_int_equal(hp_pe_open(f.bytes, f.size, &f.pe, NULL), S_OK);
    return f;
}

/* Fixture number i, or i - FIXTURES with full headers; below KINDS. */
static file read_fixture(size_t i) {
    return (i < FIXTURES ? read_image : read_full)(fixture_path(fixtures[i % FIXTURES].name));
}

static file write_resource(const file *from, const char *data) {
    file f;
    const char *reason = NULL;
    if (hp_pe_write_rcdata(&from->pe, NAME, data, data ? strlen(data) : 0, &f.bytes, &f.size, NULL,
                           &reason) != S_OK)
        fail_msg("the resource cannot be added: %s", reason);
    assert_int_equal(hp_pe_open(f.bytes, f.size, &f.pe, NULL), S_OK);
    return f;
}

/* A place for a copy; the prefix is the test's own. */
static const wchar_t *copy_path(void) {
    static wchar_t path[MAX_PATH + 32];
    const DWORD length = GetTempPathW(MAX_PATH, path);
    assert_in_range(length, 1, MAX_PATH);
    swprintf(path + length, 32, L"pe_real_%lu.exe", GetCurrentProcessId());
    return path;
}

static void save(const file *f) {
    FILE *stream = _wfopen(copy_path(), L"wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(f->bytes, 1, f->size, stream), f->size);
    assert_int_equal(fclose(stream), 0);
}

/* The copy with TABLE, of fixture number i. @return nonzero: its headers had to move */
static int prepare(size_t i) {
    file original = read_fixture(i);
    file prepared = write_resource(&original, TABLE);
    save(&prepared);
    free(original.bytes);
    free(prepared.bytes);
    return prepared.pe.headers != original.pe.headers;
}

static void expect_run(const char *own, const char *table) {
    child *c = child_start(copy_path(), L"");
    assert_string_equal(child_expect(c, "own ", PATIENCE_MS), own);
    assert_string_equal(child_expect(c, "table ", PATIENCE_MS), table);
    assert_int_equal(child_wait(c, PATIENCE_MS), 42);
    child_end(c);
}

static BOOL CALLBACK count_function(PSYMBOL_INFOW symbol, ULONG size, void *context) {
    enum { FUNCTION = 5 }; // SymTagFunction
    (void)size;
    size_t *count = context;
    count[0] += symbol->Tag == FUNCTION;
    count[1] += symbol->Tag == FUNCTION && wcscmp(symbol->Name, L"say") == 0;
    return TRUE;
}

/* How many functions dbghelp finds in an image. Not asked about what lld links without a PDB: that names the
 * PDB "", Wine 8 then reads any file in the same directory as if it were one, and destroys its heap. */
static size_t count_functions(const wchar_t *path) {
    if (HP_COMPILER_HERE == HP_COMPILER_CLANG)
        return 0;
    size_t count[2] = {0, 0};
    HANDLE session = (HANDLE)count;
    assert_true(SymInitializeW(session, NULL, FALSE));
    const DWORD64 base = SymLoadModuleExW(session, NULL, path, NULL, 0x10000000, 0, NULL, 0);
    assert_true(base != 0);
    assert_true(SymEnumSymbolsW(session, base, L"*", count_function, count));
    SymCleanup(session);
    return count[1] == 1 ? count[0] : 0;
}

static void programs_run_and_find_both(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        assert_true(prepare(i) || i < FIXTURES);
        expect_run(fixtures[i % FIXTURES].own, "table 30: " TABLE);
    }
}

static void debug_information_stays(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const size_t before = count_functions(fixture_path(fixtures[i % FIXTURES].name));
        assert_int_equal(before > 0,
                         fixtures[i % FIXTURES].has_symbols && HP_COMPILER_HERE != HP_COMPILER_CLANG);
        prepare(i);
        assert_int_equal(count_functions(copy_path()), before);
    }
}

static void resource_can_be_had_back_to_the_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        file original = read_fixture(i);
        file once = write_resource(&original, TABLE);
        file twice = write_resource(&once, "another one");
        assert_int_equal(once.size, twice.size);
        assert_true(i < FIXTURES || once.pe.headers == original.pe.headers - SECTION_HEADER);
        file away = write_resource(&twice, NULL);
        assert_int_equal(away.size, original.size);
        assert_memory_equal(away.bytes, original.bytes, away.size);
        free(original.bytes);
        free(once.bytes);
        free(twice.bytes);
        free(away.bytes);
    }
}

static void expect_no_room(const file *f) { // the headers cannot move once more
    file none;
    assert_int_equal(hp_pe_write_rcdata(&f->pe, NAME, "x", 1, &none.bytes, &none.size, NULL, NULL),
                     HP_E_IMAGE_ROOM);
}

/* The copy, as somebody else has changed it, with another table. */
static void prepare_again(const file *changed, size_t i, size_t functions) {
    file again = write_resource(changed, "prepared again");
    assert_int_equal(hp_pe_rcdata(&again.pe, "OTHER").size, hp_pe_rcdata(&changed->pe, "OTHER").size);
    save(&again);
    assert_int_equal(count_functions(copy_path()), functions);
    expect_run(fixtures[i % FIXTURES].own, "table 14: prepared again");
    free(again.bytes);
}

// Larger than any slot that is there.
static void update_by_others_keeps_it(void **state) {
    (void)state;
    static char other[20000];
    memset(other, 'o', sizeof other);
    for (size_t i = 0; i < KINDS; i++) {
        const int moved = prepare(i);
        const size_t before = count_functions(copy_path());
        HANDLE update = BeginUpdateResourceW(copy_path(), FALSE);
        assert_non_null(update);
        assert_true(UpdateResourceW(update, MAKEINTRESOURCEW(10), L"OTHER", 0, other, sizeof other));
        assert_true(EndUpdateResourceW(update, FALSE));
        file changed = read_image(copy_path());
        assert_int_equal(hp_pe_rcdata(&changed.pe, "OTHER").size, sizeof other);
        assert_int_equal(hp_pe_rcdata(&changed.pe, NAME).size, strlen(TABLE));
        assert_memory_equal(hp_pe_rcdata(&changed.pe, NAME).at, TABLE, strlen(TABLE));
        assert_int_equal(count_functions(copy_path()), before);
        expect_run(fixtures[i % FIXTURES].own, "table 30: " TABLE);
        if (moved)
            expect_no_room(&changed);
        else
            prepare_again(&changed, i, before);
        free(changed.bytes);
    }
}

static void windows_finds_it_in_a_file(void **state) {
    (void)state;
    static const DWORD ways[] = {LOAD_LIBRARY_AS_DATAFILE, LOAD_LIBRARY_AS_IMAGE_RESOURCE,
                                 LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE};
    for (size_t i = 0; i < KINDS * 3; i++) {
        prepare(i / 3);
        HMODULE module = LoadLibraryExW(copy_path(), NULL, ways[i % 3]);
        assert_non_null(module);
        HRSRC resource = FindResourceW(module, L"hotpatchdata", MAKEINTRESOURCEW(10));
        assert_non_null(resource);
        assert_int_equal(SizeofResource(module, resource), strlen(TABLE));
        assert_memory_equal(LockResource(LoadResource(module, resource)), TABLE, strlen(TABLE));
        assert_int_equal(FindResourceW(module, MAKEINTRESOURCEW(7), MAKEINTRESOURCEW(10)) != NULL,
                         fixtures[i / 3 % FIXTURES].own[4] != '0');
        assert_int_equal(FindResourceW(module, L"NAMED", MAKEINTRESOURCEW(10)) != NULL,
                         fixtures[i / 3 % FIXTURES].own[4] != '0');
        assert_int_equal(FindResourceW(module, MAKEINTRESOURCEW(1), MAKEINTRESOURCEW(16)) != NULL,
                         fixtures[i / 3 % FIXTURES].own[4] != '0');
        assert_true(FreeLibrary(module));
    }
}

static void checksum_is_the_one_of_imagehlp(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        file original = read_fixture(i);
        file given = write_resource(&original, NULL); // a copy
        given.bytes[given.pe.optional + 64] |= 1;     // lld gives none
        hp_pe_write_checksum(given.bytes, given.size);
        assert_int_equal(hp_pe_open(given.bytes, given.size, &given.pe, NULL), S_OK);
        assert_true(original.pe.checksum == 0 || given.pe.checksum == original.pe.checksum);
        file prepared = write_resource(&given, TABLE);
        save(&prepared);
        DWORD in_header, right;
        assert_int_equal(MapFileAndCheckSumW(copy_path(), &in_header, &right), CHECKSUM_SUCCESS);
        assert_int_equal(in_header, right);
        free(original.bytes);
        free(given.bytes);
        free(prepared.bytes);
    }
}

// Of this program, of a DLL that does not stand where it was linked for, and of one whose headers have moved.
static void fingerprint_is_that_of_the_loaded_image(void **state) {
    (void)state;
    const wchar_t *dll = fixture_path(L"fixture_patch_module.dll");
    file full = read_full(dll), prepared = write_resource(&full, TABLE);
    save(&prepared);
    HMODULE modules[] = {GetModuleHandleW(NULL), LoadLibraryW(dll), LoadLibraryW(copy_path())};
    assert_true(pe_loaded_fingerprint(modules[2]) == hp_pe_fingerprint(&full.pe));
    for (size_t i = 0; i < 3; i++) {
        wchar_t path[1024];
        assert_non_null(modules[i]);
        assert_in_range(GetModuleFileNameW(modules[i], path, 1024), 1, 1000);
        file f = read_image(path);
        assert_true(pe_loaded_fingerprint(modules[i]) == hp_pe_fingerprint(&f.pe));
        free(f.bytes);
    }
    free(full.bytes);
    free(prepared.bytes);
    for (size_t i = 1; i < 3; i++)
        FreeLibrary(modules[i]);
}

static int remove_copy(void **state) {
    (void)state;
    DeleteFileW(copy_path());
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_run_and_find_both),
        cmocka_unit_test(debug_information_stays),
        cmocka_unit_test(resource_can_be_had_back_to_the_byte),
        cmocka_unit_test(update_by_others_keeps_it),
        cmocka_unit_test(windows_finds_it_in_a_file),
        cmocka_unit_test(checksum_is_the_one_of_imagehlp),
        cmocka_unit_test(fingerprint_is_that_of_the_loaded_image),
    };
    return cmocka_run_group_tests(tests, NULL, remove_copy);
}
