/**
 * @file thrown.h
 * What a replacement in C++ has thrown: its type's name, and its end. Formats: Itanium C++ ABI, "Exception
 * Handling" (2.2.1, 2.5) and "Run-Time Type Information" (2.9.3); names: the same ABI, "Name Mangling" (5.1).
 */
#ifndef HP_PROXYGEN_THROWN_H
#define HP_PROXYGEN_THROWN_H

#include <stddef.h>

/**
 * The name of a type as programmers write it: "std::runtime_error" for "St13runtime_error", "int" for "i". A
 * name that this does not understand (templates, pointers) stays as it is. Pure, thread-safe.
 *
 * @param mangled   terminated
 * @param text      receives it, terminated, cut off if it is too long
 * @param capacity  bytes there, at least 1
 */
void hp_thrown_name(const char *mangled, char *text, size_t capacity);

#ifdef _WIN32
/**
 * Catch what was thrown, as "catch (...) {}" does: what was thrown is destroyed, and the thread has no
 * exception any more. Call it once for each hp_invoke_fault that has one, on the same thread.
 *
 * @param thrown    hp_invoke_fault's
 * @param type      receives the type's name as hp_thrown_name writes it; empty if it is not to be had
 * @param capacity  bytes there, at least 1
 */
void hp_thrown_take(void *thrown, char *type, size_t capacity);
#endif

#endif
