/**
 * @file patch_world.h
 * What the tests of hotpatch/patch.h share: code bytes before and after, other people's jumps, and threads
 * that call all the time. Failures end the running cmocka test.
 */
#ifndef HP_TESTS_E2E_PATCH_WORLD_H
#define HP_TESTS_E2E_PATCH_WORLD_H

#include "hotpatch/patch.h"

/** A C function as what the API takes. */
#define PATCH_ADDRESS(function) ((void *)(uintptr_t)(function))

enum { PATCH_ROOM = 16, PATCH_ENTRY = 16 };

/** The code of a function: its room, and its first bytes. */
typedef struct patch_code {
    unsigned char *entry;
    unsigned char bytes[PATCH_ROOM + PATCH_ENTRY];
} patch_code;

/** Take a copy. */
patch_code patch_code_of(const void *entry);

/** Is every byte as it was? */
int patch_code_same(const patch_code *code);

/**
 * The same after a revert: room that was filled with int3 keeps the jump, since a thread may be on its way
 * through it; nobody gets there any more.
 */
int patch_code_reverted(const patch_code *code);

/** Fail unless patch_code_reverted, and unless nothing is writable there. */
void patch_assert_reverted(const patch_code *code);

/** Overwrite code, as somebody else would. */
void patch_poke(void *at, const void *bytes, size_t size);

/** Somebody else's hook of five bytes over the entry: jmp to. Returns what was there. */
patch_code patch_rival_entry(void *entry, const void *to);

/** Somebody else's hook in the room: E9 five bytes before the entry, and a short jump to it. Likewise. */
patch_code patch_rival_room(void *entry, const void *to);

/** Put back what one of these found. */
void patch_restore(const patch_code *code);

/** Begin a transaction. */
hp_patch *patch_open(void);

/** A function of it, found by name. */
HRESULT patch_add(hp_patch *patch, HMODULE module, const char *name, void *replacement, const char *signature,
                  void **original);

/** A function of it, by address. */
HRESULT patch_add_at(hp_patch *patch, void *address, void *replacement, const char *signature,
                     void **original);

/** What is known of the failure of the call before; its code has to be the given one. */
hp_patch_trouble patch_trouble(const hp_patch *patch, HRESULT expected);

/** Is the trouble about this function? A transaction that is committed may know no more than its address. */
int patch_names(const hp_patch_trouble *trouble, const char *name, const void *entry);

/** What is known of a function; hp_patch_query has to say the given result. */
hp_patch_info patch_info(const void *entry, HRESULT expected);

/** Revert, drain and close; each has to succeed. */
void patch_end(hp_patch *patch);

/** Fail unless the owner of what was asked about is this module; NULL: the EXE. */
void patch_assert_owner(const hp_patch_info *info, HMODULE module);

#endif
