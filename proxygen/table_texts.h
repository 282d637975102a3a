/**
 * @file table_texts.h
 * For table_make.c: parts of a table that is being made: texts, and the definitions that signatures refer to.
 * Pure.
 */
#ifndef HP_PROXYGEN_TABLE_TEXTS_H
#define HP_PROXYGEN_TABLE_TEXTS_H

#include "idl/protocol.h"
#include "proxygen/table.h"

/** Texts, each once and ended by a NUL. Zero-initialise; freed with hp_table_texts_free. */
typedef struct hp_texts {
    char *bytes;
    size_t size, capacity;
    uint32_t *slots; /**< a text's offset plus 1, by its hash; a power of two of them, half of them empty */
    size_t slot_count, count;
} hp_texts;

/**
 * Add a text, unless it is there.
 *
 * @param text    terminated
 * @param offset  receives where it begins
 * @return S_OK if it is new, S_FALSE if it was there; HP_E_FRAME_TOO_LARGE; E_OUTOFMEMORY. On failure the
 *         texts are as before.
 */
HRESULT hp_table_texts_add(hp_texts *texts, const char *text, uint32_t *offset);

/** Write them all, texts->size bytes. @return what is behind them */
unsigned char *hp_table_texts_write(const hp_texts *texts, unsigned char *at);

void hp_table_texts_free(hp_texts *texts);

/** One definition, as table.h has it. */
typedef struct hp_definition {
    uint32_t text;
    uint16_t length;
    uint8_t levels;
} hp_definition;

/** Definitions, in their order. Zero-initialise; freed with hp_table_fold_free. */
typedef struct hp_fold {
    hp_texts texts; /**< theirs, one behind the other */
    hp_definition *definitions;
    uint32_t count, capacity;
} hp_fold;

/**
 * Put references into a signature where structures and enums stand, and their definitions to the others.
 * Those that are about as short as a reference stay, and any text without such a thing.
 *
 * @param signature  at most HP_SIGNATURE_MAX bytes, terminated, in them none from 1 to 8; need not be one
 * @param folded     receives it, terminated: not longer
 * @return S_OK; HP_E_FRAME_TOO_LARGE; E_OUTOFMEMORY
 */
HRESULT hp_table_fold_signature(hp_fold *fold, const char *signature, char folded[HP_SIGNATURE_MAX + 1]);

void hp_table_fold_free(hp_fold *fold);

#endif
