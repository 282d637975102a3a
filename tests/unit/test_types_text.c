// Names of types, as signatures and full names spell them.
#include "tools/debug/types_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_full(const char *name, const char *expected) {
    char *full = hp_types_text_full(name);
    assert_non_null(full);
    assert_string_equal(full, expected);
    free(full);
}

static void full_tag_keeps_namespaces(void **state) {
    (void)state;
    assert_full("player", "player");
    assert_full("acme::old::player", "acme::old::player");
    assert_full("acme::vec<3>", "acme::vec_3_");
    assert_full("acme::box<acme::old::player>", "acme::box_acme__old__player_");
    assert_full("acme::box<unsigned int>::part", "acme::box_unsigned_int_::part");
}

static void full_tag_has_no_unnamed_namespaces(void **state) {
    (void)state;
    assert_full("`anonymous namespace'::player", "player");
    assert_full("acme::(anonymous namespace)::player", "acme::player");
    assert_full("box<`anonymous-namespace'::player>", "box_player_");
}

static void what_has_no_tag_has_no_full_tag(void **state) {
    static const char *const names[] = {"", "acme::", "<unnamed-tag>", "acme::<unnamed-tag>", "zz_anon_zz"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(hp_types_text_full(names[i]));
}

static void unnamed_namespace_ends_with_its_colons(void **state) {
    (void)state;
    assert_int_equal(hp_types_text_unnamed("`anonymous namespace'::f"), 23);
    assert_int_equal(hp_types_text_unnamed("{anonymous}::f"), 13);
    assert_int_equal(hp_types_text_unnamed("(anonymous namespace)"), 0);
    assert_int_equal(hp_types_text_unnamed("f"), 0);
    assert_int_equal(hp_types_text_unnamed(""), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_tag_keeps_namespaces),
        cmocka_unit_test(full_tag_has_no_unnamed_namespaces),
        cmocka_unit_test(what_has_no_tag_has_no_full_tag),
        cmocka_unit_test(unnamed_namespace_ends_with_its_colons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
