#include "client/mark.h"

#include <wchar.h>

#include "proxygen/fnv.h"

uint64_t hp_mark_of(const hp_class_found *found) {
    WIN32_FILE_ATTRIBUTE_DATA file = {0};
    if (found == NULL)
        return 0;
    GetFileAttributesExW(found->exe, GetFileExInfoStandard, &file);
    uint64_t hash = hp_fnv_64(HP_FNV_64, &found->clsid, sizeof found->clsid);
    hash = hp_fnv_64(hash, found->exe, wcslen(found->exe) * sizeof *found->exe);
    hash = hp_fnv_64(hash, &found->written, sizeof found->written);
    hash = hp_fnv_64(hash, &file.ftLastWriteTime, sizeof file.ftLastWriteTime);
    return hp_fnv_64(hash, &file.nFileSizeLow, sizeof file.nFileSizeLow) | 1;
}
