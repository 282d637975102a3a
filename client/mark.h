/**
 * @file mark.h
 * Tells one class from another, one registration from the next, and one build of its EXE from the next.
 * Anything may change below Software\Classes, and what was refused need not be started again for that.
 */
#ifndef HP_CLIENT_MARK_H
#define HP_CLIENT_MARK_H

#include <stdint.h>

#include "registry/class.h"

/** The mark of what is registered now; 0, which is no mark, for NULL. An EXE that is missing has one, too. */
uint64_t hp_mark_of(const hp_class_found *found);

#endif
