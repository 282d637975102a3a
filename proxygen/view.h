/**
 * @file view.h
 * A loaded image, read with care: whatever its headers claim, only memory that is there is touched.
 */
#ifndef HP_PROXYGEN_VIEW_H
#define HP_PROXYGEN_VIEW_H

#include "hotpatch/base.h"

/** What may be read of an image. */
typedef struct hp_view {
    const unsigned char *base;
    size_t size;        /**< bytes; what SizeOfImage claims */
    uintptr_t readable; /**< the readable run that was looked up last: most questions are about neighbours */
    uintptr_t readable_end;
    const IMAGE_FILE_HEADER *file; /**< its optional header is there as far as PE32 and PE32+ are alike */
} hp_view;

/**
 * Look at the headers (PE specification, "MS-DOS stub", "COFF file header", "Optional header").
 *
 * @param image  base address (HMODULE); must stay loaded while the view is used
 * @return 1; 0 if it is not an image. A view belongs to one thread.
 */
int hp_view_open(const void *image, hp_view *view);

/** Are these bytes inside of the image and readable? */
int hp_view_can_read(hp_view *view, const void *pointer, size_t bytes);

/** Does a terminated text begin there, inside of the image and readable? */
int hp_view_can_read_string(hp_view *view, const char *text);

/** Does the pointer lead into the image? */
int hp_view_is_inside(const hp_view *view, const void *pointer);

/**
 * The section table.
 *
 * @param count  receives the number of sections
 * @return NULL if it is not readable
 */
const IMAGE_SECTION_HEADER *hp_view_sections(hp_view *view, size_t *count);

/** A data directory, IMAGE_DIRECTORY_ENTRY_...; NULL if the headers do not reach so far. */
const IMAGE_DATA_DIRECTORY *hp_view_directory(hp_view *view, unsigned number);

/**
 * The fingerprint of the image (fingerprint.h), the same that its file has.
 *
 * @return 0 if the headers do not allow to make it; else it is never 0
 */
uint64_t hp_view_fingerprint(hp_view *view);

#endif
