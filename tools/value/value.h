/**
 * @file value.h
 * Values as people write them, for types of a signature. Pure; the text is not believed.
 *
 *     value  := integer | float | "true" | "false" | entry of an enum | "null" (a handle of 0) | structure
 *     structure := "{" [ field-name "=" ] element { "," [ field-name "=" ] element } "}"
 *     element := value, or for an array in a structure a list
 *     list   := "[" [ value { "," value } ] "]" | "x" '"' hexadecimal digits '"'
 *
 * Integers are decimal, hexadecimal with 0x, with a sign; floats as C's strtod reads them, nan and inf too.
 * The bytes list stands for elements of one byte. White space may stand between all of these.
 */
#ifndef HP_TOOLS_VALUE_H
#define HP_TOOLS_VALUE_H

#include "idl/protocol.h"
#include "proxygen/signature.h"
#include "tools/json.h"

/** Room for a reason. */
#define HP_VALUE_REASON 192

/** A piece of the signature's text. length 0: there is none. */
typedef struct hp_value_piece {
    uint16_t at, length;
} hp_value_piece;

/** A type with everything that the signature's text says of it: the result, a parameter, or a field. */
typedef struct hp_value_type {
    hp_type_kind kind;
    uint32_t size, align; /**< bytes, of one element */
    uint32_t offset;      /**< in its structure */
    uint32_t count;       /**< elements of an array in a structure; 0: it is none */
    hp_value_piece whole; /**< "in u8 data[len]" */
    hp_value_piece name;
    hp_value_piece entries; /**< of an enum, between the braces */
    uint16_t child, next;   /**< first field, next field; 0: none */
} hp_value_type;

/** The types of one signature: [0] is the result, [1 + i] is parameter i. Freed with hp_value_close. */
typedef struct hp_value_types {
    char text[HP_SIGNATURE_MAX + 1];
    hp_signature signature;
    hp_value_type *types;
    uint16_t count;
} hp_value_types;

/**
 * Read a signature.
 *
 * @return S_OK; as hp_signature_parse; E_OUTOFMEMORY. Then nothing needs to be freed.
 */
HRESULT hp_value_open(const char *text, hp_arch arch, hp_value_types *types, hp_signature_error *error);

void hp_value_close(hp_value_types *types);

/**
 * Read one value; it is all that stands in the text.
 *
 * @param type    which, an index
 * @param text    terminated
 * @param bytes   receives the type's size in bytes; undefined on failure
 * @param reason  receives what is wrong with the text
 * @return 1, or 0 and a reason. Thread-safe, as all here.
 */
int hp_value_read(const hp_value_types *types, unsigned type, const char *text, unsigned char *bytes,
                  char reason[HP_VALUE_REASON]);

/**
 * The entries of an enum, one after the other.
 *
 * @param at     0 at first, then as the last call left it
 * @param name   receives where the name stands
 * @param value  receives where the number stands, decimal
 * @return 0: there are no more
 */
int hp_value_entry(const hp_value_types *types, const hp_value_type *type, uint16_t *at, hp_value_piece *name,
                   hp_value_piece *value);

/** Does the text look like a list? */
int hp_value_is_list(const char *text);

/**
 * Read a list of values.
 *
 * @param bytes  receives them, malloc'ed, at least one byte; the caller frees it; NULL on failure
 * @param count  receives how many there are
 */
int hp_value_read_list(const hp_value_types *types, unsigned type, const char *text, unsigned char **bytes,
                       uint32_t *count, char reason[HP_VALUE_REASON]);

/**
 * Write a value as hp_value_read reads it, structures with the names of their fields.
 *
 * @param bytes  the type's size of them
 * @return malloc'ed, the caller frees it; NULL without memory
 */
char *hp_value_print(const hp_value_types *types, unsigned type, const unsigned char *bytes);

/** The same for count values, as a list. */
char *hp_value_print_list(const hp_value_types *types, unsigned type, const unsigned char *bytes,
                          uint32_t count);

/** The same as JSON: structures are objects (arrays, where a field has no name), enums numbers, handles
 * strings of hexadecimal digits, as are floats that JSON cannot write: "nan", "inf", "-inf". */
void hp_value_json(const hp_value_types *types, unsigned index, const unsigned char *bytes, hp_json *json);

/**
 * UTF-16 of UTF-8.
 *
 * @param wide  receives 2 bytes a unit, little-endian, not terminated; NULL to measure
 * @return units; SIZE_MAX if it is no UTF-8
 */
size_t hp_value_to_utf16(const char *text, size_t length, unsigned char *wide);

/** UTF-8 of UTF-16 units at bytes; a lone surrogate becomes U+FFFD. @param text  4 bytes a unit are enough, 3
 * too
 * @return bytes written */
size_t hp_value_to_utf8(const unsigned char *bytes, size_t units, char *text);

#endif
