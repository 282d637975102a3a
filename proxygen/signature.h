/**
 * @file signature.h
 * How a function is called, as text. Pure: text in, structure out. docs/signatures.md explains it to users.
 *
 *     signature  := [ convention ] result "(" [ parameters ] ")"
 *     convention := "cdecl" | "stdcall" | "fastcall" | "thiscall"          default cdecl; all one on x64
 *     result     := "void" | value
 *     parameters := "void" | parameter { "," parameter } [ "," "..." { "," parameter } ]
 *     parameter  := [ "in" | "out" | "inout" ] ( value | string ) [ "*" ] [ name ] [ "[" length "]" ]
 *     value      := "bool" | "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "isize" | "usize"
 *                 | "f32" | "f64" | "handle" | structure | enum
 *     structure  := "struct" [ tag ] "{" field { ";" field } [ ";" ] "}"
 *     field      := value [ name ] [ "[" number "]" ]
 *     enum       := "enum" integer [ tag ] [ "{" entries "}" ]
 *     integer    := "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64"
 *     entries    := entry { "," entry } | "#" digest                       digest: 16 digits 0-9a-f
 *     entry      := name "=" [ "-" ] number
 *     string     := "str" | "wstr"                                         char and wchar_t (UTF-16),
 *                                                                          NUL-terminated
 *     length     := number | name of a by-value integer parameter | "#" its index, the first parameter being
 *                0
 *
 * A value without "*" and "[...]" travels by value and takes no direction. With either it is a pointer
 * to memory: "*" one element, "[n]" n elements; a direction is then needed. A string is a pointer to
 * NUL-terminated text: "in" takes no length, "out" and "inout" need the buffer's length in characters.
 * NULL is always allowed for a pointer. A handle is a pointer-sized value that passes untouched. Results
 * are values; "str", "wstr", "*" and "[" as a result are HP_E_SIGNATURE_RETURN_POINTER. Parameters after
 * "..." are those that this app passes: promoted types only, cdecl only. Comments do not exist; white
 * space separates. Structures are laid out as the platform's C compilers do (natural alignment). A
 * number is decimal, without leading zeros, at least 1 but for an index and an entry. Names (of
 * parameters, fields and entries, and tags) are C identifiers; no word is reserved, for none is ambiguous
 * where a name can stand. Names within one list differ. To a call an enum is its integer; its entries must
 * fit that, and "-0" is not written. The first word behind the integer is the tag: "enum i32 x" has a tag
 * and no name. A digest stands for entries that take too much room: FNV-1a (64 bits) over "name=value\n"
 * of each, ordered by value, then by the bytes of the name.
 */
#ifndef HP_PROXYGEN_SIGNATURE_H
#define HP_PROXYGEN_SIGNATURE_H

#include "hotpatch/error.h"

#define HP_SIGNATURE_MAX_PARAMETERS 32
#define HP_SIGNATURE_MAX_STRUCT 65536u
#define HP_SIGNATURE_MAX_DEPTH 8
/* of by-value parameters on x86, in bytes, the hidden pointer included */
#define HP_SIGNATURE_MAX_STACK 65536u

typedef enum hp_convention {
    HP_CONVENTION_CDECL,
    HP_CONVENTION_STDCALL,
    HP_CONVENTION_FASTCALL,
    HP_CONVENTION_THISCALL,
} hp_convention;

typedef enum hp_type_kind {
    HP_TYPE_VOID,
    HP_TYPE_BOOL,
    HP_TYPE_SIGNED,
    HP_TYPE_UNSIGNED,
    HP_TYPE_FLOAT,
    HP_TYPE_HANDLE,
    HP_TYPE_STRUCT,
} hp_type_kind;

/** A type as the ABI sees it. */
typedef struct hp_type {
    hp_type_kind kind;
    uint32_t size;  /**< bytes; of void 0 */
    uint32_t align; /**< bytes */
    /** a structure whose only member, at any depth, is one f32 (4) or f64 (8): ABIs differ here */
    uint8_t lone_float;
    uint8_t text; /**< element of a str or wstr */
    /** a structure that x86 compilers return in registers: 1, 2, 4 or 8 bytes, and so every field */
    uint8_t in_registers;
    /** a structure whose only direct field is one 4-byte integer or handle: clang's x86 fastcall */
    uint8_t lone_word;
} hp_type;

typedef enum hp_direction { HP_BY_VALUE = 0, HP_IN = 1, HP_OUT = 2, HP_INOUT = 3 } hp_direction;

typedef enum hp_length_kind {
    HP_LENGTH_CONSTANT,   /**< a number of elements */
    HP_LENGTH_PARAMETER,  /**< the value of another parameter, in elements */
    HP_LENGTH_TERMINATED, /**< up to and with the NUL ("in" strings) */
} hp_length_kind;

typedef struct hp_parameter {
    hp_type type;           /**< of the value, or of one element of the memory pointed to */
    hp_direction direction; /**< HP_BY_VALUE, or of the memory */
    hp_length_kind length;  /**< of memory */
    uint32_t count;         /**< constant number of elements, or index of the parameter that says it */
    uint8_t variadic;       /**< stands after "..." */
} hp_parameter;

typedef struct hp_signature {
    hp_arch arch;             /**< for which sizes and alignments were computed */
    hp_convention convention; /**< x64: always HP_CONVENTION_CDECL */
    hp_type result;
    uint8_t variadic; /**< has "..." */
    uint16_t count;
    hp_parameter parameter[HP_SIGNATURE_MAX_PARAMETERS];
} hp_signature;

/** Where and why a text cannot be read. */
typedef struct hp_signature_error {
    size_t position; /**< byte offset in the text */
    char reason[96]; /**< "expected a type", without the place */
} hp_signature_error;

/**
 * Read a signature.
 *
 * @param text       terminated
 * @param arch       for which architecture sizes and alignments are wanted
 * @param signature  receives it; undefined on failure
 * @param error      receives place and reason on failure; may be NULL
 * @return S_OK, HP_E_SIGNATURE_SYNTAX, HP_E_SIGNATURE_RETURN_POINTER, HP_E_SIGNATURE_LIMIT,
 *         HP_E_SIGNATURE_LENGTH, HP_E_SIGNATURE_CONVENTION; E_INVALIDARG for NULL and an unknown arch.
 *         Allocates nothing, recursion is bounded. Thread-safe.
 */
HRESULT hp_signature_parse(const char *text, hp_arch arch, hp_signature *signature,
                           hp_signature_error *error);

/**
 * Canonical form of a signature: no names, one spelling, lengths by parameter index ("[#3]"). Two texts
 * describe the same call exactly if their canonical forms are equal. Never longer than the text it was made
 * from plus 128 bytes; the convention is left out for x64 where it means nothing.
 *
 * @param text      terminated, readable by hp_signature_parse
 * @param arch      for which architecture
 * @param canon     receives it, terminated
 * @param capacity  bytes at canon; HP_SIGNATURE_MAX + 129 is always enough
 * @return as hp_signature_parse; E_INVALIDARG if capacity is too small
 */
HRESULT hp_signature_canonical(const char *text, hp_arch arch, char *canon, size_t capacity);

/**
 * Do two texts describe one call, and mean the same by it? Beyond the call, which the canonical forms
 * decide: wherever both texts name the fields of a structure, the names are equal, field by field (a
 * swapped x and y of one type is another layout); wherever both give an enum's entries, these are the same
 * set. A digest is compared with a list by computing that of the list. Names of parameters and tags do not
 * matter.
 *
 * @param ours      the app's, "here" in the detail
 * @param theirs    the update's, "there"
 * @param arch      for which architecture
 * @param detail    receives what differs first, in words: "struct player: field 2 is streak here, level
 *                  there"; empty on S_OK; terminated, cut at capacity; ASCII; may be NULL if capacity is 0
 * @param capacity  bytes at detail
 * @return S_OK; HP_E_SIGNATURE_MISMATCH: the calls differ; HP_E_TYPE_MISMATCH: only names of fields or
 *         entries of enums do; as hp_signature_parse if one of them cannot be read, the detail says which.
 *         Allocates nothing, needs about 48 KiB of stack. Thread-safe.
 */
HRESULT hp_signature_compare(const char *ours, const char *theirs, hp_arch arch, char *detail,
                             size_t capacity);

#endif
