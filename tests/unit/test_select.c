// Which functions are one's own: paths as compilers write them, and name patterns.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/debug/select.h"

static void expect_path(const char *path, const char *base, const char *expected) {
    char text[64];
    if (!expected) {
        assert_false(hp_select_path(path, base, text, sizeof text));
        return;
    }
    if (!hp_select_path(path, base, text, sizeof text))
        fail_msg("%s was refused", path);
    assert_string_equal(text, expected);
}

static void test_paths_of_windows_wine_and_unix_have_one_form(void **state) {
    (void)state;
    expect_path("Z:\\made\\src\\a.c", NULL, "/made/src/a.c");
    expect_path("z:/made/src/a.c", NULL, "/made/src/a.c");
    expect_path("/made/src/a.c", NULL, "/made/src/a.c");
    expect_path("C:\\Made\\Src\\A.c", NULL, "c:/Made/Src/A.c");
    expect_path("\\\\?\\D:\\x", NULL, "d:/x");
    expect_path("/made//src///a.c/", NULL, "/made/src/a.c");
    expect_path("/", NULL, "/");
    expect_path("Z:\\", NULL, "/");
    expect_path("C:\\", NULL, "c:");
    expect_path("Z:", NULL, "/");
}

static void test_dots_are_taken_out(void **state) {
    (void)state;
    expect_path("/made/./build/../src/a.c", NULL, "/made/src/a.c");
    expect_path("/a/..", NULL, "/");
    expect_path("C:/a/../b", NULL, "c:/b");
    expect_path("./src/a.c", NULL, "src/a.c");
    expect_path("src/../lib/a.c", NULL, "lib/a.c");
    expect_path("src/..", NULL, ".");
    expect_path(".", NULL, ".");
    expect_path("...", NULL, "...");
    expect_path("a/..b", NULL, "a/..b");
}

static void test_a_path_that_leads_above_the_root_is_refused(void **state) {
    (void)state;
    expect_path("/..", NULL, NULL);
    expect_path("C:\\..\\x", NULL, NULL);
    expect_path("/a/../../b", NULL, NULL);
    expect_path("../../../x", "/a/b", NULL);
}

static void test_a_relative_path_stays_relative_without_a_base(void **state) {
    (void)state;
    expect_path("../lib/a.c", NULL, "../lib/a.c");
    expect_path("../../a.c", NULL, "../../a.c");
    expect_path("a/../../b.c", NULL, "../b.c");
    expect_path("../a/../b.c", NULL, "../b.c");
    expect_path("../lib/a.c", "/made/build", "/made/lib/a.c");
    expect_path("lib", "c:", "c:/lib");
    expect_path("lib", "/", "/lib");
    expect_path("/abs", "/made", "/abs");
}

static void test_a_path_that_does_not_fit_is_refused(void **state) {
    (void)state;
    char text[8];
    assert_true(hp_select_path("/abcdef", NULL, text, sizeof text));
    assert_false(hp_select_path("/abcdefg", NULL, text, sizeof text));
    assert_false(hp_select_path("x", "/abcdef", text, sizeof text));
    assert_false(hp_select_path("x", "/abcdefghi", text, sizeof text));
    assert_true(hp_select_path("/ab/../abcde", NULL, text, sizeof text));
    assert_false(hp_select_path("/", NULL, text, 1));
}

static void expect_below(const char *file, const char *directory, const char *expected) {
    const char *below = hp_select_below(file, directory);
    if (!expected)
        assert_null(below);
    else if (!below)
        fail_msg("%s is not below %s", file, directory);
    else
        assert_string_equal(below, expected);
}

static void test_a_directory_with_a_similar_name_is_another(void **state) {
    (void)state;
    expect_below("/made/src/a.c", "/made/src", "a.c");
    expect_below("/made/src/x/a.c", "/made/src", "x/a.c");
    expect_below("/made/src2/a.c", "/made/src", NULL);
    expect_below("/made/sr", "/made/src", NULL);
    expect_below("/made/src", "/made/src", NULL);
    expect_below("/usr/include/x.h", "/made", NULL);
    expect_below("/made/a.c", "/", "made/a.c");
}

static void test_letters_of_either_case_are_equal_only_on_drives(void **state) {
    (void)state;
    expect_below("c:/Made/SRC/A.c", "c:/made/src", "A.c");
    expect_below("d:/made/a.c", "c:/made", NULL);
    expect_below("/Made/a.c", "/made", NULL);
    expect_below("c:/a.c", "c:", "a.c");
}

static void test_a_relative_file_is_ones_own_unless_it_is_a_library_s(void **state) {
    (void)state;
    expect_below("src/a.c", "/anywhere", "src/a.c");
    expect_below("src/a.c", "c:/anywhere", "src/a.c");
    expect_below("../../../src/libgcc/unwind.c", "/anywhere", NULL);
    expect_below("usr/include/x.h", "/anywhere", NULL);
    expect_below("mingw-w64-crt/crt/crtexe.c", "/anywhere", NULL);
    expect_below(".", "/anywhere", NULL);
    expect_below("", "/anywhere", NULL);
    expect_below("..", "/anywhere", NULL);
    expect_below("..a.c", "/anywhere", "..a.c");
}

static void test_patterns(void **state) {
    (void)state;
    assert_true(hp_select_matches("score_add", "score_add"));
    assert_false(hp_select_matches("score_add2", "score_add"));
    assert_false(hp_select_matches("score_ad", "score_add"));
    assert_true(hp_select_matches("score_add", "score_*"));
    assert_true(hp_select_matches("score_", "score_*"));
    assert_true(hp_select_matches("score_add", "*add"));
    assert_true(hp_select_matches("score_add", "*_*d?"));
    assert_true(hp_select_matches("score_add", "s*re*d"));
    assert_false(hp_select_matches("score_add", "s*re*x"));
    assert_true(hp_select_matches("abab", "*ab"));
    assert_true(hp_select_matches("anything", "*"));
    assert_true(hp_select_matches("anything", "**"));
    assert_false(hp_select_matches("", "?"));
    assert_false(hp_select_matches("a.b", "a?c"));
}

static void test_a_pattern_without_parameters_means_all_overloads(void **state) {
    (void)state;
    assert_true(hp_select_matches("acme::add(i32)", "acme::add"));
    assert_true(hp_select_matches("acme::add(i32)", "acme::*"));
    assert_true(hp_select_matches("acme::add(i32)", "acme::add(i32)"));
    assert_false(hp_select_matches("acme::add(i32)", "acme::add(f64)"));
    assert_false(hp_select_matches("acme::add(i32)", "acme::ad"));
    assert_true(hp_select_matches("helper@src/a.c", "helper"));
    assert_true(hp_select_matches("helper@src/a.c", "helper@src/*"));
    assert_false(hp_select_matches("helper@src/a.c", "helper@lib/*"));
}

static void test_many_stars_take_no_exponential_time(void **state) {
    (void)state;
    char name[2001];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(hp_select_matches(name, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_of_windows_wine_and_unix_have_one_form),
        cmocka_unit_test(test_dots_are_taken_out),
        cmocka_unit_test(test_a_path_that_leads_above_the_root_is_refused),
        cmocka_unit_test(test_a_relative_path_stays_relative_without_a_base),
        cmocka_unit_test(test_a_path_that_does_not_fit_is_refused),
        cmocka_unit_test(test_a_directory_with_a_similar_name_is_another),
        cmocka_unit_test(test_letters_of_either_case_are_equal_only_on_drives),
        cmocka_unit_test(test_a_relative_file_is_ones_own_unless_it_is_a_library_s),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_a_pattern_without_parameters_means_all_overloads),
        cmocka_unit_test(test_many_stars_take_no_exponential_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
