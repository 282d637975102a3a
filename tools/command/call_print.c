// What a call gave: its result, and the memory that it may have changed.
#include "tools/command/call.h"

#include <stdlib.h>
#include <string.h>

#include "tools/print.h"

/* Where the result is after the call. */
static const unsigned char *result_of(hp_call *it) {
    switch (it->marshal.layout.result) {
    case HP_RESULT_HIDDEN:
        return it->hidden;
    case HP_RESULT_FLOAT:
#if HP_X64
        return it->registers.xmm[0];
#else
        return it->registers.st0;
#endif
    default:
        memcpy(it->hidden, &it->registers.gp[HP_GP_AX], sizeof it->registers.gp[0]);
#if !HP_X64
        if (it->marshal.signature.result.size > 4)
            memcpy(it->hidden + 4, &it->registers.gp[HP_GP_DX], 4);
#endif
        return it->hidden;
    }
}

/* A buffer's text up to its NUL as UTF-8, malloc'ed. */
static char *text_of(const hp_parameter *parameter, const hp_arguments_item *item, size_t *length) {
    size_t units = 0;
    const uint32_t size = parameter->type.size;
    while (units < item->count && (item->bytes[units * size] || (size == 2 && item->bytes[units * size + 1])))
        units++;
    char *text = malloc(3 * units + 1);
    if (!text)
        return NULL;
    *length = units;
    if (size == 2)
        *length = hp_value_to_utf8(item->bytes, units, text);
    else
        memcpy(text, item->bytes, units);
    return text;
}

static void memory_to_json(hp_call *it, unsigned index, hp_json *json) {
    const hp_parameter *parameter = &it->types.signature.parameter[index];
    const hp_arguments_item *item = &it->arguments.item[index];
    size_t length;
    if (!item->bytes) {
        hp_json_null(json);
        return;
    }
    if (parameter->type.text) {
        char *text = text_of(parameter, item, &length);
        if (text)
            hp_json_text(json, text, length);
        else
            json->failed = 1;
        free(text);
        return;
    }
    const int single = parameter->length == HP_LENGTH_CONSTANT && parameter->count == 1;
    if (!single)
        hp_json_begin(json, '[');
    for (uint32_t i = 0; i < item->count; i++)
        hp_value_json(&it->types, 1 + index, item->bytes + (size_t)i * parameter->type.size, json);
    if (!single)
        hp_json_end(json);
}

int hp_call_print_json(hp_call *it, const char *name) {
    hp_json json = {0};
    const hp_signature *signature = &it->types.signature;
    hp_json_begin(&json, '{');
    hp_json_put_string(&json, "function", name);
    hp_json_put_string(&json, "signature", it->types.text);
    hp_json_key(&json, "result");
    if (signature->result.kind == HP_TYPE_VOID)
        hp_json_null(&json);
    else
        hp_value_json(&it->types, 0, result_of(it), &json);
    hp_json_key(&json, "parameters");
    hp_json_begin(&json, '[');
    for (unsigned i = 0; i < signature->count; i++) {
        const hp_value_piece piece = it->types.types[1 + i].name;
        if (!(signature->parameter[i].direction & HP_OUT))
            continue;
        hp_json_begin(&json, '{');
        hp_json_put_unsigned(&json, "index", i);
        hp_json_key(&json, "name");
        if (piece.length)
            hp_json_text(&json, it->types.text + piece.at, piece.length);
        else
            hp_json_null(&json);
        hp_json_key(&json, "value");
        memory_to_json(it, i, &json);
        hp_json_end(&json);
    }
    hp_json_end(&json);
    hp_json_end(&json);
    return hp_print_json(&json);
}

static void print_line(const char *name, size_t length, unsigned index, char *text) {
    if (length)
        hp_print("%.*s = %s\n", (int)length, name, text ? text : "?");
    else
        hp_print("#%u = %s\n", index, text ? text : "?");
    free(text);
}

/* Text in quotation marks, escaped as in JSON. */
static char *quoted(const hp_parameter *parameter, const hp_arguments_item *item) {
    size_t length = 0;
    char *text = text_of(parameter, item, &length);
    hp_json json = {0};
    if (text)
        hp_json_text(&json, text, length);
    free(text);
    char *line = json.failed ? NULL : malloc(json.size + 1);
    if (line && json.size)
        memcpy(line, json.text, json.size);
    if (line)
        line[json.size] = '\0';
    hp_json_free(&json);
    return line;
}

void hp_call_print(hp_call *it) {
    const hp_signature *signature = &it->types.signature;
    if (signature->result.kind != HP_TYPE_VOID)
        print_line("result", 6, 0, hp_value_print(&it->types, 0, result_of(it)));
    for (unsigned i = 0; i < signature->count; i++) {
        const hp_parameter *parameter = &signature->parameter[i];
        const hp_arguments_item *item = &it->arguments.item[i];
        const hp_value_piece piece = it->types.types[1 + i].name;
        if (!(parameter->direction & HP_OUT))
            continue;
        char *text = !item->bytes           ? _strdup("null")
                     : parameter->type.text ? quoted(parameter, item)
                     : parameter->length == HP_LENGTH_CONSTANT && parameter->count == 1
                         ? hp_value_print(&it->types, 1 + i, item->bytes)
                         : hp_value_print_list(&it->types, 1 + i, item->bytes, item->count);
        print_line(it->types.text + piece.at, piece.length, i, text);
    }
}
