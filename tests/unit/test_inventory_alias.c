// Several names for one entry: which are aliases?
#include "tools/inventory/inventory_alias.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRY = 0x1000, ELSEWHERE = 0x2000 };

static hp_pe_symbol symbol(uint32_t rva, const char *name, uint8_t is_external) {
    return (hp_pe_symbol){
        .rva = rva, .name = name, .length = strlen(name), .is_function = 1, .is_external = is_external};
}

/* The aliases of the entry, with a comma behind each; "s:" before static ones. */
static const char *aliases_of(const hp_coff *symbols, const char *name, int is_cxx) {
    static char text[1024];
    const hp_inventory_entry entry = {.rva = ENTRY, .name = name, .is_cxx = is_cxx};
    hp_inventory_alias alias;
    text[0] = '\0';
    for (size_t at = 0; hp_inventory_alias_next(symbols, &entry, &at, &alias);) {
        strcat(text, alias.is_static ? "s:" : "");
        strncat(text, alias.name, alias.length);
        strcat(text, ",");
    }
    return text;
}

static const char *of(hp_arch arch, const char *own, int is_cxx, hp_pe_symbol *symbols, size_t count) {
    const hp_coff coff = {.arch = arch, .count = count, .symbols = symbols};
    return aliases_of(&coff, own, is_cxx);
}

static void each_other_name_is_told_once(void **state) {
    (void)state;
    hp_pe_symbol symbols[] = {symbol(ENTRY, "fare", 1), symbol(ENTRY, "price", 1), symbol(ENTRY, "cost", 0),
                              symbol(ENTRY, "price", 1), symbol(ELSEWHERE, "toll", 1)};
    assert_string_equal(of(HP_ARCH_X64, "fare", 0, symbols, 5), "price,s:cost,");
    assert_string_equal(of(HP_ARCH_X64, "acme::fare", 1, symbols, 5), "price,s:cost,"); // extern "C"
    symbols[0].rva = symbols[1].rva = symbols[2].rva = symbols[3].rva = 0x500;
    assert_string_equal(of(HP_ARCH_X64, "fare", 0, symbols, 5), "");
}

static void decorations_of_x86_belong_to_the_platform(void **state) {
    (void)state;
    hp_pe_symbol symbols[] = {symbol(ENTRY, "_fare@4", 1), symbol(ENTRY, "_price@4", 1),
                              symbol(ENTRY, "@cost@8", 1)};
    assert_string_equal(of(HP_ARCH_X86, "fare", 0, symbols, 3), "price,cost,");
}

static void names_that_tools_make_are_no_aliases(void **state) {
    (void)state;
    hp_pe_symbol symbols[] = {symbol(ENTRY, "fare", 1),
                              symbol(ENTRY, ".weak.price.fare", 1),
                              symbol(ENTRY, "fare.constprop.0", 0),
                              symbol(ENTRY, "_ZN4fareC2Ev", 1),
                              symbol(ENTRY, "_ZN4fareC1Ev", 1),
                              symbol(ENTRY, "", 1)};
    assert_string_equal(of(HP_ARCH_X64, "fare", 0, symbols, 6), "");
    assert_string_equal(of(HP_ARCH_X64, "fare::fare", 1, symbols + 3, 3), "");
}

static void label_is_no_alias(void **state) {
    (void)state;
    hp_pe_symbol symbols[] = {symbol(ENTRY, "fare_label", 1)};
    assert_string_equal(of(HP_ARCH_X64, "fare", 0, symbols, 1), "");
}

static void more_names_than_anybody_writes_take_no_time(void **state) {
    (void)state;
    static hp_pe_symbol symbols[100000];
    for (size_t i = 0; i < 100000; i++)
        symbols[i] = symbol(ENTRY, "fare", 1);
    symbols[99999] = symbol(ENTRY, "price", 1);
    assert_string_equal(of(HP_ARCH_X64, "fare", 0, symbols, 100000), "");
}

static void what_the_compiler_folded_has_a_definition_and_a_symbol(void **state) {
    (void)state;
    hp_fact items[] = {{.rva = ENTRY, .name = "fare", .is_external = 1},
                       {.rva = ELSEWHERE, .name = "same"},
                       {.name = "inlined", .inlined = 1},
                       {.name = "price", .is_gone = 1},
                       {.name = "removed", .is_gone = 1},
                       {.name = "same", .is_gone = 1}};
    const hp_facts facts = {.items = items, .with_code = 2, .count = 6};
    hp_pe_symbol symbols[] = {symbol(ENTRY, "fare", 1), symbol(ENTRY, "price", 0),
                              symbol(ENTRY, "inlined", 1), symbol(ELSEWHERE, "same", 0)};
    const hp_coff coff = {.arch = HP_ARCH_X64, .count = 4, .symbols = symbols};
    assert_true(hp_inventory_alias_is_folded(&facts, &(hp_inventory_alias){"price", 5, 1}));
    assert_false(hp_inventory_alias_is_folded(&facts, &(hp_inventory_alias){"prices", 6, 1}));
    assert_false(hp_inventory_alias_is_folded(&facts, &(hp_inventory_alias){"inlined", 7, 0}));
    assert_int_equal(hp_inventory_alias_place(&coff, &facts, &items[3]), ENTRY);
    assert_int_equal(hp_inventory_alias_place(&coff, &facts, &items[4]), 0);
    assert_int_equal(hp_inventory_alias_place(&coff, &facts, &items[5]), 0); // another file's
    items[3].is_external = 1;
    assert_int_equal(hp_inventory_alias_place(&coff, &facts, &items[3]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_other_name_is_told_once),
        cmocka_unit_test(decorations_of_x86_belong_to_the_platform),
        cmocka_unit_test(names_that_tools_make_are_no_aliases),
        cmocka_unit_test(label_is_no_alias),
        cmocka_unit_test(more_names_than_anybody_writes_take_no_time),
        cmocka_unit_test(what_the_compiler_folded_has_a_definition_and_a_symbol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
