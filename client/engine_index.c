// Which functions are or were patched: their first cells, hashed by entry.
#include "client/engine_shared.h"

#include "idl/fault.h"

void *hp_engine_index_allocate(size_t size) {
    return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
}

void hp_engine_index_release(void *memory) {
    HeapFree(GetProcessHeap(), 0, memory);
}

static uint32_t hash(const unsigned char *entry) {
    return (uint32_t)(((uint64_t)((uintptr_t)entry / HP_PLANT_ROOM) * 0x9E3779B97F4A7C15u) >> 32);
}

/* Where an entry stands in the index, or would. */
static uint32_t *place_of(hp_engine *engine, const unsigned char *entry) {
    for (uint32_t i = hash(entry);; i++) {
        uint32_t *place = &engine->index[i & (engine->capacity - 1)];
        if (*place == 0 || hp_engine_cell(engine, *place)->plant.entry == entry)
            return place;
    }
}

hp_cell *hp_engine_find(hp_engine *engine, const unsigned char *entry) {
    return engine->capacity == 0 ? NULL : hp_engine_cell(engine, *place_of(engine, entry));
}

HRESULT hp_engine_index_grow(hp_engine *engine, uint32_t functions) {
    uint32_t capacity = engine->capacity != 0 ? engine->capacity : 64;
    while ((uint64_t)capacity * 3 < ((uint64_t)engine->count + functions) * 4)
        capacity *= 2;
    if (capacity == engine->capacity)
        return S_OK;
    uint32_t *old = engine->index, old_capacity = engine->capacity;
    uint32_t *index = HP_FAULT("memory for the index of functions")
                          ? NULL
                          : hp_engine_index_allocate(capacity * sizeof *index);
    if (index == NULL)
        return E_OUTOFMEMORY;
    engine->index = index;
    engine->capacity = capacity;
    for (uint32_t i = 0; i < old_capacity; i++)
        if (old[i] != 0)
            *place_of(engine, hp_engine_cell(engine, old[i])->plant.entry) = old[i];
    if (old != NULL)
        hp_engine_index_release(old);
    return S_OK;
}

void hp_engine_keep(hp_engine *engine, hp_cell *cell) {
    *place_of(engine, cell->plant.entry) = hp_engine_number(engine, cell);
    engine->count++;
}

hp_cell *hp_engine_next(hp_engine *engine, uint32_t *context) {
    while (*context < engine->capacity) {
        uint32_t number = engine->index[(*context)++];
        if (number != 0)
            return hp_engine_cell(engine, number);
    }
    return NULL;
}

uint32_t hp_engine_count(const hp_engine *engine) {
    return engine->count;
}

size_t hp_engine_index_bytes(const hp_engine *engine) {
    return engine->capacity * sizeof *engine->index;
}
