/**
 * @file exception.h
 * Exceptions in words.
 */
#ifndef HP_SERVER_EXCEPTION_H
#define HP_SERVER_EXCEPTION_H

#include "proxygen/functable.h"
#include "proxygen/thunk.h"

/** Room for a description; a longer one is cut off. */
#define HP_EXCEPTION_SIZE 512

/**
 * What happened and where: "access violation writing address 0x8 (0xC0000005) at score_add+0x1C, rules.c:12,
 * update.exe+0x163C". No address of this process is told, only where in an image something is, and addresses
 * below 64 KiB, where nothing can be.
 *
 * @param table  functions of this EXE; the prepared ones are named
 * @param name   of the replacement that was called; address is where it begins
 * @param fault  what it was broken off by
 * @param type   what was thrown, from hp_thrown_take; may be empty
 * @param text   receives it in UTF-8, terminated; HP_EXCEPTION_SIZE bytes
 *
 * Thread-safe.
 */
void hp_exception_describe(const hp_functable *table, const char *name, const void *address,
                           const hp_invoke_fault *fault, const char *type, char *text);

#endif
