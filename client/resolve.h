/**
 * @file resolve.h
 * From a module and a name, or from an address, to a function's entry; and what speaks against it. Reads
 * only.
 *
 * A resolver remembers the tables of the images that it was asked about, so that thousands of functions of
 * one module cost one look at its tables and a binary search each. It belongs to one transaction.
 */
#ifndef HP_CLIENT_RESOLVE_H
#define HP_CLIENT_RESOLVE_H

#include "idl/trouble.h"
#include "proxygen/functable.h"
#include "proxygen/view.h"

/** A function that was found. */
typedef struct hp_resolved {
    unsigned char *base; /**< of the image */
    size_t size;         /**< of the image, bytes */
    unsigned char *entry;
    hp_identity identity; /**< of the image */
} hp_resolved;

typedef struct hp_resolve_image hp_resolve_image;

/** Images that were looked into, the last one first. Used by one thread at a time. */
typedef struct hp_resolver {
    hp_resolve_image *images;
} hp_resolver;

/** Begin: a resolver that knows nothing. Cannot fail, takes nothing. Ended with hp_resolve_end. */
void hp_resolve_begin(hp_resolver *resolver);

/**
 * Forget everything; the resolver is as after hp_resolve_begin and may be used again. Gives back the
 * references that it holds on modules, which may unload them: call it without a lock that a DllMain could
 * want, and not from a DllMain.
 */
void hp_resolve_end(hp_resolver *resolver);

/**
 * Find a function by name: in the image's function table (HP_PATCHABLE, or prepared), else in its export
 * table.
 *
 * @param module  NULL: the EXE. The resolver holds a reference until hp_resolve_end. An image that the loader
 *                does not know must stay during the call; its tables are read anew each time.
 * @param name    UTF-8, as in the table; copied nowhere
 * @param found   written on success only; valid as long as the caller keeps the module loaded
 * @return S_OK; E_INVALIDARG (no name); E_OUTOFMEMORY; HP_E_NAME_UNKNOWN; HP_E_NAME_DUPLICATE;
 *         HP_E_NOT_PATCHABLE (listed with HP_EXPORT only, or no code: an export of data); HP_E_FORWARDER
 *         (detail: whereto, "NTDLL.RtlAllocateHeap"); HP_E_ADDRESS_SHARED (another name of the same table
 *         stands for the same address; detail: that name); HP_E_LINK_THUNK as below; HP_E_TABLE_DAMAGED (of
 *         either table, or not an image of this architecture). Trouble's thing is the name. Thread-safe
 *         between resolvers.
 */
HRESULT hp_resolve_name(hp_resolver *resolver, HMODULE module, const char *name, hp_resolved *found,
                        hp_trouble *trouble);

/**
 * Find what an address belongs to. Cheaper than a name: no table is read.
 *
 * @param found  as above
 * @return S_OK; E_OUTOFMEMORY; HP_E_NOT_PATCHABLE (no image of the loader's, or no code there);
 *         HP_E_TABLE_DAMAGED (no header of this architecture); HP_E_LINK_THUNK if it is a relative jump (E9)
 *         to other code of the same image (incremental linking; detail: the address it leads to). A jump out
 *         of the image is somebody's hook, and not judged here. Trouble's thing is the address. Thread-safe
 *         between resolvers.
 */
HRESULT hp_resolve_address(hp_resolver *resolver, void *address, hp_resolved *found, hp_trouble *trouble);

/*
 * The export table (PE specification, .edata section) by itself, for resolve.c. Nothing in it is trusted: a
 * packer may have damaged it. Ordinals without a name are not looked at. Troubles have no thing.
 */

/** An export with a name. */
typedef struct hp_resolve_export {
    uint32_t address; /**< RVA */
    uint32_t name;    /**< index in the table of names */
} hp_resolve_export;

/** Export table of a loaded image. All addresses are RVAs. */
typedef struct hp_resolve_exports {
    hp_view view;
    uint32_t begin, end;       /**< of the export directory: what lies in there is a forwarder's text */
    uint32_t functions, names; /**< how many */
    uint32_t addresses, texts, ordinals; /**< the three arrays */
    hp_resolve_export *by_address;       /**< all that have a name, sorted by address, then by name */
} hp_resolve_exports;

/**
 * Read the export table.
 *
 * @param image    base address of an image of this architecture, whose COFF header was checked
 *                 (hp_functable_identity); must stay loaded while the table is used
 * @param size     of the image, bytes
 * @param exports  receives the table; freed with hp_resolve_exports_close
 * @return S_OK, also for an image without exports; HP_E_TABLE_DAMAGED; E_OUTOFMEMORY. On failure it is all
 *         zero.
 */
HRESULT hp_resolve_exports_open(const void *image, size_t size, hp_resolve_exports *exports,
                                hp_trouble *trouble);

/**
 * Find an export by name, in logarithmic time.
 *
 * @param address  receives where it is, inside of the image
 * @param alias    receives another name of the same address, NULL if there is none; into the image
 * @return S_OK; HP_E_NAME_UNKNOWN; HP_E_FORWARDER (detail: whereto); HP_E_TABLE_DAMAGED
 */
HRESULT hp_resolve_exports_find(hp_resolve_exports *exports, const char *name, unsigned char **address,
                                const char **alias, hp_trouble *trouble);

/** Free the table and zero it. A zeroed table is fine, too. */
void hp_resolve_exports_close(hp_resolve_exports *exports);

#endif
