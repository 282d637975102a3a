/**
 * @file inventory_name.h
 * Full names: what tells overloads and static functions apart. Pure.
 */
#ifndef HP_TOOLS_INVENTORY_NAME_H
#define HP_TOOLS_INVENTORY_NAME_H

#include "idl/protocol.h"
#include "hotpatch/error.h"

/**
 * Make a full name (name.h): "acme::add" with "(i32,f64)" behind it for C++, and "@src/score.c" for static
 * functions.
 *
 * Unnamed namespaces are left out (what is in one is static, and so has its file behind it); a space in a
 * path becomes
 * "%20".
 *
 * @param name        as the debug information has it
 * @param parameters  NULL if overloads cannot be
 * @param file        NULL if the function is not static
 * @param text        receives it, terminated
 * @return the length of the short name in it; 0 if no such name can be written
 */
size_t hp_inventory_name_make(const char *name, const char *parameters, const char *file,
                              char text[HP_NAME_MAX + 1]);

#endif
