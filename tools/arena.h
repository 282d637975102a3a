/**
 * @file arena.h
 * Texts that live as long as the whole: freed together. Pure; not thread-safe.
 */
#ifndef HP_TOOLS_ARENA_H
#define HP_TOOLS_ARENA_H

#include <stddef.h>

/** Zero-initialise; ended with hp_arena_free. */
typedef struct hp_arena {
    struct hp_arena_block *blocks;
} hp_arena;

/** Room for size bytes, aligned for nothing but characters; NULL if there is no memory. */
char *hp_arena_take(hp_arena *arena, size_t size);

/** A terminated copy of length bytes; NULL if there is no memory. */
char *hp_arena_copy(hp_arena *arena, const char *text, size_t length);

/** Give everything back; the arena may be used again. */
void hp_arena_free(hp_arena *arena);

#endif
