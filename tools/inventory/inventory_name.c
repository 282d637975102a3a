#include "tools/inventory/inventory_name.h"

#include <string.h>

#include "idl/name.h"
#include "tools/debug/types_text.h"

typedef struct writer {
    char *text;
    size_t length;
    int full;
} writer;

static void put(writer *out, const char *bytes, size_t length) {
    if (length > HP_NAME_MAX - out->length) {
        out->full = 1;
        return;
    }
    memcpy(out->text + out->length, bytes, length);
    out->length += length;
}

/* Some debug information has unnamed namespaces' names, some has not: left out, all say the same. */
static void put_name(writer *out, const char *name) {
    for (size_t length; *name != '\0'; name += length) {
        length = hp_types_text_unnamed(name);
        if (length == 0) {
            length = 1;
            put(out, name, 1);
        }
    }
}

static void put_path(writer *out, const char *path) {
    for (; *path != '\0'; path++) {
        if (*path == ' ')
            put(out, "%20", 3);
        else
            put(out, path, 1);
    }
}

size_t hp_inventory_name_make(const char *name, const char *parameters, const char *file,
                              char text[HP_NAME_MAX + 1]) {
    writer out = {.text = text};
    put_name(&out, name);
    if (parameters != NULL)
        put(&out, parameters, strlen(parameters));
    if (file != NULL) {
        put(&out, "@", 1);
        put_path(&out, file);
    }
    text[out.length] = '\0';
    if (out.full || FAILED(hp_name_check(text, out.length)))
        return 0;
    return hp_name_short(text, out.length);
}
