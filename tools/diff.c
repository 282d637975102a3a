// hotpatch diff: which functions of a newer image can replace those of an older one while it runs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxygen/signature.h"
#include "tools/binary.h"
#include "tools/print.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: hotpatch diff [OPTION...] OLD NEW [PATTERN...]\n"
    "Compares the function tables of two images, the app that runs and its update: which functions can be\n"
    "replaced live, and which cannot, and why. \"*\" marks functions that NEW offers to apps; they come "
    "first.\n"
    "Patterns choose functions by name: \"*\" is any characters, \"?\" one.\n"
    "Each has to match a function of NEW.\n\n"
    "  --json        an object: old, new, replaceable, functions\n"
    "  --color=WHEN  auto (default: if stdout is a terminal and NO_COLOR is not set), always, never\n"
    "  -h, --help    this text\n\n"
    "Exit codes: 0 every function that NEW offers (if it offers none: every one that both have) can be\n"
    "replaced; 1 some cannot, the images have no function in common, or a pattern matches none of NEW;\n"
    "2 the command line cannot be understood; 3 an image or its table cannot be read.\n";

typedef enum side { BOTH, ONLY_OLD, ONLY_NEW } side;

/** What is to be said of one function. */
typedef struct verdict {
    side side;
    hp_table_function old, new; /* as side says */
    uint32_t place;             /* of old in its table */
    HRESULT result;             /* S_OK: can be replaced live */
    char detail[400];
} verdict;

/** Two images compared. */
typedef struct comparison {
    hp_binary old, new;
    verdict *items;
    size_t count;
} comparison;

static const hp_table_function *known(const verdict *it) {
    return it->side == ONLY_OLD ? &it->old : &it->new;
}

static void judge(const comparison *both, verdict *it) {
    if (both->old.pe.arch != both->new.pe.arch) {
        it->result = HP_E_SERVER_ARCHITECTURE;
        snprintf(it->detail, sizeof it->detail, "OLD is %s, NEW is %s", hp_binary_arch(both->old.pe.arch),
                 hp_binary_arch(both->new.pe.arch));
    } else if (FAILED(it->old.patchable)) {
        it->result = it->old.patchable;
        snprintf(it->detail, sizeof it->detail, "OLD cannot be patched there");
    } else if (FAILED(it->old.callable) || FAILED(it->new.callable)) {
        const int old = FAILED(it->old.callable);
        it->result = old ? it->old.callable : it->new.callable;
        snprintf(it->detail, sizeof it->detail, "in %s: %s", old ? "OLD" : "NEW",
                 old ? it->old.signature : it->new.signature);
    } else {
        it->result = hp_signature_compare(it->old.signature, it->new.signature, both->new.pe.arch, it->detail,
                                          sizeof it->detail);
    }
}

static int by_offer(const void *a, const void *b) {
    const verdict *one = a, *other = b;
    const int first = one->side != ONLY_OLD && one->new.offered;
    const int second = other->side != ONLY_OLD && other->new.offered;
    return first != second ? second - first : strcmp(known(one)->name, known(other)->name);
}

/* What NEW has, looked for in OLD as attach does it. */
static void add_new(comparison *both, const hp_table_function *function) {
    uint32_t index;
    if (!both->items)
        return;
    verdict *it = &both->items[both->count++];
    *it = (verdict){.side = BOTH, .new = *function};
    const HRESULT hr = hp_table_find(&both->old.table, function->name, strlen(function->name), &index);
    if (hr == HP_E_NAME_UNKNOWN) {
        it->side = ONLY_NEW;
        it->result = hr;
        return;
    }
    hp_table_get(&both->old.table, index, &it->old);
    it->place = index;
    it->result = hr;
    if (SUCCEEDED(hr))
        judge(both, it);
    else
        snprintf(it->detail, sizeof it->detail, "in OLD, %.200s is one of them", it->old.name);
}

static void add_old(comparison *both, const hp_table_function *function) {
    uint32_t index;
    if (both->items &&
        hp_table_find(&both->new.table, function->name, strlen(function->name), &index) == HP_E_NAME_UNKNOWN)
        both->items[both->count++] =
            (verdict){.side = ONLY_OLD, .old = *function, .result = HP_E_NAME_UNKNOWN};
}

static int can_go(const verdict *it) {
    return it->side == BOTH && SUCCEEDED(it->result);
}

/* Those that could be replaced first, by what they mean in OLD. */
static int by_place(const void *a, const void *b) {
    const verdict *one = a, *other = b;
    if (can_go(one) != can_go(other))
        return can_go(other) - can_go(one);
    if (one->place != other->place)
        return one->place > other->place ? 1 : -1;
    return other->new.offered - one->new.offered;
}

static void refuse_twin(verdict *it, const verdict *other) {
    it->result = HP_E_ADDRESS_SHARED;
    snprintf(it->detail, sizeof it->detail, "%.300s", other->new.name);
}

/* "add" and "add(i32)" of NEW may both mean OLD's "add". As attach does it: of those that are offered both
   are refused; the one that is offered is not disturbed by others. */
static void refuse_twins(comparison *both) {
    verdict *items = both->items;
    qsort(items, both->count, sizeof *items, by_place);
    for (size_t i = 0, end; i < both->count && can_go(&items[i]); i = end) {
        for (end = i + 1; end < both->count && can_go(&items[end]) && items[end].place == items[i].place;
             end++)
            refuse_twin(&items[end], &items[i]);
        if (end > i + 1 && items[i].new.offered == items[i + 1].new.offered)
            refuse_twin(&items[i], &items[i + 1]);
    }
}

static void choose(comparison *both, char *const *patterns, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < both->count; i++)
        if (hp_binary_is_chosen(known(&both->items[i])->name, patterns, count))
            both->items[kept++] = both->items[i];
    both->count = kept;
}

static HRESULT compare(comparison *both, char *const *patterns, size_t count, hp_trouble *trouble) {
    hp_table_function *old = NULL, *new = NULL;
    size_t olds = 0, news = 0;
    HRESULT hr = hp_binary_functions(&both->old, NULL, 0, &old, &olds, trouble);
    if (SUCCEEDED(hr))
        hr = hp_binary_functions(&both->new, NULL, 0, &new, &news, trouble);
    if (SUCCEEDED(hr) && !(both->items = calloc(olds + news + 1, sizeof *both->items)))
        hr = hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    for (size_t i = 0; i < news && SUCCEEDED(hr); i++)
        add_new(both, &new[i]);
    for (size_t i = 0; i < olds && SUCCEEDED(hr); i++)
        add_old(both, &old[i]);
    if (SUCCEEDED(hr)) {
        refuse_twins(both); /* also for names that the patterns do not choose */
        choose(both, patterns, count);
        qsort(both->items, both->count, sizeof *both->items, by_offer);
    }
    free(old);
    free(new);
    return hr;
}

static void add_row(hp_print_grid *grid, const char *mark, const char *name, hp_print_tint tint,
                    const char *answer, const char *why) {
    hp_print_cell(grid, HP_TINT_WARN, "%s", mark);
    hp_print_cell(grid, HP_TINT_BOLD, "%s", name);
    hp_print_cell(grid, tint, "%s", answer);
    hp_print_cell(grid, HP_TINT_NONE, "%s", why);
}

static void add_verdict(hp_print_grid *grid, const verdict *it) {
    char text[600];
    const char *mark = it->side != ONLY_OLD && it->new.offered ? "*" : "";
    if (it->side != BOTH) {
        const int old = it->side == ONLY_OLD;
        add_row(grid, mark, known(it)->name, old || !it->new.offered ? HP_TINT_DIM : HP_TINT_BAD, "-",
                old ? "only in OLD" : "only in NEW");
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
                      old ? it->old.signature : it->new.signature);
    }
}

static void print_table(const comparison *both) {
    hp_print_grid grid = {.columns = 4};
    add_row(&grid, "", "NAME", HP_TINT_DIM, "LIVE", "WHY NOT");
    for (size_t i = 0; i < both->count; i++)
        add_verdict(&grid, &both->items[i]);
    hp_print_table(&grid);
}

static int print_json(const comparison *both, char **images, int good) {
    static const char *const sides[] = {"both", "old", "new"};
    hp_json json = {0};
    hp_json_begin(&json, '{');
    hp_json_put_string(&json, "old", images[0]);
    hp_json_put_string(&json, "new", images[1]);
    hp_json_put_bool(&json, "replaceable", good);
    hp_json_key(&json, "functions");
    hp_json_begin(&json, '[');
    for (size_t i = 0; i < both->count; i++) {
        const verdict *it = &both->items[i];
        const int old = it->side != ONLY_NEW && SUCCEEDED(it->old.callable);
        const int new = it->side != ONLY_OLD &&SUCCEEDED(it->new.callable);
        hp_json_begin(&json, '{');
        hp_json_put_string(&json, "name", known(it)->name);
        hp_json_put_string(&json, "in", sides[it->side]);
        hp_json_put_bool(&json, "offered", it->side != ONLY_OLD && it->new.offered);
        hp_json_put_bool(&json, "replaceable", SUCCEEDED(it->result));
        hp_json_put_error(&json, "error", it->result, it->detail);
        hp_json_put_string(&json, "old_signature", old ? it->old.signature : NULL);
        hp_json_put_string(&json, "new_signature", new ? it->new.signature : NULL);
        hp_json_end(&json);
    }
    hp_json_end(&json);
    hp_json_end(&json);
    return hp_print_json(&json);
}

/* Is everything replaceable that counts? And a line about it. */
static int conclude(const comparison *both, int chosen) {
    size_t count[3] = {0}, live = 0, offered = 0, offered_live = 0;
    for (size_t i = 0; i < both->count; i++) {
        const verdict *it = &both->items[i];
        const int good = SUCCEEDED(it->result), offers = it->side != ONLY_OLD && it->new.offered;
        count[it->side]++;
        live += (size_t)good;
        offered += (size_t)offers;
        offered_live += (size_t)(offers && good);
    }
    hp_print_note(
        "%zu of %zu functions can be replaced live, %zu of %zu that NEW offers; %zu only in OLD, %zu "
        "only in NEW",
        live, count[BOTH], offered_live, offered, count[ONLY_OLD], count[ONLY_NEW]);
    if (count[BOTH] == 0)
        hp_print_note("hotpatch diff: OLD and NEW have no %sfunction in common", chosen ? "such " : "");
    return count[BOTH] > 0 && (offered ? offered_live == offered : live == count[BOTH]);
}

static HRESULT open_image(const char *path, hp_binary *binary, hp_trouble *trouble) {
    const HRESULT hr = hp_binary_open(path, binary, trouble);
    return SUCCEEDED(hr) ? hp_binary_table(binary, path, trouble) : hr;
}

static int diff(char **operands, size_t patterns, int as_json) {
    comparison both = {0};
    hp_trouble trouble = {0};
    int code;
    HRESULT hr = open_image(operands[0], &both.old, &trouble);
    if (SUCCEEDED(hr))
        hr = open_image(operands[1], &both.new, &trouble);
    if (SUCCEEDED(hr))
        hr = compare(&both, operands + 2, patterns, &trouble);
    if (FAILED(hr)) {
        code = hp_tool_fail("diff", &trouble);
    } else {
        if (!as_json)
            print_table(&both);
        const int matches = hp_binary_match(&both.new, "diff", operands[1], operands + 2, patterns);
        const int good = conclude(&both, patterns > 0) && matches;
        code = good ? HP_TOOL_OK : HP_TOOL_NO;
        if (as_json && !print_json(&both, operands, good))
            code = HP_TOOL_FAILED;
    }
    free(both.items);
    hp_binary_close(&both.old);
    hp_binary_close(&both.new);
    return code;
}

int hp_diff_main(int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"color", required_argument, NULL, 'c'}, {0}};
    int code, json = 0;
    for (int option; (option = hp_tool_option(argc, argv, options, help, &code)) != -1;) {
        if (option == -2)
            return code;
        json |= option == 'j';
        if (option == 'c' && !hp_print_color(optarg))
            return hp_tool_misuse(argv[0], "--color is auto, always or never, not \"%s\"", optarg);
    }
    if (argc - optind < 2)
        return hp_tool_misuse(argv[0], "two images are needed: the one that runs, and its update");
    return diff(argv + optind, (size_t)(argc - optind - 2), json);
}
