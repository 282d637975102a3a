/**
 * @file class_command.h
 * What stands in LocalServer32: the command line of the update. Pure.
 */
#ifndef HP_REGISTRY_CLASS_COMMAND_H
#define HP_REGISTRY_CLASS_COMMAND_H

#include <wchar.h>

#include "hotpatch/error.h"

/**
 * Is this a full path to a file: "C:\dir\file" or "\\server\share\file" (also "\\?\..."), no quotation marks?
 */
int hp_class_command_path_full(const wchar_t *path);

/** Index of the file's name in a path: behind the last backslash or slash. */
size_t hp_class_command_file_at(const wchar_t *path);

/**
 * Find the EXE in a command line.
 *
 * Quoted: what is between the quotation marks; what follows is ignored. Unquoted: up to the first ".exe" that
 * a blank or the end follows, or everything if there is none. (Windows itself tries the files one after the
 * other, and may start C:\Program.exe instead: nothing here looks at files.)
 *
 * @param command  terminated text
 * @param first    receives the index of the path's first character
 * @param length   receives the length of the path
 * @return NULL, or what is wrong with it as a phrase. Static. Thread-safe.
 */
const char *hp_class_command_parse(const wchar_t *command, size_t *first, size_t *length);

#endif
