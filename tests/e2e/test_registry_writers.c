// Several processes write classes at once, and one dies over it. Command line of such a process: what it
// does, and a number.
#include "e2e/class_world.h"
#include "registry/class_lock.h"

#include <process.h>

static const wchar_t *program;

static intptr_t spawn(const wchar_t *what, const wchar_t *number) {
    wchar_t quoted[MAX_PATH + 3];
    swprintf(quoted, MAX_PATH + 3, L"\"%ls\"", program);
    intptr_t child = _wspawnl(_P_NOWAIT, program, quoted, what, number, NULL);
    assert_true(child != -1);
    return child;
}

static void join(intptr_t child) {
    DWORD code = 99;
    assert_int_equal(WaitForSingleObject((HANDLE)child, 60000), WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess((HANDLE)child, &code));
    CloseHandle((HANDLE)child);
    assert_int_equal(code, 0);
}

static int child_main(const wchar_t *what, const wchar_t *number) {
    HANDLE lock;
    if (wcscmp(what, L"die-locked") == 0) {
        if (FAILED(hp_class_lock_take(&lock, NULL)))
            return 1;
        ExitProcess(0);
    }
    hp_class_description mine = {.progid = WORLD_PROGID,
                                 .version = (uint32_t)_wtoi(number),
                                 .exe = L"C:\\u.exe",
                                 .arch = HP_ARCH_HERE};
    if (FAILED(hp_class_derive_clsid(mine.progid, mine.version, &mine.clsid)))
        return 1;
    for (int i = 0; i < 10; i++) {
        hp_class_found found;
        if (hp_class_register(&mine, NULL) != S_OK)
            return 2;
        // Mine or a newer one, but never nothing: a version is registered all the time.
        if (hp_class_lookup(WORLD_PROGID L".4", &found, NULL) != S_OK)
            return 3;
        hp_class_free(&found);
        if (hp_class_unregister(&mine, NULL) != S_OK)
            return 4;
    }
    return 0;
}

static void concurrent_writers_do_not_tear_the_class(void **state) {
    (void)state;
    char *before = hkcu_dump();
    hp_class_description v4 = world_version(4, L"C:\\u.exe");
    world_register(&v4, S_OK);
    intptr_t children[] = {spawn(L"write", L"1"), spawn(L"write", L"2"), spawn(L"write", L"5")};
    for (size_t i = 0; i < 3; i++)
        join(children[i]);
    world_expect_lookup(WORLD_PROGID, v4.exe);
    world_unregister(&v4, S_OK);
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    free(before);
    free(after);
}

static void writer_that_died_does_not_block_the_next(void **state) {
    (void)state;
    HANDLE lock;
    hp_class_description v1 = world_version(1, L"C:\\u.exe");
    assert_int_equal(hp_class_lock_take(&lock, NULL), S_OK);
    ReleaseMutex(lock); // the handle keeps the lock in being, so that the child abandons it
    join(spawn(L"die-locked", L"0"));
    world_register(&v1, S_OK);
    world_unregister(&v1, S_OK);
    CloseHandle(lock);
}

int wmain(int argc, wchar_t **argv) {
    static wchar_t path[MAX_PATH];
    if (argc == 3)
        return child_main(argv[1], argv[2]);
    GetModuleFileNameW(NULL, path, MAX_PATH);
    program = path;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concurrent_writers_do_not_tear_the_class),
        cmocka_unit_test(writer_that_died_does_not_block_the_next),
    };
    return cmocka_run_group_tests_name("registry_writers", tests, hkcu_remember, hkcu_compare);
}
