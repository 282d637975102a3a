#include "tools/image/pe_read.h"
#include "tools/image/pe_tree.h"

#include <string.h>

enum { DIRECTORY = 16, DIRECTORY_NAMED = 12, DIRECTORY_NUMBERED = 14, ENTRY = 8, DATA_ENTRY = 16 };

#define HIGH_BIT 0x80000000u

/* What is laid out, and how far each part has come: the root, the directories of the types, those of the
 * names, data entries, texts, data. Offsets. */
typedef struct pen {
    unsigned char *bytes; /* NULL: nothing is written */
    uint32_t rva;
    uint64_t root, types, names, entries, texts, data;
} pen;

static int same(const hp_pe_tree_key *one, const hp_pe_tree_key *other) {
    if (!one->name.at || !other->name.at)
        return !one->name.at && !other->name.at && one->id == other->id;
    return one->name.size == other->name.size && memcmp(one->name.at, other->name.at, one->name.size) == 0;
}

/* Does another type, or another name, begin with this leaf? */
static int begins_type(const hp_pe_tree *tree, size_t i) {
    return i == 0 || !same(&tree->leaves[i].key[0], &tree->leaves[i - 1].key[0]);
}

static int begins_name(const hp_pe_tree *tree, size_t i) {
    return begins_type(tree, i) || !same(&tree->leaves[i].key[1], &tree->leaves[i - 1].key[1]);
}

static void put_32(const pen *p, uint64_t at, uint64_t value) {
    if (p->bytes)
        hp_pe_read_put_32(p->bytes + at, (uint32_t)value);
}

/* One entry more of a directory, at *at, which moves on. */
static void put_entry(pen *p, uint64_t directory, uint64_t *at, const hp_pe_tree_key *key, uint64_t target) {
    const size_t length = key->name.at ? key->name.size : 0;
    put_32(p, *at, key->name.at ? p->texts | HIGH_BIT : key->id);
    put_32(p, *at + 4, target);
    *at += ENTRY;
    if (p->bytes) {
        unsigned char *count = p->bytes + directory + (key->name.at ? DIRECTORY_NAMED : DIRECTORY_NUMBERED);
        hp_pe_read_put_16(count, hp_pe_read_16(count) + 1u);
    }
    if (!key->name.at)
        return;
    if (p->bytes) {
        hp_pe_read_put_16(p->bytes + p->texts, (unsigned)(length / 2));
        memcpy(p->bytes + p->texts + 2, key->name.at, length);
    }
    p->texts += 2 + length;
}

static void put_data(pen *p, const hp_pe_tree_leaf *leaf) {
    put_32(p, p->entries, p->rva + p->data);
    put_32(p, p->entries + 4, leaf->data.size);
    put_32(p, p->entries + 8, leaf->code_page);
    p->entries += DATA_ENTRY;
    if (p->bytes && leaf->data.size > 0)
        memcpy(p->bytes + p->data, leaf->data.at, leaf->data.size);
    p->data += leaf->data.size;
}

/* Where each part begins. */
static pen begin(const hp_pe_tree *tree, uint32_t rva, unsigned char *bytes) {
    uint64_t types = 0, names = 0, texts = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const hp_pe_tree_key *key = tree->leaves[i].key;
        const int used[HP_PE_TREE_LEVELS] = {begins_type(tree, i), begins_name(tree, i), 1};
        types += (uint64_t)used[0];
        names += (uint64_t)used[1];
        for (int level = 0; level < HP_PE_TREE_LEVELS; level++)
            texts += used[level] && key[level].name.at ? 2 + key[level].name.size : 0;
    }
    pen p = {.rva = rva, .root = DIRECTORY};
    p.bytes = bytes;
    p.types = DIRECTORY + ENTRY * types;
    p.names = p.types + DIRECTORY * types + ENTRY * names;
    p.entries = p.names + DIRECTORY * names + ENTRY * tree->count;
    p.texts = p.entries + DATA_ENTRY * tree->count;
    p.data = p.texts + texts;
    return p;
}

uint64_t hp_pe_tree_lay(const hp_pe_tree *tree, uint32_t rva, unsigned char *bytes, size_t leaf,
                        size_t *place) {
    pen p = begin(tree, rva, bytes);
    uint64_t type = 0, name = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const hp_pe_tree_key *key = tree->leaves[i].key;
        if (begins_type(tree, i)) {
            type = p.types;
            p.types += DIRECTORY;
            put_entry(&p, 0, &p.root, &key[0], type | HIGH_BIT);
        }
        if (begins_name(tree, i)) {
            name = p.names;
            p.names += DIRECTORY;
            put_entry(&p, type, &p.types, &key[1], name | HIGH_BIT);
        }
        put_entry(&p, name, &p.names, &key[2], p.entries);
        p.data = hp_pe_read_round(p.data, 8);
        if (place && i == leaf)
            *place = (size_t)p.data;
        put_data(&p, &tree->leaves[i]);
    }
    return p.data;
}
