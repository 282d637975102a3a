/**
 * @file class_journal.h
 * Changes to the registry that can be taken back: what stood there before is kept,
 * in memory, before it is changed.
 *
 * All functions work below HKEY_CURRENT_USER. Passing NULL for the journal changes without keeping.
 */
#ifndef HP_REGISTRY_CLASS_JOURNAL_H
#define HP_REGISTRY_CLASS_JOURNAL_H

#include "idl/trouble.h"
#include "registry/class_key.h"

typedef struct hp_class_entry hp_class_entry;

/** The changes so far, the newest first. Zero-initialise. One thread at a time. */
typedef struct hp_class_journal {
    hp_class_entry *last;
} hp_class_journal;

/**
 * Give the value of a row its data, and make the keys that lead to it. S_FALSE if it has this data already.
 */
HRESULT hp_class_journal_set(hp_class_journal *journal, const hp_class_row *row, hp_trouble *trouble);

/** Delete the value of a row. S_FALSE if there is none. */
HRESULT hp_class_journal_delete(hp_class_journal *journal, const hp_class_row *row, hp_trouble *trouble);

/**
 * Delete a key if it holds nothing, then so its parents, up to Software\Classes itself.
 * S_FALSE if nothing was deleted.
 *
 * That may be a CLSID, AppID or TypeLib key, a Wow6432Node or Software\Classes that was there, empty, before
 * us. An empty one says nothing that a missing one does not say: every reader treats the two alike, and every
 * writer makes what it misses. To remember across programs and versions who made it would need a mark in a
 * key that belongs to everybody.
 */
HRESULT hp_class_journal_prune(hp_class_journal *journal, const wchar_t *key, hp_class_view view,
                               hp_trouble *trouble);

/**
 * Take everything back, newest first, and forget it. Needs no memory. Returns the first
 * error; the rest is still tried.
 */
HRESULT hp_class_journal_undo(hp_class_journal *journal, hp_trouble *trouble);

/** Forget everything: it is to stay. */
void hp_class_journal_commit(hp_class_journal *journal);

#endif
