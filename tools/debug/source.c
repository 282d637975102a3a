#include "tools/debug/source.h"

#include <stdlib.h>
#include <string.h>

#include "tools/debug/select.h"
#include "tools/tool.h"

static int exists(const char *path) {
    wchar_t *wide = hp_tool_wide(path);
    const DWORD attributes = wide != NULL ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    free(wide);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

static int is_relative(const char *path) {
    return path[0] != '/' && path[0] != '\0' && path[1] != ':';
}

/* Where the relative path leads from a directory, or from one that it is in. */
static const char *find_below(const char *relative, const char *directory, char *path) {
    size_t length = strlen(directory);
    const size_t rest = strlen(relative);
    while (length + 1 + rest < HP_SOURCE_PATH) {
        memcpy(path, directory, length);
        path[length] = '/';
        memcpy(path + length + 1, relative, rest + 1);
        const char *below = hp_select_below(path, directory);
        if (below != NULL && exists(path))
            return below;
        while (length > 0 && directory[length - 1] != '/')
            length--;
        if (length == 0)
            return NULL;
        length--;
    }
    return NULL;
}

const char *hp_source_own(const hp_sources *sources, const char *file, char *path) {
    char relative[HP_SOURCE_PATH];
    if (file == NULL || !hp_select_path(file, NULL, path, HP_SOURCE_PATH))
        return NULL;
    if (sources->count == 0)
        return path;
    const int searched = is_relative(path);
    if (searched)
        memcpy(relative, path, strlen(path) + 1);
    for (size_t i = 0; i < sources->count; i++) {
        const char *below = searched ? find_below(relative, sources->directories[i], path)
                                     : hp_select_below(path, sources->directories[i]);
        if (below != NULL)
            return below;
    }
    return NULL;
}
