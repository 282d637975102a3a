/*
 * Functions that nobody here compiled: those of the system's own DLLs, where they begin so that they can be
 * patched. Under Wine hundreds do; elsewhere only what is found is tested, and it is said how much that is.
 * Also those that the engine itself stands on: the allocator, the protection of pages, the loader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "e2e/patch_wine.h"
#include "e2e/patch_world.h"

enum { CALLERS = 4, ROUNDS = 40, TURNS = 20, NEEDED = 3, CODES = 2048, WORKERS = 8 };

static const wchar_t *const dlls[] = {L"kernelbase.dll", L"kernel32.dll", L"ntdll.dll", L"user32.dll",
                                      L"ws2_32.dll"};
static wine_found found[WINE_FOUND_MAX];
static patch_code codes[CODES];
static size_t found_count;

static int set_up(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof dlls / sizeof *dlls; i++) {
        HMODULE dll = LoadLibraryW(dlls[i]);
        if (dll == NULL)
            continue;
        const size_t here = wine_find(dll, found + found_count, WINE_FOUND_MAX - found_count);
        print_message("# %ls: %u functions begin so\n", dlls[i], (unsigned)here);
        found_count += here;
        if (found_count > WINE_FOUND_MAX)
            return 1;
    }
    for (size_t i = 0; i < found_count; i++)
        for (int k = 0; k < WINE_KNOWN; k++) {
            wine_known *known = &wine_known_functions[k];
            if (known->entry == NULL && strcmp(known->name, found[i].name) == 0) {
                known->dll = found[i].dll;
                known->entry = found[i].entry;
            }
        }
    return 0;
}

static int known_here(void) {
    int count = 0;
    for (int k = 0; k < WINE_KNOWN; k++)
        count += wine_known_functions[k].entry != NULL;
    return count;
}

static void some_of_the_systems_functions_can_be_patched(void **state) {
    (void)state;
    for (int k = 0; k < WINE_KNOWN; k++)
        if (wine_known_functions[k].entry != NULL)
            print_message("# %s: at %p\n", wine_known_functions[k].name, wine_known_functions[k].entry);
    if (wine_is_here())
        assert_in_range(known_here(), NEEDED, WINE_KNOWN);
}

/* ---- those that we know ---- */

static hp_patch *patch_known(void) {
    hp_patch *patch = patch_open();
    for (int k = 0; k < WINE_KNOWN; k++) {
        wine_known *known = &wine_known_functions[k];
        if (known->entry == NULL)
            continue;
        codes[k] = patch_code_of(known->entry);
        HRESULT hr =
            patch_add(patch, known->dll, known->name, known->replacement, known->signature, known->original);
        if (hr == HP_E_ADDRESS_SHARED)
            hr = patch_add_at(patch, known->entry, known->replacement, known->signature, known->original);
        assert_int_equal(hr, S_OK);
    }
    assert_int_equal(hp_patch_commit(patch), S_OK);
    return patch;
}

static void unpatch_known(hp_patch *patch) {
    patch_end(patch);
    for (int k = 0; k < WINE_KNOWN; k++)
        if (wine_known_functions[k].entry != NULL)
            patch_assert_reverted(&codes[k]);
}

static void each_is_replaced_counted_and_still_callable(void **state) {
    (void)state;
    if (known_here() == 0)
        skip();
    hp_patch *patch = patch_known();
    for (int k = 0; k < WINE_KNOWN; k++) {
        wine_known *known = &wine_known_functions[k];
        if (known->entry == NULL)
            continue;
        LONG before = known->count;
        assert_true(known->use(known->entry));
        assert_in_range(known->count - before, 1, 100);
        before = known->count;
        assert_true(known->use(*known->original));
        assert_int_equal(known->count, before); /* the original is no longer the replacement's business */
        assert_int_equal(patch_info(known->entry, S_OK).layers, 1);
        assert_int_not_equal(patch_info(known->entry, S_OK).counted, 0);
    }
    unpatch_known(patch);
    for (int k = 0; k < WINE_KNOWN; k++) {
        wine_known *known = &wine_known_functions[k];
        if (known->entry == NULL)
            continue;
        const LONG before = known->count;
        assert_true(known->use(known->entry));
        assert_int_equal(known->count, before);
    }
}

static volatile LONG stop, failures, turns[CALLERS];

static DWORD WINAPI call_known(void *context) {
    volatile LONG *turn = context;
    while (!stop) {
        for (int k = 0; k < WINE_KNOWN; k++)
            if (wine_known_functions[k].entry != NULL &&
                !wine_known_functions[k].use(wine_known_functions[k].entry))
                InterlockedIncrement(&failures);
        InterlockedIncrement(turn);
    }
    return 0;
}

/* Until each caller has been through all of them so many times more. */
static void await_turns(void) {
    LONG goals[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        goals[i] = turns[i] + TURNS;
    for (int i = 0; i < CALLERS; i++)
        while (turns[i] < goals[i])
            Sleep(0);
}

static void callers_notice_nothing_while_the_system_is_patched_and_reverted(void **state) {
    (void)state;
    HANDLE threads[CALLERS];
    if (known_here() == 0)
        skip();
    stop = 0;
    for (int i = 0; i < CALLERS; i++)
        assert_non_null(threads[i] = CreateThread(NULL, 0, call_known, (void *)&turns[i], 0, NULL));
    for (int round = 0; round < ROUNDS; round++) {
        LONG counts[WINE_KNOWN];
        for (int k = 0; k < WINE_KNOWN; k++)
            counts[k] = wine_known_functions[k].count;
        hp_patch *patch = patch_known();
        await_turns();
        for (int k = 0; k < WINE_KNOWN; k++)
            if (wine_known_functions[k].entry != NULL)
                assert_in_range(wine_known_functions[k].count - counts[k], CALLERS * (TURNS - 1), INT32_MAX);
        unpatch_known(patch);
    }
    stop = 1;
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(WaitForSingleObject(threads[i], INFINITE), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
    }
    assert_int_equal(failures, 0);
}

/* ---- all of them at once, whatever they are ---- */

static DWORD WINAPI work(void *context) {
    wchar_t folder[MAX_PATH], name[MAX_PATH + 32];
    char text[16] = "";
    DWORD got = 0;
    const LONG number = InterlockedIncrement((volatile LONG *)context);
    GetTempPathW(MAX_PATH, folder);
    swprintf(name, MAX_PATH + 32, L"%lshp%lu-%ld.tmp", folder, GetCurrentProcessId(), number);
    HANDLE file = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    snprintf(text, sizeof text, "%ld", number);
    WriteFile(file, text, sizeof text, &got, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    memset(text, 0, sizeof text);
    ReadFile(file, text, sizeof text, &got, NULL);
    CloseHandle(file);
    DeleteFileW(name);
    return got == sizeof text && strtol(text, NULL, 10) == number &&
           GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES;
}

static void work_in_threads(void) {
    HANDLE threads[WORKERS];
    volatile LONG number = 0;
    for (int i = 0; i < WORKERS; i++)
        assert_non_null(threads[i] = CreateThread(NULL, 0, work, (void *)&number, 0, NULL));
    for (int i = 0; i < WORKERS; i++) {
        DWORD done = 0;
        assert_int_equal(WaitForSingleObject(threads[i], INFINITE), WAIT_OBJECT_0);
        assert_true(GetExitCodeThread(threads[i], &done));
        assert_int_equal(done, 1);
        CloseHandle(threads[i]);
    }
}

static void all_that_can_be_patched_is_patched_at_once(void **state) {
    (void)state;
    if (!wine_is_here()) /* who knows what some function there needs */
        skip();
    assert_in_range(found_count, 100, WINE_FOUND_MAX);
    for (int round = 0; round < 3; round++) {
        hp_patch *patch = patch_open();
        for (size_t i = 0; i < found_count; i++) {
            codes[i] = patch_code_of(found[i].entry);
            assert_int_equal(
                patch_add_at(patch, found[i].entry, wine_stubs[i], NULL, &wine_stub_originals[i]), S_OK);
        }
        assert_int_equal(hp_patch_commit(patch), S_OK);
        memset((void *)wine_stub_counts, 0, sizeof wine_stub_counts);
        work_in_threads();
        assert_int_equal(hp_patch_revert(patch), S_OK);
        hp_patch_close(patch);
        int called = 0;
        for (size_t i = 0; i < found_count; i++) {
            called += wine_stub_counts[i] != 0;
            patch_assert_reverted(&codes[i]);
        }
        print_message("# %u patched, %d of them called\n", (unsigned)found_count, called);
        assert_in_range(called, NEEDED, found_count);
        work_in_threads();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_of_the_systems_functions_can_be_patched),
        cmocka_unit_test(each_is_replaced_counted_and_still_callable),
        cmocka_unit_test(callers_notice_nothing_while_the_system_is_patched_and_reverted),
        cmocka_unit_test(all_that_can_be_patched_is_patched_at_once),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
