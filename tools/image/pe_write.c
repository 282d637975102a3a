#include "tools/image/pe_write.h"

#include <stdlib.h>
#include <string.h>

#include "tools/image/pe_read.h"
#include "tools/image/pe_tree.h"
#include "tools/image/pe_write_note.h"

enum { NAME_MAX = 64 };

#define FILE_MAX 0x7FFFFFFFu

/* An image that is being written. */
typedef struct work {
    unsigned char *bytes;
    hp_pe pe; /* opened from bytes */
    size_t place;
    const char *wrong;
} work;

static HRESULT fail(work *w, HRESULT hr, const char *wrong) {
    w->wrong = wrong;
    return hr;
}

void hp_pe_write_checksum(unsigned char *image, size_t size) {
    hp_pe pe;
    if (hp_pe_open(image, size, &pe, NULL) != S_OK || pe.checksum == 0)
        return;
    const size_t field = pe.optional + HP_PE_OPTIONAL_CHECKSUM;
    hp_pe_read_put_32(image + field, hp_pe_write_note_checksum(image, size, field));
}

/* A copy of the first bytes of an image, opened. */
static HRESULT copy_image(work *w, const hp_pe *pe, size_t size, const hp_pe_write_note *undo) {
    w->bytes = malloc(size);
    if (!w->bytes)
        return E_OUTOFMEMORY;
    memcpy(w->bytes, pe->bytes, size);
    if (undo)
        hp_pe_write_note_undo(pe, undo, w->bytes);
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): hp_pe_write_rcdata frees w->bytes, or hands it on
    return hp_pe_open(w->bytes, size, &w->pe, &w->wrong);
}

/* Why no other section header can stand behind the others, below the end of the headers (and so below all
 * sections), where nothing is: a table of bound imports likes to be there. NULL if it can. */
static const char *why_no_slack(const hp_pe *pe) {
    const size_t slot = hp_pe_read_sections_end(pe);
    if (!hp_pe_read_fits(slot, HP_PE_SECTION_HEADER, pe->headers_size))
        return "the section table fills the headers";
    for (size_t i = 0; i < HP_PE_SECTION_HEADER; i++) {
        if (pe->bytes[slot + i] != 0)
            return "something else stands behind the section table";
    }
    return NULL;
}

/* Can the headers move down by one section header? What they overwrite, and what moves, must be nothing that
 * Windows is told to find there: tiny programs keep code and tables in their headers. */
static int can_move(const hp_pe *pe) {
    if (pe->headers < HP_PE_DOS_HEADER + HP_PE_SECTION_HEADER)
        return 0;
    const size_t begin = pe->headers - HP_PE_SECTION_HEADER, end = hp_pe_read_sections_end(pe);
    if (pe->entry_point >= begin && pe->entry_point < end)
        return 0;
    for (unsigned i = 0; i < pe->directories; i++) {
        const unsigned char *entry = pe->bytes + hp_pe_read_directory_at(pe, i);
        const uint64_t at = hp_pe_read_32(entry), size = hp_pe_read_32(entry + 4);
        if (at != 0 && at < end && at + (size ? size : 1) > begin)
            return 0;
    }
    return 1;
}

/* Is there a place for the header of one section more, and do the headers have to move for it? */
static HRESULT find_slot(work *w, int *moves) {
    const hp_pe *pe = &w->pe;
    if (pe->directories <= HP_PE_RESOURCES)
        return fail(w, HP_E_IMAGE_ROOM, "the optional header has no place for the resources");
    if (pe->section_count >= HP_PE_SECTIONS_MAX)
        return fail(w, HP_E_IMAGE_ROOM, "the image has as many sections as an image can have");
    const char *no_slack = why_no_slack(pe);
    *moves = no_slack != NULL;
    return no_slack && !can_move(pe) ? fail(w, HP_E_IMAGE_ROOM, no_slack) : S_OK;
}

/* Where the new section goes, in memory and in the file, and how large it is. */
static HRESULT find_place(work *w, const hp_pe_tree *tree, hp_pe_section *section) {
    const hp_pe *pe = &w->pe;
    hp_pe_section last;
    hp_pe_section_get(pe, (uint16_t)(pe->section_count - 1), &last);
    const uint64_t end = (uint64_t)last.rva + (last.size ? last.size : 1); // an empty one has a place too
    const uint64_t rva = hp_pe_read_round(end, pe->section_alignment);
    const uint64_t raw = hp_pe_read_round(pe->size, pe->file_alignment);
    const uint64_t laid = hp_pe_tree_lay(tree, 0, NULL, tree->count, NULL);
    const uint64_t size = hp_pe_read_round(laid, 8) + HP_PE_WRITE_NOTE_SIZE;
    const uint64_t raw_size = hp_pe_read_round(size, pe->file_alignment);
    if (raw + raw_size > FILE_MAX || hp_pe_read_round(rva + size, pe->section_alignment) > FILE_MAX)
        return fail(w, HP_E_FRAME_TOO_LARGE, "the image would become larger than 2 GB");
    if (pe->section_alignment < HP_PE_PAGE && raw != rva) // such a file is mapped as it is, in one piece
        return fail(w, HP_E_IMAGE_ROOM, "the image is aligned below a page, and its file goes on behind it");
    *section = (hp_pe_section){.name = ".rsrc",
                               .rva = (uint32_t)rva,
                               .size = (uint32_t)size,
                               .raw = (uint32_t)raw,
                               .raw_size = (uint32_t)raw_size,
                               .traits = HP_PE_INITIALIZED_DATA | HP_PE_READ};
    return S_OK;
}

static void write_headers(work *w, const hp_pe_section *section, uint32_t laid) {
    const hp_pe *pe = &w->pe;
    unsigned char *header = w->bytes + hp_pe_read_sections_end(pe);
    unsigned char *optional = w->bytes + pe->optional;
    unsigned char *directory = w->bytes + hp_pe_read_directory_at(pe, HP_PE_RESOURCES);
    const uint32_t initialized = hp_pe_read_32(optional + HP_PE_OPTIONAL_INITIALIZED);
    const uint64_t end = (uint64_t)section->rva + section->size;
    memcpy(header, section->name, 8);
    hp_pe_read_put_32(header + HP_PE_SECTION_VIRTUAL_SIZE, section->size);
    hp_pe_read_put_32(header + HP_PE_SECTION_RVA, section->rva);
    hp_pe_read_put_32(header + HP_PE_SECTION_RAW_SIZE, section->raw_size);
    hp_pe_read_put_32(header + HP_PE_SECTION_RAW, section->raw);
    hp_pe_read_put_32(header + HP_PE_SECTION_TRAITS, section->traits);
    hp_pe_read_put_16(w->bytes + pe->headers + HP_PE_COFF_SECTIONS, pe->section_count + 1u);
    hp_pe_read_put_32(optional + HP_PE_OPTIONAL_INITIALIZED, initialized + section->raw_size);
    hp_pe_read_put_32(optional + HP_PE_OPTIONAL_IMAGE_SIZE,
                      (uint32_t)hp_pe_read_round(end, pe->section_alignment));
    hp_pe_read_put_32(directory, section->rva);
    hp_pe_read_put_32(directory + 4, laid);
}

/* Add the section with all the resources. */
static HRESULT append(work *w, const hp_pe_tree *tree, size_t leaf) {
    int moves;
    hp_pe_section section;
    hp_pe_write_note note;
    HRESULT hr = find_slot(w, &moves);
    if (hr == S_OK)
        hr = find_place(w, tree, &section);
    if (hr != S_OK)
        return hr;
    hp_pe_write_note_make(&w->pe, moves, &note);
    const uint64_t build = hp_pe_fingerprint(&w->pe);
    if (moves) {
        hp_pe_write_note_move(&w->pe, w->bytes);
        hr = hp_pe_open(w->bytes, w->pe.size, &w->pe, &w->wrong);
        if (hr != S_OK)
            return hr;
    }
    const size_t size = (size_t)section.raw + section.raw_size, before = w->pe.size;
    unsigned char *bytes = realloc(w->bytes, size);
    if (!bytes)
        return E_OUTOFMEMORY;
    w->bytes = bytes;
    memset(bytes + before, 0, size - before);
    size_t offset = 0;
    const uint64_t laid = hp_pe_tree_lay(tree, section.rva, bytes + section.raw, leaf, &offset);
    w->place = section.raw + offset;
    hp_pe_write_note_put(&note, bytes + section.raw + section.size - HP_PE_WRITE_NOTE_SIZE);
    hp_pe_write_note_rename(&w->pe, bytes, note.renamed, 0);
    write_headers(w, &section, (uint32_t)laid);
    hp_pe_write_checksum(bytes, size);
    hr = hp_pe_open(bytes, size, &w->pe, &w->wrong);
    if (hr == S_OK && hp_pe_fingerprint(&w->pe) != build)
        hr = fail(w, HP_E_IMAGE_DAMAGED, "a directory lies where no section is");
    return hr;
}

/* Does the image, in which our section is not, have just these resources of its own? */
static HRESULT has_resources(const hp_pe *pe, const hp_pe_tree *tree, int *answer) {
    hp_pe_tree own;
    HRESULT hr = hp_pe_tree_read(pe, &own);
    hp_pe_tree_sort(&own);
    *answer = hr == S_OK && hp_pe_tree_equal(&own, tree);
    hp_pe_tree_free(&own);
    return hr == E_OUTOFMEMORY ? hr : S_OK;
}

/* The image without a section that we have added earlier, and with one that has these resources. */
static HRESULT rewrite(work *w, const hp_pe *pe, const hp_pe_tree *tree, size_t leaf) {
    hp_pe_write_note note;
    const int was_added = hp_pe_write_note_find(pe, &note);
    int needless = 0;
    HRESULT hr = copy_image(w, pe, was_added ? note.file_size : pe->size, was_added ? &note : NULL);
    if (hr == S_OK && was_added && leaf == tree->count) // ours is not among them
        hr = has_resources(&w->pe, tree, &needless);
    return hr != S_OK || needless ? hr : append(w, tree, leaf);
}

static int is_name(const char *name) {
    size_t length = 0;
    while (name[length] > ' ' && name[length] < 127 && !(name[length] >= 'a' && name[length] <= 'z'))
        length++;
    return name[length] == 0 && length > 0 && length <= NAME_MAX;
}

static HRESULT set_resource(work *w, const hp_pe *pe, const char *name, hp_span data, hp_pe_tree *tree) {
    unsigned char text[2 * NAME_MAX] = {0};
    for (size_t i = 0; name[i]; i++)
        text[2 * i] = (unsigned char)name[i];
    const hp_pe_tree_leaf leaf = {
        .key = {{.id = HP_PE_TREE_RCDATA}, {.name = {text, 2 * strlen(name)}}, {.id = 0}}, .data = data};
    HRESULT hr = hp_pe_tree_read(pe, tree);
    if (hr != S_OK)
        return fail(w, hr, "the resources cannot be read");
    const size_t removed = hp_pe_tree_remove(tree, &leaf.key[0], &leaf.key[1]);
    if (!data.at && removed == 0)
        return copy_image(w, pe, pe->size, NULL);
    if (data.at)
        hr = hp_pe_tree_add(tree, &leaf);
    hp_pe_tree_sort(tree);
    const size_t index = hp_pe_tree_find(tree, &leaf.key[0], &leaf.key[1]);
    return hr == S_OK ? rewrite(w, pe, tree, index) : hr;
}

static int is_signed(const hp_pe *pe) {
    if (pe->directories <= HP_PE_CERTIFICATES)
        return 0;
    const unsigned char *entry = pe->bytes + hp_pe_read_directory_at(pe, HP_PE_CERTIFICATES);
    return hp_pe_read_32(entry) != 0 || hp_pe_read_32(entry + 4) != 0;
}

HRESULT hp_pe_write_rcdata(const hp_pe *pe, const char *name, const void *data, size_t size,
                           unsigned char **copy, size_t *copy_size, size_t *place, const char **reason) {
    work w = {0};
    hp_pe_tree tree = {0};
    HRESULT hr;
    *copy = NULL;
    *copy_size = 0;
    if (!is_name(name))
        hr = fail(&w, E_INVALIDARG, "the name is not one of 1 to 64 ASCII capitals");
    else if (is_signed(pe))
        hr = fail(&w, HP_E_IMAGE_SIGNED, "the image has a certificate");
    else if (size > FILE_MAX || pe->size > FILE_MAX)
        hr = fail(&w, HP_E_FRAME_TOO_LARGE, "the image or the resource is larger than 2 GB");
    else
        hr = set_resource(&w, pe, name, (hp_span){data, size}, &tree);
    hp_pe_tree_free(&tree);
    if (reason)
        *reason = hr == E_OUTOFMEMORY ? "there is no memory" : w.wrong;
    if (hr != S_OK) {
        free(w.bytes);
        return hr;
    }
    *copy = w.bytes;
    *copy_size = w.pe.size;
    if (place)
        *place = data ? w.place : 0;
    return S_OK;
}
