#include "proxygen/table_texts.h"
#include "idl/fault.h"
#include "proxygen/table_shared.h"

#include <stdlib.h>
#include <string.h>

static HRESULT grow_bytes(hp_texts *texts, size_t more) {
    if (more > HP_TABLE_MAX_BYTES - texts->size)
        return HP_E_FRAME_TOO_LARGE;
    if (more <= texts->capacity - texts->size)
        return S_OK;
    size_t capacity = 2 * (texts->size + more);
    if (capacity > HP_TABLE_MAX_BYTES)
        capacity = HP_TABLE_MAX_BYTES;
    char *bytes = HP_FAULT("memory for texts") ? NULL : realloc(texts->bytes, capacity);
    if (!bytes)
        return E_OUTOFMEMORY;
    texts->bytes = bytes;
    texts->capacity = capacity;
    return S_OK;
}

/** The slot of a text, or the empty one where it would be. */
static uint32_t *find_slot(const hp_texts *texts, const char *text) {
    const size_t mask = texts->slot_count - 1;
    size_t slot = hp_fnv_32(HP_FNV_32, text, strlen(text)) & mask;
    while (texts->slots[slot] && strcmp(texts->bytes + texts->slots[slot] - 1, text) != 0)
        slot = (slot + 1) & mask;
    return &texts->slots[slot];
}

static HRESULT grow_slots(hp_texts *texts) {
    if (2 * (texts->count + 1) <= texts->slot_count)
        return S_OK;
    hp_texts grown = *texts;
    grown.slot_count = texts->slot_count ? 2 * texts->slot_count : 64;
    grown.slots = HP_FAULT("memory for finding texts") ? NULL : calloc(grown.slot_count, sizeof *grown.slots);
    if (!grown.slots)
        return E_OUTOFMEMORY;
    for (size_t i = 0; i < texts->slot_count; i++)
        if (texts->slots[i])
            *find_slot(&grown, texts->bytes + texts->slots[i] - 1) = texts->slots[i];
    free(texts->slots);
    texts->slots = grown.slots;
    texts->slot_count = grown.slot_count;
    return S_OK;
}

HRESULT hp_table_texts_add(hp_texts *texts, const char *text, uint32_t *offset) {
    const size_t size = strlen(text) + 1;
    HRESULT hr = grow_slots(texts);
    if (FAILED(hr))
        return hr;
    uint32_t *slot = find_slot(texts, text);
    if (*slot) {
        *offset = *slot - 1;
        return S_FALSE;
    }
    hr = grow_bytes(texts, size);
    if (FAILED(hr))
        return hr;
    memcpy(texts->bytes + texts->size, text, size);
    *offset = (uint32_t)texts->size;
    texts->size += size;
    texts->count++;
    *slot = *offset + 1;
    return S_OK;
}

unsigned char *hp_table_texts_write(const hp_texts *texts, unsigned char *at) {
    if (texts->size > 0)
        memcpy(at, texts->bytes, texts->size);
    return at + texts->size;
}

void hp_table_texts_free(hp_texts *texts) {
    free(texts->bytes);
    free(texts->slots);
    *texts = (hp_texts){0};
}
