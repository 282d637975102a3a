/*
 * client/engine: there is one in a process, of one version, and whoever holds it is refused by it and not
 * stopped. The order matters: an engine is found once and remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "client/engine.h"

/* As another release of Hotpatch may leave it behind, see client/engine.c. */
typedef struct foreign_anchor {
    char magic[16];
    uint32_t version;
    uint32_t size;
    const void *self;
    void *engine;
} foreign_anchor;

static foreign_anchor *make_anchor(uint32_t version) {
    foreign_anchor *made = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(made);
    memcpy(made->magic, "Hotpatch engine", sizeof made->magic);
    made->version = version;
    made->self = made;
    return made;
}

static void protect(foreign_anchor *made) {
    DWORD before;
    assert_true(VirtualProtect(made, 4096, PAGE_READONLY, &before));
}

static void another_release_was_first(void **state) {
    (void)state;
    hp_engine *engine;
    hp_trouble trouble = {0};
    foreign_anchor *made = make_anchor(0x7FFFFFFF);
    protect(made);
    assert_int_equal(hp_engine_enter(&engine, &trouble), HP_E_ENGINE_VERSION);
    assert_int_equal(trouble.result, HP_E_ENGINE_VERSION);
    assert_non_null(strstr(trouble.detail, "2147483647"));
    assert_true(VirtualFree(made, 0, MEM_RELEASE));
}

/* A buffer that happens to hold the same bytes, and a copy of an anchor, are none. */
static void what_only_looks_like_an_engine_is_not_one(void **state) {
    (void)state;
    hp_engine *engine;
    foreign_anchor *writable = make_anchor(0x7FFFFFFF), *copy = make_anchor(0x7FFFFFFF);
    copy->self = writable;
    protect(copy);
    assert_int_equal(hp_engine_enter(&engine, NULL), S_OK);
    assert_non_null(engine);
    hp_engine_leave(engine);
    assert_true(VirtualFree(writable, 0, MEM_RELEASE));
    assert_true(VirtualFree(copy, 0, MEM_RELEASE));
}

/* A replacement of what the engine calls itself must not wait for its own thread. */
static void thread_that_holds_the_engine_is_refused(void **state) {
    (void)state;
    hp_engine *engine, *again;
    assert_int_equal(hp_engine_enter(&engine, NULL), S_OK);
    assert_int_equal(hp_engine_enter(&again, NULL), HP_E_PATCH_STATE);
    hp_engine_leave(engine);
    assert_int_equal(hp_engine_enter(&again, NULL), S_OK);
    assert_ptr_equal(again, engine);
    hp_engine_leave(again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_release_was_first), /* before there is one of ours */
        cmocka_unit_test(what_only_looks_like_an_engine_is_not_one),
        cmocka_unit_test(thread_that_holds_the_engine_is_refused),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
