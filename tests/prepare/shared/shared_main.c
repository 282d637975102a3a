/*
 * shared.exe            calls the functions and prints what they return
 * shared.exe NAME...    redirects these to one that returns 1000, calls them, takes it back, calls them again
 * What is refused is printed as "NAME: HP_E_..., detail". Exit code: 0, also then.
 */
#include "shared.h"

#include <hotpatch/patch.h>
#include <stdio.h>

static int replacement(int a) {
    return 1000 + a - SHARED_VALUE;
}

static void call_all(const char *when) {
    const char *name;
    int result;
    for (int i = 0; shared_call(i, &name, &result); i++)
        printf("%s: %s %d\n", when, name, result);
}

static int is_refused(const char *name, hp_patch *patch, HRESULT hr) {
    hp_patch_trouble trouble = {.size = sizeof trouble};
    if (SUCCEEDED(hr))
        return 0;
    hp_patch_explain(patch, &trouble);
    printf("%s: %s, %s\n", name, hp_error_symbol(hr), trouble.detail);
    return 1;
}

int main(int argc, char **argv) {
    call_all("before");
    if (argc == 1)
        return 0;
    hp_patch *patch = NULL;
    if (is_refused("open", patch, hp_patch_open(&patch)))
        return 1;
    int refused = 0;
    for (int i = 1; i < argc; i++) {
        const hp_patch_function function = {
            .size = sizeof function, .name = argv[i], .replacement = (void *)replacement};
        refused += is_refused(argv[i], patch, hp_patch_add(patch, &function));
    }
    if (!refused && !is_refused("commit", patch, hp_patch_commit(patch))) {
        call_all("patched");
        is_refused("revert", patch, hp_patch_revert(patch));
        call_all("after");
    }
    hp_patch_close(patch);
    return 0;
}
