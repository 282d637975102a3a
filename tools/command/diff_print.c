// What `hotpatch diff` found, as a table and as JSON.
#include "tools/command/diff.h"

#include <stdio.h>

#include "tools/print.h"

static void add_row(hp_print_grid *grid, const char *mark, const char *name, hp_print_tint tint,
                    const char *answer, const char *why) {
    hp_print_cell(grid, HP_TINT_WARN, "%s", mark);
    hp_print_cell(grid, HP_TINT_BOLD, "%s", name);
    hp_print_cell(grid, tint, "%s", answer);
    hp_print_cell(grid, HP_TINT_NONE, "%s", why);
}

static void add_verdict(const hp_diff_comparison *both, hp_print_grid *grid, const hp_diff_verdict *it) {
    char text[600], signature[HP_SIGNATURE_MAX + 1];
    const char *mark = hp_diff_is_offered(it) ? "*" : "";
    if (it->side != HP_DIFF_BOTH) {
        const int old = it->side == HP_DIFF_OLD;
        snprintf(text, sizeof text, "only in %s%s%s", old ? "OLD" : "NEW", it->detail[0] ? ": " : "",
                 it->detail);
        add_row(grid, mark, hp_diff_known(it)->name, *mark == 0 ? HP_TINT_DIM : HP_TINT_BAD, "-", text);
        return;
    }
    if (SUCCEEDED(it->result)) {
        add_row(grid, mark, it->new.name, HP_TINT_GOOD, "yes", "");
        return;
    }
    const int twins = it->result == HP_E_ADDRESS_SHARED && SUCCEEDED(it->old.patchable);
    snprintf(text, sizeof text, "%s%s%s", twins ? "two names for one function" : hp_binary_reason(it->result),
             it->detail[0] ? ": " : "", it->detail);
    add_row(grid, mark, it->new.name, HP_TINT_BAD, "no", text);
    if (it->result != HP_E_SIGNATURE_MISMATCH && it->result != HP_E_TYPE_MISMATCH)
        return;
    for (int old = 1; old >= 0; old--) {
        for (int i = 0; i < 3; i++)
            hp_print_cell(grid, HP_TINT_NONE, "%s", "");
        hp_print_cell(grid, HP_TINT_WARN, "%s %s", old ? "OLD" : "NEW",
                      old ? hp_known_signature(&both->old.known, &it->old, signature)
                          : hp_known_signature(&both->new.known, &it->new, signature));
    }
}

void hp_diff_print(const hp_diff_comparison *both) {
    hp_print_grid grid = {.columns = 4};
    add_row(&grid, "", "NAME", HP_TINT_DIM, "LIVE", "WHY NOT");
    for (size_t i = 0; i < both->count; i++)
        add_verdict(both, &grid, &both->items[i]);
    hp_print_table(&grid);
}

int hp_diff_print_json(const hp_diff_comparison *both, char **images, int good) {
    static const char *const sides[] = {"both", "old", "new"};
    hp_json json = {0};
    hp_json_begin(&json, '{');
    hp_json_put_string(&json, "old", images[0]);
    hp_json_put_string(&json, "new", images[1]);
    hp_json_put_bool(&json, "replaceable", good);
    hp_json_key(&json, "functions");
    hp_json_begin(&json, '[');
    for (size_t i = 0; i < both->count; i++) {
        const hp_diff_verdict *it = &both->items[i];
        const int old = it->side != HP_DIFF_NEW && it->old.callable == S_OK;
        const int new = it->side != HP_DIFF_OLD && it->new.callable == S_OK;
        char text[HP_SIGNATURE_MAX + 1];
        hp_json_begin(&json, '{');
        hp_json_put_string(&json, "name", hp_diff_known(it)->name);
        hp_json_put_string(&json, "in", sides[it->side]);
        hp_json_put_bool(&json, "offered", hp_diff_is_offered(it));
        hp_json_put_bool(&json, "replaceable", SUCCEEDED(it->result));
        hp_json_put_error(&json, "error", it->result, it->detail);
        hp_json_put_string(&json, "old_signature",
                           old ? hp_known_signature(&both->old.known, &it->old, text) : NULL);
        hp_json_put_string(&json, "new_signature",
                           new ? hp_known_signature(&both->new.known, &it->new, text) : NULL);
        hp_json_end(&json);
    }
    hp_json_end(&json);
    hp_json_end(&json);
    return hp_print_json(&json);
}
