/**
 * @file table.h
 * The function table that "hotpatch prepare" writes into an image, as the resource RT_RCDATA HOTPATCHDATA.
 * Pure: bytes in, functions out, and back. Nothing in the bytes is believed.
 *
 * Little-endian throughout, in this order, nothing between the parts:
 *
 *     header      72 bytes
 *         0   u8[4]  "HPFT"
 *         4   u16    version, 2
 *         6   u16    bytes of this header, 72
 *         8   u32    bytes of the whole table
 *         12  u32    functions
 *         16  u64    hash: FNV-1a, 64 bits, over the whole table with these eight bytes zero
 *         24  u64    fingerprint of the image (fingerprint.h)
 *         32  u32    the image's time stamp
 *         36  u32    the image's size in memory, bytes
 *         40  u8     hp_arch
 *         41  u8[3]  0
 *         44  u32    buckets, a power of two, at least 1
 *         48  u32    source files
 *         52  u32    bytes of the texts
 *         56  u32    text: what wrote the table, "hotpatch 0.1.0"
 *         60  u32    definitions
 *         64  u32    bytes of the signatures
 *         68  u32    0
 *     functions   28 bytes each, ordered by bucket, then by name (bytes compared as unsigned)
 *         0   u32    text: full name
 *         4   u32    RVA of the entry, 0 if there is no code
 *         8   u32    size of the code in bytes, 0 if there is none or it is unknown
 *         12  u32    signature; if it cannot be called, what is in the way
 *         16  u16    why it cannot be redirected: the number of an HP_E_ code (error.h), 0 if it can be
 *         18  u16    why it cannot be called across processes, likewise
 *         20  u16    source file, its index plus 1; 0 if unknown
 *         22  u16    line, 0 if unknown, 65535 for that and all behind it
 *         24  u8     prologue, hp_prologue_form
 *         25  u8     room before the entry in bytes of filler, at most 255
 *         26  u8     length of the name without what tells overloads and static functions apart
 *         27  u8     bits 0-1 hp_compiler, 2-3 hp_convention, 4 offered, 5 static, 6 some callers have it
 *                    inlined, 7 zero
 *     buckets     u32 each and one more: index of the bucket's first function; the last is the number of
 *                 functions. A function's bucket: FNV-1a, 32 bits, over the short name, modulo the number
 *     files       u32 each: text, path of a source file with "/" , relative to the sources' directory
 *     definitions 8 bytes each
 *         0   u32    signature: its text, directly behind that of the definition before it, the first at 0
 *         4   u16    bytes of that text with all that it refers to, at least 1
 *         6   u8     levels of references below it: 0 if it has none, else 1 more than the highest of those
 *                    that it refers to; at most 8
 *         7   u8     0
 *     texts       UTF-8, each ended by a NUL; the first is empty; the last byte is a NUL; no byte is 1 to 8
 *     signatures  the same, but the first need not be empty, there may be none, and there are references
 *
 * "text" and "signature" stand for where in the part of this name a text begins, in bytes.
 *
 * A structure or enum is written once, as a definition: "struct box{i32 id;f32 m[4]}". Where it stands in a
 * signature, in what is in the way, or in a later definition, there are three bytes instead: a, b, c with a
 * from 1 to 8, b and c from 128 to 255, for definition (a - 1) * 16384 + (b - 128) * 128 + (c - 128). As a
 * definition refers to earlier ones only, none contains itself. What is written out is at most
 * HP_SIGNATURE_MAX bytes long. What becomes a definition is up to the writer, the reader puts together
 * whatever it finds; so all other bytes stand for themselves.
 *
 * A full name is what name.h allows: the short name, for C++ functions followed by their parameters' types in
 * parentheses, for static ones by "@" and their source file.
 */
#ifndef HP_PROXYGEN_TABLE_H
#define HP_PROXYGEN_TABLE_H

#include "proxygen/prologue.h"

#define HP_TABLE_RESOURCE "HOTPATCHDATA"
#define HP_TABLE_VERSION 2
/** More functions than this are not a table. */
#define HP_TABLE_MAX_FUNCTIONS (1u << 20)
#define HP_TABLE_MAX_BYTES (256u << 20)

/** One function. Texts are terminated and belong to whoever made them: the table's bytes, or the writer's
 * caller. */
typedef struct hp_table_function {
    const char *name;      /**< full name */
    const char *signature; /**< for hp_table_make, see above; hp_table_get leaves NULL: hp_table_signature */
    const char *file;      /**< NULL if unknown */
    uint32_t index;        /**< in its table, from hp_table_get */
    uint32_t rva, size, line;
    HRESULT patchable; /**< S_OK or why not */
    HRESULT callable;  /**< S_OK or why not; signature then says what is in the way */
    hp_prologue_form form;
    uint8_t room;
    uint8_t short_length; /**< bytes of the short name at name */
    uint8_t compiler;     /**< hp_compiler */
    uint8_t convention;   /**< hp_convention */
    uint8_t offered;      /**< an app may run this one here */
    uint8_t is_static;
    uint8_t partly_inlined; /**< it has code, but some of its callers have a copy of their own */
} hp_table_function;

/** What is written beside the functions. */
typedef struct hp_table_about {
    uint64_t fingerprint;
    uint32_t timestamp, image_size;
    hp_arch arch;
    const char *writer; /**< never NULL */
} hp_table_about;

/** A table that was opened. Only for table.c to look into but for about and count. */
typedef struct hp_table {
    hp_table_about about;
    uint32_t count;
    uint32_t buckets, files, definitions;
    uint32_t text_size, signature_size;
    const unsigned char *functions, *bucket, *file, *definition;
    const char *text, *signature;
} hp_table;

/**
 * Open a table: everything is checked, so that what follows cannot fail. Takes time in proportion to its
 * size; allocates nothing. Thread-safe.
 *
 * @param bytes   need not be aligned; must stay as long as the table is used
 * @param size    bytes; behind the table there may be up to 7 zero bytes (resources are aligned)
 * @param table   receives it; all zero on failure
 * @param reason  receives what is wrong, a static sentence without a name; may be NULL
 * @return S_OK; HP_E_TABLE_DAMAGED; HP_E_TABLE_VERSION (made by another version of Hotpatch)
 *
 * Checked are: magic, version, all counts and sizes (without overflow), the hash, reserved bytes, that every
 * text begins inside and ends, that definitions are what they say and refer to earlier ones only, all
 * references and how long each signature is when written out, names by hp_name_check and that no two are
 * equal, short names by hp_name_short, order and buckets, that code lies in the image (rva below image_size,
 * rva + size not above it), known values of arch, form, compiler (0 is none) and convention (x64: cdecl
 * only), that what can be redirected has code and a form other than HP_FORM_NONE. Not refused: a code that
 * this release does not know; hp_table_get gives HP_E_NOT_PATCHABLE and HP_E_SIGNATURE_UNKNOWN for it. Not
 * looked at: what signatures, paths and the writer say, and whether they are UTF-8: who prints them has to.
 */
HRESULT hp_table_open(const void *bytes, size_t size, hp_table *table, const char **reason);

/** Function index, below count, without its signature. */
void hp_table_get(const hp_table *table, uint32_t index, hp_table_function *function);

/**
 * Write out the signature of function index, below count; if the function cannot be called, what is in the
 * way. Takes time in proportion to its length. Thread-safe.
 *
 * @param text      receives it, terminated, cut at capacity; may be NULL if capacity is 0
 * @param capacity  bytes at text; HP_SIGNATURE_MAX + 1 (idl/protocol.h) is always enough
 * @return its length without the NUL, at most HP_SIGNATURE_MAX
 */
size_t hp_table_signature(const hp_table *table, uint32_t index, char *text, size_t capacity);

/**
 * Find a function in a time that does not depend on the table's size.
 *
 * An exact name wins. Else a name without parameters or file finds the only function of this short name, and
 * a name with them finds it if that function has none of that kind itself: "add" finds "add(i32)", "add(i32)"
 * finds "add", "add@a.c" finds "add" and "add(i32)" but never "add@b.c". So parameters and files must be
 * equal where both have them, and it must be the only one of which that is true.
 *
 * @param name    length bytes, need not be terminated
 * @param index   receives where it is
 * @return S_OK; HP_E_NAME_UNKNOWN; HP_E_NAME_DUPLICATE (several could be meant; index receives the first)
 */
HRESULT hp_table_find(const hp_table *table, const char *name, size_t length, uint32_t *index);

/**
 * Make a table. Equal texts, structures and enums are stored once. The same functions give the same bytes in
 * whatever order they come.
 *
 * @param about      of the image; fingerprint may be set later with hp_table_seal
 * @param functions  count of them; names must differ
 * @param bytes      receives it, malloc'ed; the caller frees it
 * @param size       receives its size in bytes
 * @param bad        receives the function that is at fault; may be NULL
 * @return S_OK; HP_E_NAME_DUPLICATE, HP_E_NAME_INVALID, HP_E_NAME_TOO_LONG; HP_E_SIGNATURE_LIMIT,
 *         HP_E_SIGNATURE_SYNTAX (a byte from 1 to 8 in it); HP_E_FRAME_TOO_LARGE beyond the limits;
 *         E_INVALIDARG (what hp_table_open would refuse); E_OUTOFMEMORY
 */
HRESULT hp_table_make(const hp_table_about *about, const hp_table_function *functions, uint32_t count,
                      unsigned char **bytes, size_t *size, const hp_table_function **bad);

/**
 * Set image_size and fingerprint of a table that hp_table_make made, and its hash anew: they are known only
 * when the table has its place in the image.
 */
void hp_table_seal(unsigned char *bytes, size_t size, uint32_t image_size, uint64_t fingerprint);

#endif
