#include "tools/image/pe_read.h"
#include "tools/image/pe_tree.h"

#include <stdlib.h>
#include <string.h>

void hp_pe_tree_free(hp_pe_tree *tree) {
    free(tree->leaves);
    *tree = (hp_pe_tree){0};
}

HRESULT hp_pe_tree_add(hp_pe_tree *tree, const hp_pe_tree_leaf *leaf) {
    if (tree->count == tree->capacity) {
        const size_t capacity = tree->capacity ? 2 * tree->capacity : 16;
        hp_pe_tree_leaf *leaves = realloc(tree->leaves, capacity * sizeof *leaves);
        if (!leaves)
            return E_OUTOFMEMORY;
        tree->leaves = leaves;
        tree->capacity = capacity;
    }
    tree->leaves[tree->count] = *leaf;
    tree->leaves[tree->count].order = tree->count;
    tree->count++;
    return S_OK;
}

/* A file can hold no more than it has; entries that share what they name are all counted. */
static int take(const hp_pe *pe, hp_pe_tree *tree, size_t bytes) {
    if (bytes > pe->size - tree->bytes)
        return 0;
    tree->bytes += bytes;
    return 1;
}

static HRESULT read_leaf(const hp_pe *pe, hp_span span, uint32_t offset, hp_pe_tree_leaf *leaf,
                         hp_pe_tree *tree) {
    if (!hp_pe_tree_data(pe, span, offset, &leaf->data, &leaf->code_page) || !take(pe, tree, leaf->data.size))
        return HP_E_IMAGE_DAMAGED;
    return hp_pe_tree_add(tree, leaf);
}

/* Three levels: a directory that contains itself is one where data should be. */
static HRESULT read_level(const hp_pe *pe, hp_span span, uint32_t directory, int level, hp_pe_tree_leaf *leaf,
                          hp_pe_tree *tree) {
    if (!hp_pe_read_fits(directory, 16, span.size))
        return HP_E_IMAGE_DAMAGED;
    const uint32_t count = hp_pe_tree_count(span, directory);
    HRESULT hr = S_OK;
    for (uint32_t i = 0; i < count && hr == S_OK; i++) {
        hp_pe_tree_entry entry;
        const int is_last = level == HP_PE_TREE_LEVELS - 1;
        if (++tree->nodes > HP_PE_TREE_NODES_MAX || !hp_pe_tree_get(span, directory, i, &entry) ||
            entry.is_directory == is_last || !take(pe, tree, entry.key.name.size))
            return HP_E_IMAGE_DAMAGED;
        leaf->key[level] = entry.key;
        hr = is_last ? read_leaf(pe, span, entry.target, leaf, tree)
                     : read_level(pe, span, entry.target, level + 1, leaf, tree);
    }
    return hr;
}

HRESULT hp_pe_tree_read(const hp_pe *pe, hp_pe_tree *tree) {
    *tree = (hp_pe_tree){0};
    if (pe->directories <= HP_PE_RESOURCES ||
        hp_pe_read_32(pe->bytes + hp_pe_read_directory_at(pe, HP_PE_RESOURCES)) == 0)
        return S_OK;
    hp_pe_tree_leaf leaf = {0};
    return read_level(pe, hp_pe_tree_span(pe), 0, 0, &leaf, tree);
}

static int compare_names(hp_span one, hp_span other) {
    for (size_t i = 0; i < one.size && i < other.size; i += 2) {
        const int difference = hp_pe_read_16(one.at + i) - hp_pe_read_16(other.at + i);
        if (difference != 0)
            return difference;
    }
    return one.size < other.size ? -1 : one.size > other.size;
}

static int compare_keys(const hp_pe_tree_key *one, const hp_pe_tree_key *other) {
    if (one->name.at && other->name.at)
        return compare_names(one->name, other->name);
    if (one->name.at || other->name.at)
        return one->name.at ? -1 : 1;
    return one->id < other->id ? -1 : one->id > other->id;
}

static int compare_leaves(const void *left, const void *right) {
    const hp_pe_tree_leaf *one = left, *other = right;
    for (int level = 0; level < HP_PE_TREE_LEVELS; level++) {
        const int difference = compare_keys(&one->key[level], &other->key[level]);
        if (difference != 0)
            return difference;
    }
    return one->order < other->order ? -1 : one->order > other->order;
}

void hp_pe_tree_sort(hp_pe_tree *tree) {
    if (tree->count > 0)
        qsort(tree->leaves, tree->count, sizeof *tree->leaves, compare_leaves);
}

static int has_keys(const hp_pe_tree_leaf *leaf, const hp_pe_tree_key *type, const hp_pe_tree_key *name) {
    return compare_keys(&leaf->key[0], type) == 0 && compare_keys(&leaf->key[1], name) == 0;
}

size_t hp_pe_tree_find(const hp_pe_tree *tree, const hp_pe_tree_key *type, const hp_pe_tree_key *name) {
    size_t i = 0;
    while (i < tree->count && !has_keys(&tree->leaves[i], type, name))
        i++;
    return i;
}

size_t hp_pe_tree_remove(hp_pe_tree *tree, const hp_pe_tree_key *type, const hp_pe_tree_key *name) {
    size_t kept = 0;
    for (size_t i = 0; i < tree->count; i++) {
        if (!has_keys(&tree->leaves[i], type, name))
            tree->leaves[kept++] = tree->leaves[i];
    }
    const size_t removed = tree->count - kept;
    tree->count = kept;
    return removed;
}

int hp_pe_tree_equal(const hp_pe_tree *one, const hp_pe_tree *other) {
    if (one->count != other->count)
        return 0;
    for (size_t i = 0; i < one->count; i++) {
        const hp_pe_tree_leaf *a = &one->leaves[i], *b = &other->leaves[i];
        for (int level = 0; level < HP_PE_TREE_LEVELS; level++) {
            if (compare_keys(&a->key[level], &b->key[level]) != 0)
                return 0;
        }
        if (a->code_page != b->code_page || a->data.size != b->data.size ||
            (a->data.size > 0 && memcmp(a->data.at, b->data.at, a->data.size) != 0))
            return 0;
    }
    return 1;
}
