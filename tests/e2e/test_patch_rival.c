/*
 * Somebody else patches the same functions, in ways that know nothing of ours: what we did not write is never
 * written over, and it is said who is there. And what query and list tell of functions, also of those whose
 * module is gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "e2e/patch_host.h"
#include "e2e/patch_world.h"

enum { SOON = 30000, LISTED = 16 };

typedef patch_code rival(void *entry, const void *to);
static rival *const rivals[] = {patch_rival_entry, patch_rival_room};

static const wchar_t module_name[] = L"fixture_patch_module.dll";
static const char module_text[] = "fixture_patch_module";
static HMODULE module;
static patch_module_function *scale;
static void *entry; /* of scale */
static const void *elsewhere;

static int (*below_sum)(int, int);
static int new_sum(int a, int b) {
    return below_sum(a, b) * 10 + 1;
}

static patch_module_function *below_scale;
static int new_scale(int a) {
    return below_scale(a) * 10 + 1;
}

static patch_module_function *below_upper;
static int upper_scale(int a) {
    return below_upper(a) * 10 + 2;
}

static void *export_of(const char *name) {
    void *address = (void *)(uintptr_t)GetProcAddress(module, name);
    assert_non_null(address);
    return address;
}

static int set_up(void **state) {
    (void)state;
    module = LoadLibraryW(module_name);
    assert_non_null(module);
    entry = export_of("patch_module_scale");
    scale = (patch_module_function *)(uintptr_t)entry;
    elsewhere = export_of("patch_module_rival");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    return !FreeLibrary(module);
}

static HRESULT add_scale(hp_patch *patch) {
    return patch_add(patch, module, "patch_module_scale", PATCH_ADDRESS(new_scale), "i32(i32)",
                     (void **)(void *)&below_scale);
}

static hp_patch *patch_both(void) {
    hp_patch *patch = patch_open();
    assert_int_equal(patch_add(patch, NULL, "patch_host_sum", PATCH_ADDRESS(new_sum), "i32(i32, i32)",
                               (void **)(void *)&below_sum),
                     S_OK);
    assert_int_equal(add_scale(patch), S_OK);
    assert_int_equal(hp_patch_commit(patch), S_OK);
    return patch;
}

/* ---- rivals ---- */

static void rival_over_our_jump_is_left_alone_and_named(void **state) {
    (void)state;
    const patch_code sum = patch_code_of(PATCH_ADDRESS(patch_host_sum)), found = patch_code_of(entry);
    for (size_t i = 0; i < sizeof rivals / sizeof *rivals; i++) {
        hp_patch *patch = patch_both();
        assert_int_equal(patch_info(entry, S_OK).foreign, 0);
        const patch_code ours = rivals[i](entry, elsewhere), theirs = patch_code_of(entry);
        assert_int_equal(scale(8), -8);
        const hp_patch_info info = patch_info(entry, S_OK);
        assert_int_not_equal(info.foreign, 0);
        patch_assert_owner(&info, module);

        assert_int_equal(hp_patch_revert(patch), HP_E_FOREIGN_BYTES);
        const hp_patch_trouble trouble = patch_trouble(patch, HP_E_FOREIGN_BYTES);
        assert_true(patch_names(&trouble, "patch_module_scale", entry));
        assert_non_null(strstr(trouble.detail, module_text));
        assert_true(patch_code_same(&theirs));
        patch_assert_reverted(&sum); /* the rest is reverted */
        assert_int_equal(patch_host_sum(3, 4), 7);
        assert_int_equal(hp_patch_drain(patch, SOON), S_OK);
        hp_patch_close(patch);

        /* The rival goes and puts back what it had found: our jump. It leads to the function. */
        patch_restore(&ours);
        assert_int_equal(scale(8), 16);
        assert_int_equal(patch_info(entry, S_OK).layers, 0);
        /* And it is ours to use again. */
        patch = patch_both();
        assert_int_equal(scale(8), 161);
        patch_end(patch);
        assert_int_equal(scale(8), 16);
        patch_assert_reverted(&found);
    }
}

static void nobody_lays_a_layer_over_a_rival_and_ours_stays_in_force(void **state) {
    (void)state;
    hp_patch *patch = patch_both();
    const patch_code ours = patch_rival_room(entry, elsewhere);
    hp_patch *upper = patch_open();
    HRESULT hr = patch_add(upper, module, "patch_module_scale", PATCH_ADDRESS(upper_scale), "i32(i32)",
                           (void **)(void *)&below_upper);
    if (SUCCEEDED(hr))
        hr = hp_patch_commit(upper);
    assert_int_equal(hr, HP_E_FOREIGN_BYTES);
    assert_non_null(strstr(patch_trouble(upper, HP_E_FOREIGN_BYTES).detail, module_text));
    hp_patch_close(upper);
    assert_int_equal(scale(8), -8);
    patch_restore(&ours);
    assert_int_equal(scale(8), 161); /* our layer was in force all the time */
    patch_end(patch);
    assert_int_equal(scale(8), 16);
}

static void function_that_somebody_else_patched_first_is_refused(void **state) {
    (void)state;
    const patch_code found = patch_rival_room(entry, elsewhere), theirs = patch_code_of(entry);
    hp_patch *patch = patch_open();
    HRESULT hr = add_scale(patch);
    if (SUCCEEDED(hr))
        hr = hp_patch_commit(patch);
    assert_int_equal(hr, HP_E_FOREIGN_BYTES);
    const hp_patch_trouble trouble = patch_trouble(patch, HP_E_FOREIGN_BYTES);
    assert_string_equal(trouble.name, "patch_module_scale");
    assert_non_null(strstr(trouble.detail, module_text));
    hp_patch_close(patch);
    assert_true(patch_code_same(&theirs));
    patch_restore(&found);
    assert_int_equal(scale(8), 16);
}

/* ---- query ---- */

static void query_tells_layers_generation_and_owner(void **state) {
    (void)state;
    hp_patch *lower = patch_both();
    hp_patch_info info = patch_info(entry, S_OK);
    const uint32_t generation = info.generation;
    assert_int_equal(info.layers, 1);
    assert_in_range(generation, 1, 1000000);
    assert_int_equal(info.inside, 0);
    assert_int_not_equal(info.counted, 0);
    assert_int_equal(info.foreign, 0);
    assert_ptr_equal(info.replacement, PATCH_ADDRESS(new_scale));
    patch_assert_owner(&info, NULL);

    hp_patch *upper = patch_open();
    assert_int_equal(patch_add(upper, module, "patch_module_scale", PATCH_ADDRESS(upper_scale), "i32(i32)",
                               (void **)(void *)&below_upper),
                     S_OK);
    assert_int_equal(patch_info(entry, S_OK).generation, generation); /* nothing has happened yet */
    assert_int_equal(hp_patch_commit(upper), S_OK);
    info = patch_info(entry, S_OK);
    assert_int_equal(info.layers, 2);
    assert_int_equal(info.generation, generation + 1);
    assert_ptr_equal(info.replacement, PATCH_ADDRESS(upper_scale));

    patch_end(lower);
    info = patch_info(entry, S_OK);
    assert_int_equal(info.layers, 1);
    assert_int_equal(info.generation, generation + 2);
    assert_ptr_equal(info.replacement, PATCH_ADDRESS(upper_scale));

    patch_end(upper);
    info = patch_info(entry, S_OK);
    assert_int_equal(info.layers, 0);
    assert_int_equal(info.generation, generation + 3);
    assert_null(info.replacement);
    assert_int_equal(info.foreign, 0);
}

static void query_knows_functions_that_nobody_patched(void **state) {
    (void)state;
    void *never = PATCH_ADDRESS(patch_host_mix);
    hp_patch_info info = patch_info(never, S_FALSE);
    assert_int_equal(info.layers, 0);
    assert_int_equal(info.generation, 0);
    assert_int_equal(info.foreign, 0);
    assert_null(info.replacement);

    void *shared = export_of("patch_module_shared");
    for (size_t i = 0; i < sizeof rivals / sizeof *rivals; i++) {
        const patch_code found = rivals[i](shared, elsewhere);
        info = patch_info(shared, S_FALSE);
        assert_int_not_equal(info.foreign, 0);
        patch_assert_owner(&info, module);
        patch_restore(&found);
        assert_int_equal(patch_info(shared, S_FALSE).foreign, 0);
    }
    info.size = 1;
    assert_int_equal(hp_patch_query(never, &info), E_INVALIDARG);
    assert_int_equal(hp_patch_query(never, NULL), E_INVALIDARG);
    info.size = sizeof info;
    assert_int_equal(hp_patch_query(NULL, &info), E_INVALIDARG);
}

/* ---- list ---- */

typedef struct listing {
    int count, stop_at;
    hp_patch_info seen[LISTED];
} listing;

static int note(const hp_patch_info *info, void *context) {
    listing *list = context;
    assert_in_range(list->count, 0, LISTED - 1);
    assert_int_equal(info->size, sizeof *info);
    list->seen[list->count++] = *info;
    return list->count == list->stop_at;
}

static const hp_patch_info *listed(const listing *list, const void *address) {
    for (int i = 0; i < list->count; i++)
        if (list->seen[i].address == address)
            return &list->seen[i];
    return NULL;
}

static void list_shows_all_that_were_ever_patched_in_order(void **state) {
    (void)state;
    static listing during, after, first;
    hp_patch *patch = patch_both();
    assert_int_equal(hp_patch_list(note, &during), S_OK);
    patch_end(patch);
    assert_int_equal(hp_patch_list(note, &after), S_OK);
    const void *const patched[] = {entry, PATCH_ADDRESS(patch_host_sum)};
    for (size_t i = 0; i < sizeof patched / sizeof *patched; i++) {
        const hp_patch_info *then = listed(&during, patched[i]), *now = listed(&after, patched[i]);
        if (then == NULL || now == NULL) {
            fail_msg("function %zu is not in the list", i);
            return;
        }
        assert_int_equal(then->layers, 1);
        assert_int_equal(now->layers, 0);
        assert_int_equal(now->inside, 0);
    }
    assert_null(listed(&during, PATCH_ADDRESS(patch_host_mix)));
    assert_int_equal(during.count, after.count);
    for (int i = 1; i < after.count; i++)
        assert_true((uintptr_t)after.seen[i - 1].address < (uintptr_t)after.seen[i].address);
    first.stop_at = 1;
    hp_patch_list(note, &first);
    assert_int_equal(first.count, 1);
    assert_true(FAILED(hp_patch_list(NULL, NULL)));
}

/* Last: the module goes, with its patched function. */
static void module_of_a_patched_function_can_be_unloaded_and_loaded_again(void **state) {
    (void)state;
    static listing gone, back;
    hp_patch *patch = patch_both();
    FreeLibrary(module);
    assert_int_equal(scale(8), 161); /* the transaction holds it */
    patch_end(patch);
    assert_null(GetModuleHandleW(module_name));
    hp_patch_info info = {.size = sizeof info};
    /* There is no memory there now: nobody may fall over it. */
    assert_true(FAILED(hp_patch_query(entry, &info)) || info.layers == 0);
    assert_int_equal(hp_patch_list(note, &gone), S_OK);

    set_up(NULL);
    const patch_code found = patch_code_of(entry);
    patch = patch_both();
    assert_int_equal(scale(8), 161);
    assert_int_equal(hp_patch_list(note, &back), S_OK);
    assert_int_equal(listed(&back, entry)->layers, 1);
    patch_end(patch);
    assert_int_equal(scale(8), 16);
    patch_assert_reverted(&found);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rival_over_our_jump_is_left_alone_and_named),
        cmocka_unit_test(nobody_lays_a_layer_over_a_rival_and_ours_stays_in_force),
        cmocka_unit_test(function_that_somebody_else_patched_first_is_refused),
        cmocka_unit_test(query_tells_layers_generation_and_owner),
        cmocka_unit_test(query_knows_functions_that_nobody_patched),
        cmocka_unit_test(list_shows_all_that_were_ever_patched_in_order),
        cmocka_unit_test(module_of_a_patched_function_can_be_unloaded_and_loaded_again),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
