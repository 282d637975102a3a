/**
 * @file publish.h
 * Put a changed image in the place of the old one, and never a broken one.
 */
#ifndef HP_TOOLS_PUBLISH_H
#define HP_TOOLS_PUBLISH_H

#include "idl/trouble.h"
#include "tools/image/pe.h"

/** In place of a number of functions: they are not counted. */
#define HP_PUBLISH_UNCOUNTED SIZE_MAX

/**
 * Write an image beside its place under another name, test it there, and rename it.
 *
 * Tested are: the file reads back; every section of the original has its bytes; the system finds the
 * resource; dbghelp finds as many functions as before; an EXE can be made a process of (which ends before it
 * runs one instruction of its own). What is tested is the file; the rename is the last step, and nobody sees
 * half a file.
 *
 * @param target    where it belongs; UTF-8. What a link leads to is replaced, and not the link
 * @param original  the image that it was made from
 * @param image     the new one
 * @param functions how many functions dbghelp finds in the original; HP_PUBLISH_UNCOUNTED: do not ask it, for
 * the debug information need not be there
 * @return S_OK; HP_E_IMAGE_UNVERIFIED (detail says which test), a wrapped Win32 error (the target runs, no
 * room on the disk, no right); then the target is as it was and nothing is left beside it
 */
HRESULT hp_publish_image(const char *target, const hp_pe *original, const unsigned char *image, size_t size,
                         size_t functions, hp_trouble *trouble);

#endif
