#include "tools/image/pe_read.h"
#include "tools/image/pe_tree.h"

#include <string.h>

enum { DIRECTORY = 16, DIRECTORY_NAMED = 12, DIRECTORY_NUMBERED = 14, ENTRY = 8, DATA_ENTRY = 16 };

#define HIGH_BIT 0x80000000u /* a name and not a number; a directory and not a data entry */

hp_span hp_pe_tree_span(const hp_pe *pe) {
    hp_span tree = hp_pe_directory(pe, HP_PE_RESOURCES);
    if (!tree.at)
        return tree;
    const uint32_t rva = hp_pe_read_32(pe->bytes + hp_pe_read_directory_at(pe, HP_PE_RESOURCES));
    hp_pe_section section;
    if (hp_pe_section_at(pe, rva, &section)) {
        const uint32_t part = section.raw_size < section.size ? section.raw_size : section.size;
        tree.size = part - (rva - section.rva);
    }
    return tree;
}

uint32_t hp_pe_tree_count(hp_span tree, uint32_t directory) {
    if (!hp_pe_read_fits(directory, DIRECTORY, tree.size))
        return 0;
    const unsigned char *at = tree.at + directory;
    return (uint32_t)hp_pe_read_16(at + DIRECTORY_NAMED) + hp_pe_read_16(at + DIRECTORY_NUMBERED);
}

int hp_pe_tree_get(hp_span tree, uint32_t directory, uint32_t index, hp_pe_tree_entry *entry) {
    const uint64_t offset = (uint64_t)directory + DIRECTORY + (uint64_t)index * ENTRY;
    if (!hp_pe_read_fits(offset, ENTRY, tree.size))
        return 0;
    const uint32_t key = hp_pe_read_32(tree.at + offset), target = hp_pe_read_32(tree.at + offset + 4);
    *entry = (hp_pe_tree_entry){
        .key = {.id = key}, .target = target & ~HIGH_BIT, .is_directory = (target & HIGH_BIT) != 0};
    if ((key & HIGH_BIT) == 0)
        return 1;
    const uint32_t name = key & ~HIGH_BIT; // its length in characters, then those
    if (!hp_pe_read_fits(name, 2, tree.size))
        return 0;
    entry->key = (hp_pe_tree_key){.name = {tree.at + name + 2, 2u * hp_pe_read_16(tree.at + name)}};
    return hp_pe_read_fits((uint64_t)name + 2, entry->key.name.size, tree.size);
}

int hp_pe_tree_data(const hp_pe *pe, hp_span tree, uint32_t offset, hp_span *data, uint32_t *code_page) {
    if (!hp_pe_read_fits(offset, DATA_ENTRY, tree.size))
        return 0;
    const unsigned char *at = tree.at + offset;
    const uint32_t size = hp_pe_read_32(at + 4);
    *code_page = hp_pe_read_32(at + 8);
    *data = hp_pe_bytes(pe, hp_pe_read_32(at), size);
    return size == 0 || data->at != NULL;
}

static int is_named(const hp_pe_tree_key *key, const char *name) {
    const size_t length = strlen(name);
    if (!key->name.at || key->name.size != 2 * length)
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (hp_pe_read_16(key->name.at + 2 * i) != (unsigned char)name[i])
            return 0;
    }
    return 1;
}

/* The directory below this one that has this number, or this name if there is one. */
static int descend(hp_span tree, uint32_t *directory, uint32_t id, const char *name) {
    const uint32_t count = hp_pe_tree_count(tree, *directory);
    hp_pe_tree_entry entry;
    for (uint32_t i = 0; i < count && hp_pe_tree_get(tree, *directory, i, &entry); i++) {
        if (entry.is_directory &&
            (name ? is_named(&entry.key, name) : !entry.key.name.at && entry.key.id == id)) {
            *directory = entry.target;
            return 1;
        }
    }
    return 0;
}

hp_span hp_pe_rcdata(const hp_pe *pe, const char *name) {
    const hp_span tree = hp_pe_tree_span(pe);
    uint32_t directory = 0, code_page;
    hp_pe_tree_entry language;
    hp_span data;
    if (!descend(tree, &directory, HP_PE_TREE_RCDATA, NULL) || !descend(tree, &directory, 0, name) ||
        hp_pe_tree_count(tree, directory) == 0 || !hp_pe_tree_get(tree, directory, 0, &language) ||
        language.is_directory || !hp_pe_tree_data(pe, tree, language.target, &data, &code_page))
        return (hp_span){0};
    return data;
}
