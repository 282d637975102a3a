/*
 * fixture_patch_module.dll: a module of the app besides its EXE. Its .def file adds an alias of one export
 * and an export that is forwarded.
 */
#include "hotpatch/function.h"

#define EXPORTED HP_PATCHABLE_ATTRIBUTES __declspec(dllexport)

EXPORTED int patch_module_scale(int a) {
    return 2 * a;
}

/* Exported twice, as if identical code had been folded. */
EXPORTED int patch_module_shared(int a) {
    return 3 * a;
}

/* Where somebody else's hooks lead to. */
__declspec(dllexport) int patch_module_rival(int a) {
    return -a;
}

__declspec(dllexport) int patch_module_data = 4;
