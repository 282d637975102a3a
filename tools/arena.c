#include "tools/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 * 1024 };

typedef struct hp_arena_block hp_arena_block;
struct hp_arena_block {
    hp_arena_block *next;
    size_t used, size;
    char bytes[];
};

char *hp_arena_take(hp_arena *arena, size_t size) {
    hp_arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size) {
        const size_t wanted = size > BLOCK ? size : BLOCK;
        if (wanted > SIZE_MAX - sizeof *block)
            return NULL;
        block = malloc(sizeof *block + wanted);
        if (block == NULL)
            return NULL;
        *block = (hp_arena_block){.next = arena->blocks, .size = wanted};
        arena->blocks = block;
    }
    char *at = block->bytes + block->used;
    block->used += size;
    return at;
}

char *hp_arena_copy(hp_arena *arena, const char *text, size_t length) {
    char *copy = length == SIZE_MAX ? NULL : hp_arena_take(arena, length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

void hp_arena_free(hp_arena *arena) {
    for (hp_arena_block *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
}
