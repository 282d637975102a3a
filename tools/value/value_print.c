// Values to text, for people and as JSON.
#include "tools/value/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct printer {
    const hp_value_types *types;
    char *text;
    size_t size, room;
    int failed;
} printer;

static void append(printer *out, const char *text, size_t length) {
    if (out->failed)
        return;
    if (out->room - out->size <= length) {
        const size_t room = 2 * (out->room + length) + 64;
        char *grown = realloc(out->text, room);
        if (!grown) {
            out->failed = 1;
            return;
        }
        out->text = grown;
        out->room = room;
    }
    memcpy(out->text + out->size, text, length);
    out->size += length;
    out->text[out->size] = '\0';
}

static void append_text(printer *out, const char *text) {
    append(out, text, strlen(text));
}

static uint64_t number_of(const hp_value_type *type, const unsigned char *bytes) {
    uint64_t number = 0;
    for (uint32_t i = type->size; i-- > 0;)
        number = number << 8 | bytes[i];
    if (type->kind == HP_TYPE_SIGNED && type->size > 0 && type->size < 8) {
        const uint64_t sign = (uint64_t)1 << (8 * type->size - 1);
        number = (number ^ sign) - sign;
    }
    return number;
}

/* The shortest text that is read back as the same number. */
static void spell_float(const hp_value_type *type, const unsigned char *bytes, char text[40]) {
    double wide;
    float narrow;
    if (type->size == 4) {
        memcpy(&narrow, bytes, sizeof narrow);
        wide = (double)narrow;
    } else {
        memcpy(&wide, bytes, sizeof wide);
    }
    if (wide - wide != 0) { /* mingw's isnan converts to float */
        snprintf(text, 40, "%s", wide != wide ? "nan" : wide < 0 ? "-inf" : "inf");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 40, "%.*g", digits, wide);
        const double back = strtod(text, NULL);
        if (type->size == 4 ? (float)back == (float)wide : back == wide)
            return;
    }
}

static void spell(const hp_value_type *type, const unsigned char *bytes, char text[40]) {
    const uint64_t number = type->kind == HP_TYPE_FLOAT ? 0 : number_of(type, bytes);
    switch (type->kind) {
    case HP_TYPE_FLOAT:
        spell_float(type, bytes, text);
        break;
    case HP_TYPE_BOOL:
        snprintf(text, 40, "%s", number ? "true" : "false");
        break;
    case HP_TYPE_SIGNED:
        snprintf(text, 40, "%lld", (long long)number);
        break;
    case HP_TYPE_HANDLE:
        snprintf(text, 40, "0x%llx", (unsigned long long)number);
        break;
    default:
        snprintf(text, 40, "%llu", (unsigned long long)number);
        break;
    }
}

static void print_simple(printer *out, const hp_value_type *type, const unsigned char *bytes) {
    char text[40];
    hp_value_piece name, value;
    spell(type, bytes, text);
    for (uint16_t at = 0; hp_value_entry(out->types, type, &at, &name, &value);)
        if (value.length == strlen(text) && memcmp(out->types->text + value.at, text, value.length) == 0) {
            append(out, out->types->text + name.at, name.length);
            return;
        }
    append_text(out, text);
}

static void print_one(printer *out, const hp_value_type *type, const unsigned char *bytes);

static void print_elements(printer *out, const hp_value_type *type, const unsigned char *bytes,
                           uint32_t count) {
    append_text(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            append_text(out, ", ");
        print_one(out, type, bytes + (size_t)i * type->size);
    }
    append_text(out, "]");
}

static void print_one(printer *out, const hp_value_type *type, const unsigned char *bytes) {
    if (type->kind != HP_TYPE_STRUCT) {
        print_simple(out, type, bytes);
        return;
    }
    append_text(out, "{");
    for (uint16_t index = type->child; index; index = out->types->types[index].next) {
        const hp_value_type *field = &out->types->types[index];
        if (index != type->child)
            append_text(out, ", ");
        append(out, out->types->text + field->name.at, field->name.length);
        if (field->name.length)
            append_text(out, "=");
        if (field->count)
            print_elements(out, field, bytes + field->offset, field->count);
        else
            print_one(out, field, bytes + field->offset);
    }
    append_text(out, "}");
}

static char *finish(printer *out) {
    if (!out->failed)
        return out->text;
    free(out->text);
    return NULL;
}

char *hp_value_print(const hp_value_types *types, unsigned type, const unsigned char *bytes) {
    printer out = {.types = types};
    print_one(&out, &types->types[type], bytes);
    return finish(&out);
}

char *hp_value_print_list(const hp_value_types *types, unsigned type, const unsigned char *bytes,
                          uint32_t count) {
    printer out = {.types = types};
    print_elements(&out, &types->types[type], bytes, count);
    return finish(&out);
}

static int all_named(const hp_value_types *types, const hp_value_type *type) {
    for (uint16_t index = type->child; index; index = types->types[index].next)
        if (types->types[index].name.length == 0)
            return 0;
    return 1;
}

static void json_structure(const hp_value_types *types, const hp_value_type *type, const unsigned char *bytes,
                           hp_json *json) {
    const int named = all_named(types, type);
    hp_json_begin(json, named ? '{' : '[');
    for (uint16_t index = type->child; index; index = types->types[index].next) {
        const hp_value_type *field = &types->types[index];
        char key[HP_SIGNATURE_MAX + 1];
        memcpy(key, types->text + field->name.at, field->name.length);
        key[field->name.length] = '\0';
        if (named)
            hp_json_key(json, key);
        if (field->count)
            hp_json_begin(json, '[');
        for (uint32_t i = 0; i < (field->count ? field->count : 1); i++)
            hp_value_json(types, index, bytes + field->offset + (size_t)i * field->size, json);
        if (field->count)
            hp_json_end(json);
    }
    hp_json_end(json);
}

void hp_value_json(const hp_value_types *types, unsigned index, const unsigned char *bytes, hp_json *json) {
    const hp_value_type *type = &types->types[index];
    char text[40];
    if (type->kind == HP_TYPE_STRUCT) {
        json_structure(types, type, bytes, json);
        return;
    }
    spell(type, bytes, text);
    if (type->kind == HP_TYPE_HANDLE || (type->kind == HP_TYPE_FLOAT && strpbrk(text, "ni")))
        hp_json_string(json, text);
    else
        hp_json_spelled(json, text);
}
