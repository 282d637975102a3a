/**
 * @file transaction.h
 * What a transaction consists of, and the lists that it keeps.
 */
#ifndef HP_CLIENT_TRANSACTION_H
#define HP_CLIENT_TRANSACTION_H

#include "client/change.h"
#include "client/resolve.h"
#include "hotpatch/patch.h"
#include "idl/text.h"

typedef enum hp_patch_state {
    HP_PATCH_OPEN,
    HP_PATCH_COMMITTED,
    HP_PATCH_REVERTED,
} hp_patch_state;

/** A function that was added. */
typedef struct hp_patch_item {
    unsigned char *entry;
    void *replacement;
    void **original;
    uint32_t image; /**< index of its image */
    uint32_t name;  /**< offset in names; the first character is never used, 0: none */
    uint16_t stack_words;
} hp_patch_item;

/** A module that is kept loaded. */
typedef struct hp_transaction_module {
    HMODULE module; /**< also where it begins */
    uintptr_t end;
} hp_transaction_module;

struct hp_patch {
    hp_patch_state state;
    uint8_t drained;
    hp_trouble trouble; /**< of the last call */
    /* until the commit */
    hp_resolver resolver;
    hp_patch_item *items;
    size_t count, capacity;
    char *names;
    size_t names_size, names_capacity;
    uint32_t *places; /**< items by entry, hashed: index + 1; 0: free */
    size_t place_count;
    char *signature; /**< the one that was read last, and what it said */
    uint16_t stack_words;
    /* images stay for the next attempt of a commit */
    hp_plant_image *images;
    uint32_t image_count;
    /* after it */
    hp_cell **layers;
    size_t layer_count;
    hp_transaction_module *modules; /**< references */
    size_t module_count;
};

/** The item of an entry, NULL if there is none. Constant time. */
hp_patch_item *hp_transaction_find(const hp_patch *patch, const unsigned char *entry);

/** Append an item; there is room for it. name may be NULL. @return S_OK, E_OUTOFMEMORY */
HRESULT hp_transaction_append(hp_patch *patch, const hp_patch_item *item, const char *name);

/** Name item `index` in the trouble. */
void hp_transaction_name(hp_patch *patch, size_t index);

/** Hold the module that an address lies in, once. Fine if it lies in none. */
HRESULT hp_transaction_hold(hp_patch *patch, const void *address);

/** Give all references back. */
void hp_transaction_let_go(hp_patch *patch);

/**
 * Words of arguments on the stack, for hp_tally. Many functions have one signature: the last one is
 * remembered.
 *
 * @param text   signature; NULL: not known
 * @param name   of the function, for the trouble; may be NULL
 * @param words  receives them, or HP_TALLY_UNCOUNTED
 * @return S_OK, HP_E_SIGNATURE_..., E_OUTOFMEMORY
 */
HRESULT hp_transaction_words(hp_patch *patch, const char *text, const char *name, uint16_t *words);

/** Free what is needed only until the commit. */
void hp_transaction_forget(hp_patch *patch);

#endif
