/**
 * @file call.h
 * Inside of `hotpatch call`: one call being made.
 */
#ifndef HP_TOOLS_CALL_H
#define HP_TOOLS_CALL_H

#include "proxygen/marshal.h"
#include "tools/arguments.h"

typedef struct hp_call {
    hp_value_types types;
    hp_marshal marshal;
    hp_arguments arguments;
    hp_registers registers; /**< as a real caller would have them; after the call with its result */
    unsigned char *stack;   /**< its arguments there */
    unsigned char *hidden;  /**< memory for the result, at least 8 bytes */
} hp_call;

/** Print a call that ran: lines "result = 5", "name = value". */
void hp_call_print(hp_call *it);

/** The same as a JSON object. @return 0 without memory */
int hp_call_print_json(hp_call *it, const char *name);

#endif
