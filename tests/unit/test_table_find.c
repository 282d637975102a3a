// Names that are not spelled as in the table: they find the one function that they can mean, and never
// another.
#include "unit/table_sample.h"

/** Functions by name only, in one table. */
static made_table table_of(const char *const *names) {
    hp_table_function functions[16];
    uint32_t count = 0;
    for (; names[count]; count++)
        functions[count] = (hp_table_function)SAMPLE(names[count], .room = 16);
    return make_table(&sample_about, functions, count);
}

static void a_name_finds_what_it_can_mean(void **state) {
    (void)state;
    static const struct {
        const char *names[5];
        const char *asked;
        const char *found; // NULL: unknown
        HRESULT result;
    } cases[] = {
        {{"add"}, "add", "add", S_OK},
        {{"add(i32)"}, "add", "add(i32)", S_OK},
        {{"add@a.c"}, "add", "add@a.c", S_OK},
        {{"add"}, "add(i32)", "add", S_OK},
        {{"add"}, "add@a.c", "add", S_OK},
        {{"add(i32)"}, "add@a.c", "add(i32)", S_OK},
        {{"add@a.c"}, "add(i32)", "add@a.c", S_OK},
        {{"add(i32)@a.c"}, "add", "add(i32)@a.c", S_OK},
        {{"add(i32)@a.c"}, "add(i32)", "add(i32)@a.c", S_OK},
        {{"add(i32)@a.c"}, "add@a.c", "add(i32)@a.c", S_OK},
        {{"add"}, "add(i32)@a.c", "add", S_OK},
        // what a name says, another one must not contradict
        {{"add@b.c"}, "add@a.c", NULL, HP_E_NAME_UNKNOWN},
        {{"add(i32)"}, "add(f64)", NULL, HP_E_NAME_UNKNOWN},
        {{"add(i32)"}, "add()", NULL, HP_E_NAME_UNKNOWN},
        {{"add(i32)@a.c"}, "add(i32)@b.c", NULL, HP_E_NAME_UNKNOWN},
        {{"add(i32)@a.c"}, "add(f64)@a.c", NULL, HP_E_NAME_UNKNOWN},
        {{"add(i32)@a.c"}, "add(i32,i32)", NULL, HP_E_NAME_UNKNOWN},
        // an exact name wins
        {{"add", "add(i32)", "add@a.c"}, "add", "add", S_OK},
        {{"add", "add(i32)", "add@a.c"}, "add(i32)", "add(i32)", S_OK},
        {{"add", "add(i32)", "add@a.c"}, "add@a.c", "add@a.c", S_OK},
        {{"add@a.c", "add@b.c"}, "add@b.c", "add@b.c", S_OK},
        // the only one that is left
        {{"add@a.c", "add@b.c", "add(i32)"}, "add(f64)@b.c", "add@b.c", S_OK},
        {{"add", "add(f64)"}, "add(i32)", "add", S_OK},
        // several could be meant; in the table "(" is before "@"
        {{"add(i32)", "add(f64)"}, "add", "add(f64)", HP_E_NAME_DUPLICATE},
        {{"add@b.c", "add@a.c"}, "add", "add@a.c", HP_E_NAME_DUPLICATE},
        {{"add@b.c", "add@a.c"}, "add(i32)", "add@a.c", HP_E_NAME_DUPLICATE},
        {{"add", "add@a.c"}, "add(i32)", "add", HP_E_NAME_DUPLICATE},
        {{"add@a.c", "add(i32)"}, "add(i32)@a.c", "add(i32)", HP_E_NAME_DUPLICATE},
        {{"add(i32)@a.c", "add(i32)@b.c"}, "add(i32)", "add(i32)@a.c", HP_E_NAME_DUPLICATE},
        // other short names have nothing to do with it
        {{"add(i32)", "add2", "ad", "a::add", "add<i32>"}, "add", "add(i32)", S_OK},
        {{"a::add", "add<i32>"}, "add", NULL, HP_E_NAME_UNKNOWN},
        {{"operator()(i32)", "operator<(i32)"}, "operator()", "operator()(i32)", S_OK},
        {{"vec<f(x)>::push(i32)", "vec<f(y)>::push(i32)"}, "vec<f(x)>::push", "vec<f(x)>::push(i32)", S_OK},
        // what is no name is unknown
        {{"add"}, "", NULL, HP_E_NAME_UNKNOWN},
        {{"add"}, "add(", NULL, HP_E_NAME_UNKNOWN},
        {{"add"}, "Add", NULL, HP_E_NAME_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *names[6] = {0};
        memcpy(names, cases[i].names, sizeof cases[i].names);
        made_table made = table_of(names);
        hp_table table = open_table(made);
        const size_t length = strlen(cases[i].asked);
        char *asked = malloc(length + 1); // not terminated
        memcpy(asked, cases[i].asked, length);
        asked[length] = 'x';
        uint32_t index = UINT32_MAX;
        HRESULT hr = hp_table_find(&table, asked, length, &index);
        hp_table_function found = {.name = "nothing"};
        if (index != UINT32_MAX)
            hp_table_get(&table, index, &found);
        if (hr != cases[i].result || strcmp(found.name, cases[i].found ? cases[i].found : "nothing") != 0)
            fail_msg("case %zu, %s: %s, 0x%08x", i, cases[i].asked, found.name, (unsigned)hr);
        free(asked);
        free(made.bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_finds_what_it_can_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
