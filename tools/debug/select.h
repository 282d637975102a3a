/**
 * @file select.h
 * Which functions are one's own: by source file and by name. Pure.
 */
#ifndef HP_TOOLS_SELECT_H
#define HP_TOOLS_SELECT_H

#include "hotpatch/error.h"

/**
 * One form for the paths of all compilers and systems: "/" between parts, no "." and "..", no drive that Wine
 * gives to the root ("Z:"), other drives as "c:", no "/" at the end.
 *
 * @param path      UTF-8, terminated
 * @param base      what a relative path is relative to, in this form; NULL: it stays relative
 * @param text      receives it, terminated
 * @param capacity  bytes at text
 * @return 1; 0 if it does not fit or leads above the root
 */
int hp_select_path(const char *path, const char *base, char *text, size_t capacity);

/**
 * Is a file below a directory? Both in the form of hp_select_path; letters of either case are equal if one of
 * the two begins with a drive.
 *
 * @return the part of the file's path below the directory, NULL if it is not below it. A relative file (as
 *         -ffile-prefix-map leaves it) is below every directory, unless it begins with ".." or names a
 * system's folder ("/usr/...").
 */
const char *hp_select_below(const char *file, const char *directory);

/**
 * Does a name match a pattern? "*" stands for any characters, "?" for one, everything else for itself. A
 * pattern without "(" or "@" is compared with the short name too (name.h): "acme::add" matches
 * "acme::add(i32)".
 */
int hp_select_matches(const char *name, const char *pattern);

#endif
