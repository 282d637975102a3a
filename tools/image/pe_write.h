/**
 * @file pe_write.h
 * Add a resource to an image file without moving what is in its sections, or behind them. Pure.
 *
 * UpdateResource, objcopy and their like move or forget the COFF symbol table where sections follow the
 * resources, and the debug information is lost with it. Here the resources get a section of their own behind
 * all others in memory, and behind everything else in the file (symbols and appended data included); nothing
 * else in the file changes but headers. What resources there were are copied into it, so that it is
 * complete: it is called .rsrc, and one of that name that was there before is renamed ".rsrc0" and stays
 * where it is. A section that an earlier call has added is replaced; and when it holds nothing of ours any
 * more, the file is byte for byte what it was before. It is recognised by a note at its end
 * (pe_write_note.h), and by being the last one in memory and in the file. Somebody else who rewrites it
 * (UpdateResource) makes it a section like any other.
 *
 * Where no other section header fits behind the section table (what clang and lld link often fills its
 * headers to the byte), the PE headers, from the signature to the end of the table, move down by the 40
 * bytes of one, over the end of the DOS program; the new header then ends where the table did, and nothing
 * else moves. That takes an e_lfanew of at least 104 (lld has 120, GNU ld 128, MSVC 128 or more), so with
 * most linkers it can be done once. It is harmless: Windows and debuggers go by e_lfanew, which keeps its
 * alignment, and the DOS header stays. Under DOS, the usual program still ends at once, but what it says is
 * spoilt; one of somebody's own (/STUB) loses its end, and so does MSVC's "Rich" header. The note has the
 * overwritten bytes. Headers into which the entry point or a directory leads do not move. If somebody else
 * rewrites the section after that, there is no room for yet another one, and the image has to be linked
 * again.
 *
 * Whoever looks for something at the end of the file, as some installers do, no longer finds it there.
 * `strip` belongs before this: it would leave a gap in memory where the debug information was, which Windows
 * refuses.
 */
#ifndef HP_TOOLS_PE_WRITE_H
#define HP_TOOLS_PE_WRITE_H

#include "tools/image/pe.h"

/**
 * Make a copy of an image with one RT_RCDATA resource more (language neutral), or another content in place of
 * the one of that name.
 *
 * @param pe        opened by hp_pe_open
 * @param name      ASCII capitals, at most 64
 * @param data      its content; NULL: take the resource away, in all languages, if it is there
 * @param copy      receives the new image, malloc'ed; the caller frees it
 * @param copy_size receives its size, bytes
 * @param place     receives the offset of the content in copy, a multiple of 8; may be NULL
 * @param reason    receives what is wrong, a static sentence; may be NULL
 * @return S_OK; HP_E_IMAGE_ROOM (no place for another section header), HP_E_IMAGE_SIGNED,
 *         HP_E_IMAGE_DAMAGED (resources that cannot be read, or a directory where no section is),
 *         HP_E_FRAME_TOO_LARGE (beyond 2 GB), E_INVALIDARG (the name), E_OUTOFMEMORY
 *
 * The copy's checksum is computed (as IMAGEHLP does) if the image had one, else left 0. Directory entries are
 * sorted as the PE specification demands: names before numbers, each ascending. hp_pe_open accepts the copy.
 */
HRESULT hp_pe_write_rcdata(const hp_pe *pe, const char *name, const void *data, size_t size,
                           unsigned char **copy, size_t *copy_size, size_t *place, const char **reason);

/** Compute an image's checksum anew after a change, if it has one. */
void hp_pe_write_checksum(unsigned char *image, size_t size);

#endif
