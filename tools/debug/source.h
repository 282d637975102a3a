/**
 * @file source.h
 * Is a source file one's own?
 */
#ifndef HP_TOOLS_SOURCE_H
#define HP_TOOLS_SOURCE_H

#include "tools/debug/symbols.h"

enum { HP_SOURCE_PATH = 4096 }; /**< bytes that a path may have */

/**
 * The part of a source file's path below one of the directories.
 *
 * A relative path, as -ffile-prefix-map leaves it, may be that of a library built elsewhere: it counts if
 * there is such a file, relative to the directory or to one that this is in, and it is below the directory.
 *
 * @param file  as the debug information has it; NULL is nobody's
 * @param path  HP_SOURCE_PATH bytes; the result points into it
 * @return NULL if it is not below any of them. Without directories every file is one's own.
 */
const char *hp_source_own(const hp_sources *sources, const char *file, char *path);

#endif
