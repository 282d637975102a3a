/**
 * @file facts_list.h
 * Facts while they are collected, by facts_dwarf*.c and facts_pdb*.c. Pure; each list belongs to one thread.
 */
#ifndef HP_TOOLS_FACTS_LIST_H
#define HP_TOOLS_FACTS_LIST_H

#include "tools/debug/facts.h"

/** Longest name and longest file, in bytes; what is longer is left out. No table takes such names. */
enum { HP_FACTS_TEXT_MAX = 1023 };

typedef struct hp_facts_item {
    hp_fact fact;
    size_t name, file; /**< offset in texts; 0: none */
} hp_facts_item;

typedef struct hp_facts_list {
    hp_facts_item *items;
    size_t count, capacity;
    char *texts;
    size_t used, room;
    hp_fact_enum *enums; /**< names point into the debug information */
    size_t enum_count, enum_capacity;
    int one_each; /**< each item with code is another function: of two at one RVA both are folded */
} hp_facts_list;

/**
 * Make room for one more element.
 *
 * @param items     malloc'ed, or NULL
 * @param capacity  elements that there is room for
 * @param size      bytes of one element
 * @return the array, perhaps elsewhere; NULL if there is no memory: then items is as it was
 */
void *hp_facts_list_grow(void *items, size_t *capacity, size_t count, size_t size);

/**
 * Add a function; name and file are copied and may be NULL.
 *
 * @return S_OK; E_OUTOFMEMORY; HP_E_DEBUG_INFO: more text than any image has
 */
HRESULT hp_facts_list_add(hp_facts_list *list, const hp_fact *fact, const char *name, const char *file);

/**
 * Sort, and bring together what several units say of one function: a function is one if name, file and
 * line are equal. If any of them has code, those without are dropped and their copies counted with it. Of
 * several functions at one RVA (folded) one is left, with what is true of all.
 *
 * @param facts  receives them; the list is empty then, also on failure
 * @return S_OK; E_OUTOFMEMORY
 */
HRESULT hp_facts_list_finish(hp_facts_list *list, hp_facts *facts);

/** Add an enum, unless it has no name or no usual size. @param name  must stay until the list is finished
 * @return S_OK; E_OUTOFMEMORY */
HRESULT hp_facts_enum_add(hp_facts_list *list, const char *name, uint32_t size, int is_unsigned);

/** For hp_facts_list_finish. @return S_OK; E_OUTOFMEMORY: then free facts */
HRESULT hp_facts_enum_finish(hp_facts_list *list, hp_facts *facts);

/** Drop everything. A zeroed one is fine, too. */
void hp_facts_list_free(hp_facts_list *list);

#endif
