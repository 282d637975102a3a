#include "tools/debug/facts_pdb.h"

#include <stdlib.h>

static const char magic[32] = "Microsoft C/C++ MSF 7.00\r\n\x1a"
                              "DS\0\0"; // and the NUL

static uint32_t blocks_of(const hp_pdb_msf *msf, uint32_t size) {
    return (uint32_t)(((uint64_t)size + msf->block_size - 1) / msf->block_size);
}

/* Copy size bytes out of the blocks whose numbers follow at the cursor. */
static HRESULT gather(hp_pdb *pdb, hp_cursor *numbers, uint32_t size, unsigned char **copy) {
    hp_pdb_msf *msf = &pdb->msf;
    if (size > msf->budget)
        return hp_facts_pdb_damaged(pdb, "the streams of the PDB are larger than the file");
    msf->budget -= size;
    *copy = malloc(size ? size : 1);
    if (!*copy)
        return E_OUTOFMEMORY;
    for (uint32_t done = 0; done < size;) {
        const uint64_t block = hp_cursor_u32(numbers);
        const uint32_t part = size - done < msf->block_size ? size - done : msf->block_size;
        hp_cursor cursor = hp_cursor_open(msf->file, block * msf->block_size);
        const unsigned char *from = hp_cursor_take(&cursor, part);
        if (numbers->failed || !from) {
            free(*copy);
            *copy = NULL;
            return hp_facts_pdb_damaged(pdb, "a stream of the PDB lies outside of the file");
        }
        memcpy(*copy + done, from, part);
        done += part;
    }
    return S_OK;
}

/* Size of a stream at the cursor; one that was deleted has 0xffffffff. */
static uint32_t next_size(hp_cursor *sizes) {
    const uint32_t size = hp_cursor_u32(sizes);
    return size == UINT32_MAX ? 0 : size;
}

/* How many streams there are, how large they are, then the numbers of their blocks. */
static HRESULT read_directory(hp_pdb *pdb) {
    hp_pdb_msf *msf = &pdb->msf;
    hp_cursor sizes = hp_cursor_open((hp_span){.at = msf->directory, .size = msf->directory_size}, 0);
    const uint32_t count = hp_cursor_u32(&sizes);
    if (count > hp_cursor_left(&sizes) / 4)
        return hp_facts_pdb_damaged(pdb, "the directory of the PDB is damaged");
    msf->starts = malloc(count ? count * sizeof *msf->starts : 1);
    if (!msf->starts)
        return E_OUTOFMEMORY;
    uint64_t start = 4 + 4 * (uint64_t)count;
    for (uint32_t i = 0; i < count; i++) {
        msf->starts[i] = (uint32_t)start;
        start += 4 * (uint64_t)blocks_of(msf, next_size(&sizes));
        if (start > msf->directory_size)
            return hp_facts_pdb_damaged(pdb, "the directory of the PDB is damaged");
    }
    msf->stream_count = count;
    return S_OK;
}

HRESULT hp_facts_pdb_msf_open(hp_pdb *pdb, hp_span file) {
    hp_pdb_msf *msf = &pdb->msf;
    *msf = (hp_pdb_msf){.file = file, .budget = 2 * (uint64_t)file.size};
    hp_cursor cursor = hp_cursor_open(file, 0);
    const unsigned char *begin = hp_cursor_take(&cursor, sizeof magic);
    if (!begin || memcmp(begin, magic, sizeof magic) != 0)
        return hp_facts_pdb_damaged(pdb, "the file is no PDB, or one of an old format");
    msf->block_size = hp_cursor_u32(&cursor);
    hp_cursor_u32(&cursor); // free block map
    msf->block_count = hp_cursor_u32(&cursor);
    const uint32_t size = hp_cursor_u32(&cursor);
    hp_cursor_u32(&cursor);
    const uint64_t map = hp_cursor_u32(&cursor);
    const uint32_t block = msf->block_size;
    if (cursor.failed || block < 512 || block > 65536 || (block & (block - 1)) || size < 4)
        return hp_facts_pdb_damaged(pdb, "the header of the PDB is damaged");
    cursor = hp_cursor_open(file, map * block);
    const HRESULT hr = gather(pdb, &cursor, size, &msf->directory);
    if (hr != S_OK)
        return hr;
    msf->directory_size = size;
    return read_directory(pdb);
}

HRESULT hp_facts_pdb_msf_stream(hp_pdb *pdb, uint32_t index, hp_span *stream) {
    hp_pdb_msf *msf = &pdb->msf;
    *stream = (hp_span){0};
    if (index >= msf->stream_count)
        return S_OK;
    const hp_span directory = {.at = msf->directory, .size = msf->directory_size};
    hp_cursor sizes = hp_cursor_open(directory, 4 + 4 * (uint64_t)index);
    hp_cursor numbers = hp_cursor_open(directory, msf->starts[index]);
    const uint32_t size = next_size(&sizes);
    if (!size)
        return S_OK;
    unsigned char **grown =
        hp_facts_list_grow(msf->kept, &msf->kept_capacity, msf->kept_count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    msf->kept = grown;
    unsigned char *copy;
    const HRESULT hr = gather(pdb, &numbers, size, &copy);
    if (hr != S_OK)
        return hr;
    msf->kept[msf->kept_count++] = copy;
    *stream = (hp_span){.at = copy, .size = size};
    return S_OK;
}

void hp_facts_pdb_msf_free(hp_pdb_msf *msf) {
    for (size_t i = 0; i < msf->kept_count; i++)
        free(msf->kept[i]);
    free(msf->kept);
    free(msf->directory);
    free(msf->starts);
    *msf = (hp_pdb_msf){0};
}
