// The fingerprint of a loaded image is that of its file: of this very program, wherever the loader put it.
#include "proxygen/view.h"

#include "tools/image/pe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

static unsigned char *file;
static size_t file_size;

static int read_own_file(void **state) {
    (void)state;
    wchar_t path[MAX_PATH];
    if (GetModuleFileNameW(NULL, path, MAX_PATH) == 0)
        return 1;
    FILE *stream = _wfopen(path, L"rb");
    if (stream == NULL)
        return 1;
    fseek(stream, 0, SEEK_END);
    file_size = (size_t)ftell(stream);
    rewind(stream);
    file = malloc(file_size);
    const size_t got = file != NULL ? fread(file, 1, file_size, stream) : 0;
    fclose(stream);
    return got != file_size;
}

static int free_file(void **state) {
    (void)state;
    free(file);
    return 0;
}

static uint64_t of_memory(void) {
    hp_view view;
    assert_true(hp_view_open(GetModuleHandleW(NULL), &view));
    return hp_view_fingerprint(&view);
}

static uint64_t of_file(void) {
    hp_pe pe;
    assert_int_equal(hp_pe_open(file, file_size, &pe, NULL), S_OK);
    return hp_pe_fingerprint(&pe);
}

static void image_and_file_have_one_fingerprint(void **state) {
    (void)state;
    assert_int_not_equal(of_memory(), 0);
    assert_true(of_memory() == of_file());
}

static void other_code_has_another_fingerprint(void **state) {
    (void)state;
    const uint64_t before = of_file();
    hp_pe pe;
    assert_int_equal(hp_pe_open(file, file_size, &pe, NULL), S_OK);
    const hp_span moved = hp_pe_directory(&pe, HP_X64 ? HP_PE_EXCEPTIONS : HP_PE_RELOCATIONS);
    assert_true(moved.size > 8);
    unsigned char *byte = file + (moved.at - file) + 4;
    *byte ^= 1;
    assert_true(of_file() != before);
    *byte ^= 1;
    assert_true(of_file() == before);
}

static void what_signing_and_stripping_change_does_not_count(void **state) {
    (void)state;
    const uint64_t before = of_file();
    IMAGE_NT_HEADERS *nt = (void *)(file + ((IMAGE_DOS_HEADER *)(void *)file)->e_lfanew);
    const IMAGE_NT_HEADERS kept = *nt;
    nt->OptionalHeader.CheckSum ^= 0x1234;
    nt->FileHeader.PointerToSymbolTable = 0;
    nt->FileHeader.NumberOfSymbols = 0;
    nt->OptionalHeader.SizeOfInitializedData += 512;
    assert_true(of_file() == before);
    nt->OptionalHeader.AddressOfEntryPoint += 16;
    assert_true(of_file() != before);
    *nt = kept;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_and_file_have_one_fingerprint),
        cmocka_unit_test(other_code_has_another_fingerprint),
        cmocka_unit_test(what_signing_and_stripping_change_does_not_count),
    };
    return cmocka_run_group_tests(tests, read_own_file, free_file);
}
