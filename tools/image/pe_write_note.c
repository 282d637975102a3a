#include "tools/image/pe_write_note.h"

#include <string.h>

#include "proxygen/fnv.h"
#include "tools/image/pe_read.h"

/* Magic, the members of the structure in their order, a hash of both. */
static const unsigned char magic[8] = "HPRSRC\2";
enum {
    NUMBERS = 12,
    STUB = sizeof magic + 4 * NUMBERS,
    HASHED = STUB + HP_PE_WRITE_NOTE_STUB,
    NAME_SIZE = 8
};
_Static_assert(HASHED + 8 == HP_PE_WRITE_NOTE_SIZE, "the note is as large as it says");
_Static_assert(sizeof(hp_pe_write_note) == 4 * NUMBERS + HP_PE_WRITE_NOTE_STUB, "and has no member more");
_Static_assert((int)HP_PE_WRITE_NOTE_STUB == (int)HP_PE_SECTION_HEADER, "as much is overwritten");

static const char old_name[NAME_SIZE] = ".rsrc", new_name[NAME_SIZE] = ".rsrc0";

uint32_t hp_pe_write_note_checksum(const unsigned char *image, size_t size, size_t field) {
    uint64_t sum = 0; // of 16-bit words, the field itself being 0, the carry coming in again below
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += hp_pe_read_16(image + i);
    if (size % 2)
        sum += image[size - 1];
    for (size_t i = field; i < field + 4; i++)
        sum -= (uint64_t)image[i] << (i % 2 ? 8 : 0);
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint32_t)(sum + size);
}

void hp_pe_write_note_make(const hp_pe *pe, int moves, hp_pe_write_note *note) {
    const unsigned char *directory = pe->bytes + hp_pe_read_directory_at(pe, HP_PE_RESOURCES);
    const size_t field = pe->optional + HP_PE_OPTIONAL_CHECKSUM;
    *note = (hp_pe_write_note){
        .file_size = (uint32_t)pe->size,
        .directory = hp_pe_read_32(directory),
        .directory_size = hp_pe_read_32(directory + 4),
        .image_size = pe->image_size,
        .initialized = hp_pe_read_32(pe->bytes + pe->optional + HP_PE_OPTIONAL_INITIALIZED),
        .checksum = pe->checksum,
        .headers = (uint32_t)pe->headers,
        .moved = moves ? HP_PE_SECTION_HEADER : 0,
    };
    if (moves)
        memcpy(note->stub, pe->bytes + pe->headers - sizeof note->stub, sizeof note->stub);
    if (pe->checksum != 0)
        note->checksum_right = pe->checksum == hp_pe_write_note_checksum(pe->bytes, pe->size, field);
    for (unsigned i = 0; i < pe->section_count; i++) {
        if (memcmp(hp_pe_read_section(pe, i), old_name, NAME_SIZE) == 0)
            note->renamed[i / 32] |= 1u << i % 32;
    }
}

void hp_pe_write_note_put(const hp_pe_write_note *note, unsigned char bytes[HP_PE_WRITE_NOTE_SIZE]) {
    const uint32_t numbers[NUMBERS] = {note->file_size,      note->directory,   note->directory_size,
                                       note->image_size,     note->initialized, note->checksum,
                                       note->checksum_right, note->renamed[0],  note->renamed[1],
                                       note->renamed[2],     note->headers,     note->moved};
    memcpy(bytes, magic, sizeof magic);
    for (unsigned i = 0; i < NUMBERS; i++)
        hp_pe_read_put_32(bytes + sizeof magic + 4u * i, numbers[i]);
    memcpy(bytes + STUB, note->stub, sizeof note->stub);
    const uint64_t hash = hp_fnv_64(HP_FNV_64, bytes, HASHED);
    hp_pe_read_put_32(bytes + HASHED, (uint32_t)hash);
    hp_pe_read_put_32(bytes + HASHED + 4, (uint32_t)(hash >> 32));
}

static int read_note(const unsigned char *bytes, hp_pe_write_note *note) {
    unsigned char again[HP_PE_WRITE_NOTE_SIZE];
    const unsigned char *n = bytes + sizeof magic;
    *note = (hp_pe_write_note){
        .file_size = hp_pe_read_32(n),
        .directory = hp_pe_read_32(n + 4),
        .directory_size = hp_pe_read_32(n + 8),
        .image_size = hp_pe_read_32(n + 12),
        .initialized = hp_pe_read_32(n + 16),
        .checksum = hp_pe_read_32(n + 20),
        .checksum_right = hp_pe_read_32(n + 24),
        .renamed = {hp_pe_read_32(n + 28), hp_pe_read_32(n + 32), hp_pe_read_32(n + 36)},
        .headers = hp_pe_read_32(n + 40),
        .moved = hp_pe_read_32(n + 44),
    };
    memcpy(note->stub, bytes + STUB, sizeof note->stub);
    hp_pe_write_note_put(note, again);
    return memcmp(bytes, again, sizeof again) == 0;
}

/* The sections that are said to have been renamed are there. */
static int fits_names(const hp_pe *pe, const hp_pe_write_note *note) {
    for (unsigned i = 0; i < HP_PE_SECTIONS_MAX; i++) {
        if ((note->renamed[i / 32] >> i % 32 & 1) == 0)
            continue;
        if (i + 1 >= pe->section_count || memcmp(hp_pe_read_section(pe, i), new_name, NAME_SIZE) != 0)
            return 0;
    }
    return 1;
}

/* The headers are where we have left them. */
static int fits_headers(const hp_pe *pe, const hp_pe_write_note *note) {
    return (note->moved == 0 || note->moved == HP_PE_SECTION_HEADER) &&
           note->headers == pe->headers + (uint64_t)note->moved;
}

/* Everything else ends where the note says, and only filling lies between that and the last section. */
static int fits_file(const hp_pe *pe, const hp_pe_write_note *note, const hp_pe_section *last) {
    if (note->file_size < pe->headers_size ||
        hp_pe_read_round(note->file_size, pe->file_alignment) != last->raw)
        return 0;
    for (uint16_t i = 0; i + 1 < pe->section_count; i++) {
        hp_pe_section section;
        hp_pe_section_get(pe, i, &section);
        if (section.raw + section.raw_size > note->file_size)
            return 0;
    }
    for (uint32_t i = note->file_size; i < last->raw; i++) {
        if (pe->bytes[i] != 0)
            return 0;
    }
    return 1;
}

int hp_pe_write_note_find(const hp_pe *pe, hp_pe_write_note *note) {
    if (pe->section_count < 2 || pe->directories <= HP_PE_RESOURCES)
        return 0;
    const uint16_t index = (uint16_t)(pe->section_count - 1);
    const unsigned char *directory = pe->bytes + hp_pe_read_directory_at(pe, HP_PE_RESOURCES);
    hp_pe_section last;
    hp_pe_section_get(pe, index, &last);
    if (memcmp(hp_pe_read_section(pe, index), old_name, NAME_SIZE) != 0 ||
        last.raw + (uint64_t)last.raw_size != pe->size || last.size > last.raw_size ||
        last.size < HP_PE_WRITE_NOTE_SIZE || hp_pe_read_32(directory) != last.rva ||
        hp_pe_read_32(directory + 4) > last.size - HP_PE_WRITE_NOTE_SIZE)
        return 0;
    return read_note(pe->bytes + last.raw + last.size - HP_PE_WRITE_NOTE_SIZE, note) &&
           fits_headers(pe, note) && fits_names(pe, note) && fits_file(pe, note, &last);
}

void hp_pe_write_note_rename(const hp_pe *pe, unsigned char *bytes, const uint32_t renamed[3], int back) {
    for (unsigned i = 0; i < pe->section_count && i < HP_PE_SECTIONS_MAX; i++) {
        if (renamed[i / 32] >> i % 32 & 1)
            memcpy(bytes + pe->sections + (size_t)i * HP_PE_SECTION_HEADER, back ? old_name : new_name,
                   NAME_SIZE);
    }
}

void hp_pe_write_note_move(const hp_pe *pe, unsigned char *bytes) {
    const size_t end = hp_pe_read_sections_end(pe), to = pe->headers - HP_PE_SECTION_HEADER;
    memmove(bytes + to, bytes + pe->headers, end - pe->headers);
    memset(bytes + end - HP_PE_SECTION_HEADER, 0, HP_PE_SECTION_HEADER);
    hp_pe_read_put_32(bytes + HP_PE_DOS_NEW_HEADER, (uint32_t)to);
}

/* Our own section header, the last one, is overwritten. */
static void move_back(const hp_pe *pe, const hp_pe_write_note *note, unsigned char *bytes) {
    const size_t end = hp_pe_read_sections_end(pe);
    memmove(bytes + note->headers, bytes + pe->headers, end - note->headers);
    memcpy(bytes + pe->headers, note->stub, sizeof note->stub);
    hp_pe_read_put_32(bytes + HP_PE_DOS_NEW_HEADER, note->headers);
}

void hp_pe_write_note_undo(const hp_pe *pe, const hp_pe_write_note *note, unsigned char *bytes) {
    const unsigned count = pe->section_count - 1u;
    const size_t directory = hp_pe_read_directory_at(pe, HP_PE_RESOURCES);
    const size_t field = pe->optional + HP_PE_OPTIONAL_CHECKSUM;
    memset(bytes + pe->sections + (size_t)count * HP_PE_SECTION_HEADER, 0, HP_PE_SECTION_HEADER);
    hp_pe_write_note_rename(pe, bytes, note->renamed, 1);
    hp_pe_read_put_16(bytes + pe->headers + HP_PE_COFF_SECTIONS, count);
    hp_pe_read_put_32(bytes + directory, note->directory);
    hp_pe_read_put_32(bytes + directory + 4, note->directory_size);
    hp_pe_read_put_32(bytes + pe->optional + HP_PE_OPTIONAL_IMAGE_SIZE, note->image_size);
    hp_pe_read_put_32(bytes + pe->optional + HP_PE_OPTIONAL_INITIALIZED, note->initialized);
    hp_pe_read_put_32(bytes + field, note->checksum);
    if (note->moved)
        move_back(pe, note, bytes);
    if (note->checksum_right) // what else was changed since then counts too
        hp_pe_read_put_32(bytes + field + note->moved,
                          hp_pe_write_note_checksum(bytes, note->file_size, field + note->moved));
}
