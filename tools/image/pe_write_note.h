/**
 * @file pe_write_note.h
 * What the section that pe_write.c adds says of the image as it was before, so that it can be taken away
 * again. Pure.
 *
 * The note is the last thing in the section, outside of what the headers call the resource directory; who
 * rewrites the section (UpdateResource) loses it, and the section is then one like any other.
 */
#ifndef HP_TOOLS_PE_WRITE_NOTE_H
#define HP_TOOLS_PE_WRITE_NOTE_H

#include "tools/image/pe.h"

/** Bytes of a note; it stands at a multiple of 8. */
enum { HP_PE_WRITE_NOTE_SIZE = 104, HP_PE_WRITE_NOTE_STUB = 40 };

/** The image as it was before. */
typedef struct hp_pe_write_note {
    uint32_t file_size;
    uint32_t directory, directory_size; /**< of the resources */
    uint32_t image_size, initialized;   /**< SizeOfImage, SizeOfInitializedData */
    uint32_t checksum;
    uint32_t checksum_right; /**< nonzero: that was the image's sum */
    uint32_t renamed[3];     /**< a bit for each section that was called .rsrc */
    uint32_t headers;        /**< where the PE signature was */
    uint32_t moved;          /**< bytes that it is lower now: 0, or those of a section header */
    unsigned char stub[HP_PE_WRITE_NOTE_STUB]; /**< what was there instead, if it was moved; else 0 */
} hp_pe_write_note;

/** Of an image to which nothing was added yet; its directories include the resources. @param moves nonzero:
 * hp_pe_write_note_move comes next */
void hp_pe_write_note_make(const hp_pe *pe, int moves, hp_pe_write_note *note);

/**
 * Move the headers of an image, from the PE signature to the end of the section table, down by one section
 * header. In its place, behind the table, are zeros then.
 *
 * @param pe     its PE signature stands so far behind the DOS header, at least
 * @param bytes  its bytes; pe has to be opened from them anew
 */
void hp_pe_write_note_move(const hp_pe *pe, unsigned char *bytes);

/** Write it. */
void hp_pe_write_note_put(const hp_pe_write_note *note, unsigned char bytes[HP_PE_WRITE_NOTE_SIZE]);

/**
 * Find the note of an image.
 *
 * @return 1; 0 if the last section is not one that we have added, or no longer as we have left it, or not the
 *         end of the file. The note then fits the image: everything else in it ends where the note says.
 */
int hp_pe_write_note_find(const hp_pe *pe, hp_pe_write_note *note);

/**
 * Make the image as it was before.
 *
 * @param pe     in which the note was found
 * @param bytes  a copy of its first note->file_size bytes
 */
void hp_pe_write_note_undo(const hp_pe *pe, const hp_pe_write_note *note, unsigned char *bytes);

/** Call sections named .rsrc .rsrc0, and back. @param renamed a bit for each section */
void hp_pe_write_note_rename(const hp_pe *pe, unsigned char *bytes, const uint32_t renamed[3], int back);

/** An image's checksum as IMAGEHLP's CheckSumMappedFile computes it, whatever its header says. */
uint32_t hp_pe_write_note_checksum(const unsigned char *image, size_t size, size_t field);

#endif
