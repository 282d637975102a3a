/**
 * @file facts_support.h
 * What tests of facts share: files, functions by name, and what an export directory says of them.
 */
#ifndef HP_TESTS_UNIT_FACTS_SUPPORT_H
#define HP_TESTS_UNIT_FACTS_SUPPORT_H

#include "tools/debug/facts.h"

/** A file's bytes, malloc'ed and of exactly this size; ends the test if it is not there. */
unsigned char *facts_read_file(const char *path, size_t *size);

/** Number of the line with this mark; 0 if there is none. */
uint32_t facts_line_of(const char *path, const char *mark);

/** The one function of this name; fails the test if there is none, or another one that the caller did not
 * expect. */
const hp_fact *facts_named(const hp_facts *facts, const char *name);

/** RVA of an export; 0 if there is none. */
uint32_t facts_export(const hp_pe *pe, const char *name);

/** Does the text end like this? */
int facts_ends(const char *text, const char *end);

/** The order and the bounds that facts.h promises, for whatever was read. */
void facts_expect_order(const hp_facts *facts);

#endif
