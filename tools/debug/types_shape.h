/**
 * @file types_shape.h
 * Shapes (types.h): what the compiler saw of a function, whether a signature can say it or not. Windows. Not
 * for other files than types.c.
 */
#ifndef HP_TOOLS_TYPES_SHAPE_H
#define HP_TOOLS_TYPES_SHAPE_H

#include "tools/debug/types.h"
#include "tools/debug/types_list.h"

/** What a type is behind all its stars, an array behind one being its elements. @param stars receives how
 * many */
const hp_types_node *hp_types_shape_target(hp_symbols *symbols, uint32_t id, unsigned *stars);

/** What stands in front of signatures and shapes: "stdcall ", or "". */
const char *hp_types_shape_convention(const hp_symbols *symbols, hp_convention convention);

/** Fill call->shape; it stays empty if there is no memory. */
void hp_types_shape_make(hp_symbols *symbols, const hp_types_list *list, hp_convention convention,
                         hp_types_call *call);

/** Fill call->parameters; it stays empty if there is no memory. @param fact  NULL if nothing is known */
void hp_types_shape_parameters(hp_symbols *symbols, const hp_types_list *list, const hp_fact *fact,
                               hp_types_call *call);

#endif
