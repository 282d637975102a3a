/**
 * @file made_signature.h
 * Signatures that a fuzzer invents.
 */
#ifndef HP_TESTS_FUZZ_MADE_SIGNATURE_H
#define HP_TESTS_FUZZ_MADE_SIGNATURE_H

#include "tests/fuzz/made_source.h"

enum { MADE_SIGNATURE = 4096 };

/**
 * Write a signature: any convention, any types, structures in structures, enums, memory with every kind of
 * length, "...". It is one that can be read, unless it exceeds a limit of the grammar.
 *
 * @param text  receives it, terminated
 */
void made_signature(made_source *source, char text[MADE_SIGNATURE]);

#endif
