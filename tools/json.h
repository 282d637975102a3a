/**
 * @file json.h
 * Writes JSON (RFC 8259) into memory: commas, indentation and escapes are its own. Pure.
 */
#ifndef HP_TOOLS_JSON_H
#define HP_TOOLS_JSON_H

#include "hotpatch/base.h"

/** Deepest nesting. */
#define HP_JSON_DEPTH 32

/** A document being written. Zero-initialise; freed with hp_json_free. Not thread-safe. */
typedef struct hp_json {
    char *text; /**< what was written so far, not terminated */
    size_t size, room;
    unsigned depth;
    uint8_t filled[HP_JSON_DEPTH + 1]; /**< this level has an element already */
    char open[HP_JSON_DEPTH + 1];      /**< the bracket that ends the level */
    uint8_t keyed;                     /**< a key was written: its value comes next */
    uint8_t failed;                    /**< no memory, or too deep: nothing more is written */
} hp_json;

/** Begin an object or an array. @param bracket  '{' or '[' */
void hp_json_begin(hp_json *json, char bracket);

/** End what was begun last; the outermost end is followed by a line break. */
void hp_json_end(hp_json *json);

/** Key of the next value. */
void hp_json_key(hp_json *json, const char *key);

/** A string of length bytes. What is no UTF-8 becomes U+FFFD. */
void hp_json_text(hp_json *json, const char *text, size_t length);

/** A terminated string; NULL gives null. */
void hp_json_string(hp_json *json, const char *text);

void hp_json_signed(hp_json *json, int64_t number);
void hp_json_unsigned(hp_json *json, uint64_t number);
void hp_json_bool(hp_json *json, int value);
void hp_json_null(hp_json *json);

/** A number that is spelled already, and spelled as JSON wants it. */
void hp_json_spelled(hp_json *json, const char *number);

/** A key and a terminated string (NULL: null), or a number, or true or false. */
void hp_json_put_string(hp_json *json, const char *key, const char *text);
void hp_json_put_unsigned(hp_json *json, const char *key, uint64_t number);
void hp_json_put_bool(hp_json *json, const char *key, int value);

/** The key "error" with null, or code, symbol and text of a failure, as all commands write it. */
void hp_json_put_error(hp_json *json, const char *key, HRESULT result, const char *detail);

/** Free and zero. */
void hp_json_free(hp_json *json);

/**
 * Copy text as the inside of a JSON string, escaped, without the quotation marks.
 *
 * @param target    receives it, not terminated; NULL to measure. Six times length is always enough
 * @return bytes written, or needed
 */
size_t hp_json_escape(const char *text, size_t length, char *target);

#endif
