/**
 * @file pe_tree.h
 * The resources of an image: single entries of the tree as it stands in the file, and the whole tree as a
 * list that can be changed and laid out anew. Pure. Source: PE specification, "The .rsrc Section"; three
 * levels: type, name, language.
 */
#ifndef HP_TOOLS_PE_TREE_H
#define HP_TOOLS_PE_TREE_H

#include "tools/image/pe.h"

enum { HP_PE_TREE_LEVELS = 3, HP_PE_TREE_RCDATA = 10, HP_PE_TREE_NODES_MAX = 65536 };

/** What an entry is found by: a number, or a name. */
typedef struct hp_pe_tree_key {
    hp_span name; /**< UTF-16LE, somebody else's; at is NULL: it is a number */
    uint32_t id;
} hp_pe_tree_key;

/** An entry of a directory. */
typedef struct hp_pe_tree_entry {
    hp_pe_tree_key key;
    uint32_t target;      /**< offset in the tree: of a directory, or of a data entry */
    uint8_t is_directory; /**< which of both */
} hp_pe_tree_entry;

/** A resource. */
typedef struct hp_pe_tree_leaf {
    hp_pe_tree_key key[HP_PE_TREE_LEVELS];
    uint32_t code_page;
    hp_span data; /**< somebody else's */
    size_t order; /**< among equal keys, that of the file */
} hp_pe_tree_leaf;

/** All resources. */
typedef struct hp_pe_tree {
    hp_pe_tree_leaf *leaves;
    size_t count, capacity;
    size_t nodes, bytes; /**< seen while reading */
} hp_pe_tree;

/** The bytes that offsets in the tree are in: from the resource directory to the end of its section's part of
 * the file, as linkers differ in what they count as the directory. Empty if there is none. */
hp_span hp_pe_tree_span(const hp_pe *pe);

/** Entries of the directory at this offset; 0 if it is empty or lies outside. */
uint32_t hp_pe_tree_count(hp_span tree, uint32_t directory);

/** Entry number index, below hp_pe_tree_count. @return 0 if it or its name lies outside */
int hp_pe_tree_get(hp_span tree, uint32_t directory, uint32_t index, hp_pe_tree_entry *entry);

/** What a data entry stands for. @return 0 if it or its data lies outside; data of no bytes is {NULL, 0} */
int hp_pe_tree_data(const hp_pe *pe, hp_span tree, uint32_t offset, hp_span *data, uint32_t *code_page);

/**
 * Read all resources.
 *
 * @param tree  receives them, without any if the image has none; its keys and data point into the image.
 *              hp_pe_tree_free it, whatever is returned
 * @return S_OK; HP_E_IMAGE_DAMAGED: a part lies outside, there are not three levels, more than
 *         HP_PE_TREE_NODES_MAX entries, or, all taken together, more data than the file has (directories that
 *         contain each other are one of these); E_OUTOFMEMORY
 */
HRESULT hp_pe_tree_read(const hp_pe *pe, hp_pe_tree *tree);

/** Add a resource. @return S_OK, E_OUTOFMEMORY */
HRESULT hp_pe_tree_add(hp_pe_tree *tree, const hp_pe_tree_leaf *leaf);

/** Take resources of this type and name away, in whatever language. @return how many */
size_t hp_pe_tree_remove(hp_pe_tree *tree, const hp_pe_tree_key *type, const hp_pe_tree_key *name);

/** The first resource of this type and name: its index, or count. */
size_t hp_pe_tree_find(const hp_pe_tree *tree, const hp_pe_tree_key *type, const hp_pe_tree_key *name);

/** Sort as the format demands: names before numbers, each ascending. */
void hp_pe_tree_sort(hp_pe_tree *tree);

/** Do both, sorted, have the same resources with the same content? */
int hp_pe_tree_equal(const hp_pe_tree *one, const hp_pe_tree *other);

/**
 * Lay a sorted tree out: directories, data entries, names, and the data at multiples of 8.
 *
 * @param rva    where it will be in memory
 * @param bytes  receives it, zeros before; NULL: only measure
 * @param leaf   index of a resource; count: none
 * @param place  receives the offset of its data; may be NULL
 * @return its size
 */
uint64_t hp_pe_tree_lay(const hp_pe_tree *tree, uint32_t rva, unsigned char *bytes, size_t leaf,
                        size_t *place);

/** Free the list. */
void hp_pe_tree_free(hp_pe_tree *tree);

#endif
