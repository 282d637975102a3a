/**
 * @file signature_text.h
 * The inside of the signature parser: tokens, and what canonical form needs beyond
 * hp_signature. Not for other rooms, but for tools/debug/types_check.c and server/method.c.
 */
#ifndef HP_PROXYGEN_SIGNATURE_TEXT_H
#define HP_PROXYGEN_SIGNATURE_TEXT_H

#include "idl/protocol.h"
#include "proxygen/signature.h"

#include <stdbool.h>

typedef enum hp_token {
    HP_TOKEN_END,
    HP_TOKEN_WORD,   /**< identifier or keyword */
    HP_TOKEN_NUMBER, /**< decimal digits */
    HP_TOKEN_DOTS,   /**< "..." */
    HP_TOKEN_MARK,   /**< one of ( ) { } [ ] , ; * # */
    HP_TOKEN_ALIEN,  /**< any other byte; "=" and "-" stand in enums only */
} hp_token;

/** A piece of the text. length 0: there is none. */
typedef struct hp_signature_span {
    uint16_t at;
    uint16_t length;
} hp_signature_span;

/** A text being read; token and span describe what is next in it. */
typedef struct hp_signature_text {
    const char *text;
    hp_arch arch;
    hp_token token;
    hp_signature_span span;
    hp_signature_error *error; /**< may be NULL */
} hp_signature_text;

/** What each parameter looked like. */
typedef struct hp_signature_source {
    hp_signature_span result;                              /**< type */
    hp_signature_span type[HP_SIGNATURE_MAX_PARAMETERS];   /**< without direction and "*" */
    hp_signature_span name[HP_SIGNATURE_MAX_PARAMETERS];   /**< of the parameter */
    hp_signature_span length[HP_SIGNATURE_MAX_PARAMETERS]; /**< name or number that gives the length */
    uint16_t variadic;                                     /**< parameters before "..." */
} hp_signature_source;

/** Start reading. The text must be no longer than HP_SIGNATURE_MAX. */
void hp_signature_text_open(hp_signature_text *text, const char *from, hp_arch arch,
                            hp_signature_error *error);

/** Step to the next token. */
void hp_signature_text_next(hp_signature_text *text);

/** Is the next token this word? */
bool hp_signature_text_word(const hp_signature_text *text, const char *word);

/** Is the next token this mark, or this other byte? Neither letter, digit nor white space. */
bool hp_signature_text_mark(const hp_signature_text *text, char mark);

/** Step over this mark, if it is next. */
bool hp_signature_text_skip(hp_signature_text *text, char mark);

/** Are two pieces the same letters? */
bool hp_signature_text_same(const hp_signature_text *text, hp_signature_span one, hp_signature_span other);

/** Note place and reason of a failure. @return code */
HRESULT hp_signature_text_fail(const hp_signature_text *text, size_t position, HRESULT code,
                               const char *reason);

/** The next token is not what has to stand here. @param what  "a type" @return HP_E_SIGNATURE_SYNTAX */
HRESULT hp_signature_text_expected(const hp_signature_text *text, const char *what);

/** Read a number; one that does not fit is UINT32_MAX. @return S_OK or HP_E_SIGNATURE_SYNTAX */
HRESULT hp_signature_text_number(hp_signature_text *text, uint32_t *number);

/** Read a value, simple or structure (signature_value.c). @return as hp_signature_parse */
HRESULT hp_signature_value_read(hp_signature_text *text, hp_type *type);

/** An enum's name for a value. */
typedef struct hp_signature_entry {
    hp_signature_span name;
    uint64_t bits; /**< the value, as two's complement if the integer is signed */
} hp_signature_entry;

/** More entries than the shortest of them ("A=0,") fit into a text. */
#define HP_SIGNATURE_ENTRIES_MAX (HP_SIGNATURE_MAX / 4 + 1)

/** Step over "enum" integer [ tag ] (signature_enum.c). @return as hp_signature_parse */
HRESULT hp_signature_enum_head(hp_signature_text *text, hp_type *integer, hp_signature_span *tag);

/** Read name "=" ["-"] number of an enum of this integer (signature_enum.c). @return as hp_signature_parse */
HRESULT hp_signature_enum_entry(hp_signature_text *text, const hp_type *integer, hp_signature_entry *entry);

/** Read the 16 digits behind "#" (signature_enum.c). @return S_OK or HP_E_SIGNATURE_SYNTAX */
HRESULT hp_signature_enum_digest(hp_signature_text *text, uint64_t *digest);

/**
 * Read an enum whose "enum" is next (signature_enum.c).
 *
 * @param names     room for the entries' names, to find duplicates; may be NULL: not looked for
 * @param capacity  of names
 * @return as hp_signature_parse
 */
HRESULT hp_signature_enum_read(hp_signature_text *text, hp_type *integer, hp_signature_span *names,
                               size_t capacity);

/** The type that a keyword names, HP_TYPE_VOID if none; structures are not among them (signature_value.c). */
hp_type hp_signature_value_keyword(const hp_signature_text *text);

/**
 * Find the parameters that lengths name, and see whether the convention can carry
 * the whole (signature_check.c).
 *
 * @param text  stands at the ")", which is where a missing parameter is reported
 * @return as hp_signature_parse
 */
HRESULT hp_signature_check_whole(const hp_signature_text *text, hp_signature *signature,
                                 const hp_signature_source *source);

/**
 * A type in few words: "i32", "struct player", "in u8[#3]"; cut at capacity (signature_canon.c).
 *
 * @param text       that was read without a complaint
 * @param span       of the type, not empty
 * @param parameter  says direction and length; NULL: a result or a field
 */
void hp_signature_words(const hp_signature_text *text, hp_signature_span span, const hp_parameter *parameter,
                        char *words, size_t capacity);

/**
 * Read a signature, all checks included (signature.c). @param source receives the
 * pieces @return as hp_signature_parse
 */
HRESULT hp_signature_read(const char *text, hp_arch arch, hp_signature *signature,
                          hp_signature_source *source, hp_signature_error *error);

#endif
