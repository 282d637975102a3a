/**
 * @file class_world.h
 * What the tests of the registry room share: versions of one update, raw keys, and the
 * two arrangements of the views.
 */
#ifndef HP_TESTS_E2E_CLASS_WORLD_H
#define HP_TESTS_E2E_CLASS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "e2e/hkcu.h"
#include "registry/class.h"

#include <objbase.h>

#define WORLD_PROGID L"Acme.Game.Update"
#define WORLD_CLASSES L"Software\\Classes\\"

/**
 * Fail the running test unless the registry is a throw-away one. Whatever in this file writes or deletes asks
 * first: tests/wine/run-test.sh sets HP_PRIVATE_PREFIX where it has made a Wine prefix for this one test.
 */
void world_require_private(void);

/** Delete everything below the user's Software\Classes, and the key itself if it lets go. */
void world_forget(void);

/** Version of the update with that EXE; the class id is derived. */
hp_class_description world_version(uint32_t version, const wchar_t *exe);

/** Register or unregister; anything but the expected result fails the test, with what the trouble says. */
void world_register(const hp_class_description *description, HRESULT expected);
void world_unregister(const hp_class_description *description, HRESULT expected);

/** The ProgID leads to this EXE; or, with NULL, is unknown. */
void world_expect_lookup(const wchar_t *progid, const wchar_t *exe);

/** "CLSID\{...}" and what follows of a description, below WORLD_CLASSES. Static memory. */
const wchar_t *world_class_key(const hp_class_description *description, const wchar_t *rest);

/** Write a raw value, creating the key. @param key below WORLD_CLASSES */
void world_put(HKEY hive, const wchar_t *key, const wchar_t *value, DWORD type, const void *data, DWORD size,
               REGSAM view);
void world_put_text(HKEY hive, const wchar_t *key, const wchar_t *value, const wchar_t *text);

/** A text as it stands in the 64-bit view, "" if it does not. Static memory. */
const wchar_t *world_text(const wchar_t *key, const wchar_t *value, REGSAM view);

/** Everything below Software\Classes as text, for loops that hkcu_dump is too slow for. Freed with free(). */
char *world_dump(void);

/** Delete a key and all below it. */
void world_delete(HKEY hive, const wchar_t *key, REGSAM view);

/**
 * Make the 32-bit view of the user's classes different from the 64-bit one, as it is on 64-bit Windows. Under
 * Wine the two are the same until a Wow6432Node exists; a value in it keeps it there.
 */
void world_divide_views(void);
void world_join_views(void);

#endif
