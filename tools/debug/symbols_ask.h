/**
 * @file symbols_ask.h
 * Questions to dbghelp about one id, for symbols.c and types*.c. Windows. Not for other files.
 */
#ifndef HP_TOOLS_SYMBOLS_ASK_H
#define HP_TOOLS_SYMBOLS_ASK_H

#include <windows.h>
#include <dbghelp.h>

#include "tools/debug/symbols.h"

/** Numbers that cvconst.h gives them; mingw-w64 does not have it. Source: Microsoft, "SymTagEnum" (DIA SDK).
 */
enum {
    HP_TAG_FUNCTION = 5,
    HP_TAG_DATA = 7,
    HP_TAG_PUBLIC = 10,
    HP_TAG_STRUCTURE = 11, /**< "user-defined type": struct, class, union */
    HP_TAG_ENUM = 12,
    HP_TAG_FUNCTION_TYPE = 13,
    HP_TAG_POINTER = 14,
    HP_TAG_ARRAY = 15,
    HP_TAG_BASE = 16,
    HP_TAG_TYPEDEF = 17,
    HP_TAG_BASE_CLASS = 18,
    HP_TAG_VTABLE = 25,

    HP_DATA_PARAMETER = 3, /**< "DataKind" */
    HP_DATA_OBJECT = 4,    /**< `this` */
    HP_DATA_MEMBER = 7,
};

/** More children than this no function and no structure is believed to have. */
enum { HP_SYMBOLS_CHILDREN_MAX = 8192 };

/** SymGetTypeInfo for a 32-bit answer. @return it, or what is to be if there is none */
uint32_t hp_symbols_ask(const hp_symbols *symbols, uint32_t id, IMAGEHLP_SYMBOL_TYPE_INFO what,
                        uint32_t otherwise);

/** TI_GET_LENGTH. @return bytes; 0 if unknown */
uint64_t hp_symbols_ask_size(const hp_symbols *symbols, uint32_t id);

/** TI_GET_SYMNAME in UTF-8, malloc'ed; NULL if it has none, or there is no memory. */
char *hp_symbols_ask_name(const hp_symbols *symbols, uint32_t id);

/**
 * Some of the children of an id.
 *
 * @param ids    receives them, malloc'ed; NULL if there are none
 * @param limit  at most so many
 * @return how many
 */
uint32_t hp_symbols_ask_children(const hp_symbols *symbols, uint32_t id, uint32_t limit, uint32_t **ids);

/** UTF-8 of wide text, malloc'ed; NULL if there is no memory. */
char *hp_symbols_ask_utf8(const wchar_t *text);

#endif
