/**
 * @file image.h
 * The file that this process was started from, the type library in it, and the names of
 * places in this and other images.
 */
#ifndef HP_SERVER_IMAGE_H
#define HP_SERVER_IMAGE_H

#include "idl/trouble.h"

#include <oaidl.h>

/**
 * Full path of the EXE of this process, of any length.
 *
 * @param path  receives the terminated path; the caller frees it with free()
 * @return S_OK, E_OUTOFMEMORY or a wrapped Win32 error. Thread-safe.
 */
HRESULT hp_image_path(wchar_t **path, hp_trouble *trouble);

/** Room for a place: a file name of 64 bytes at most, and the distance. */
#define HP_IMAGE_PLACE_SIZE 96

/**
 * Where an address is, as people say it: "game.exe+0x1234".
 *
 * @param address   anything
 * @param text      receives it in UTF-8, terminated
 * @param capacity  bytes there, HP_IMAGE_PLACE_SIZE is enough. A longer file name is cut off.
 * @return 0 if it is in no loaded module; text is empty then. Thread-safe.
 */
int hp_image_place(const void *address, char *text, size_t capacity);

/**
 * Type description of IHotPatch, from the type library that is a resource of the EXE. Read once, then kept.
 *
 * @param info  receives it; the caller releases it
 * @return S_OK, or what the first attempt gave: TYPE_E_CANTLOADLIBRARY when the EXE was linked without the
 *         resource, which the log says once. Thread-safe.
 */
HRESULT hp_image_typeinfo(ITypeInfo **info);

#endif
