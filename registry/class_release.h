/**
 * @file class_release.h
 * Taking rows back.
 */
#ifndef HP_REGISTRY_CLASS_RELEASE_H
#define HP_REGISTRY_CLASS_RELEASE_H

#include "registry/class_journal.h"
#include "registry/class_stored.h"

/** What to take back, and from what to keep the hands off. */
typedef struct hp_class_release {
    const hp_class_table *table; /**< rows of the class that goes */
    const hp_class_table *keep;  /**< rows that stay because they have been written anew; NULL: none */
    const wchar_t *clsid;        /**< class id of the table */
    hp_class_journal *journal;   /**< NULL: for good */
    int go_on;                   /**< after an error try the rest, and return that error at the end */
} hp_class_release;

/**
 * Take the rows back, last first. A value goes only if its data is still that of the row (or the key is the
 * class's own). What several classes write - the version-independent ProgID, the AppID of a file name, the
 * type library - passes on to the heir: the class with the highest version, of those that are registered,
 * that writes the same value. Keys that become empty go too.
 *
 * The mark goes last, and only if all else went well: else a second try could not tell
 * the rest from somebody else's.
 *
 * @param changed  set to 1 if a value was ours
 */
HRESULT hp_class_release_rows(const hp_class_release *release, int *changed, hp_trouble *trouble);

#endif
