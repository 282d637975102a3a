/**
 * @file abi_gen.h
 * The generator of random functions for the ABI tests: model.c invents them, emit.c writes them as C.
 */
#ifndef HP_TESTS_ABI_GEN_H
#define HP_TESTS_ABI_GEN_H

#include <stdint.h>
#include <stdio.h>

#define MAX_PARAMETERS 32
#define MAX_STRUCTS 8
#define MAX_FIELDS 6

/** A value type of the signature grammar. */
typedef struct scalar {
    const char *text;   /**< in signatures */
    const char *c;      /**< in C */
    const char *filler; /**< constant of abi_generated.h: how to make a random one */
    int promoted;       /**< may stand after "..." */
    int integer;        /**< may be a length */
} scalar;

extern const scalar scalars[];

/** A value: a scalar, or structure number index of the function. */
typedef struct value {
    const scalar *scalar; /**< NULL: a structure */
    int index;
} value;

typedef struct field {
    value value;
    int count; /**< 0: no array */
} field;

typedef struct structure {
    int fields;
    field field[MAX_FIELDS];
} structure;

typedef enum shape { BY_VALUE, POINTER, BUFFER, STRING } shape;
typedef enum direction { IN = 1, OUT = 2, INOUT = 3 } direction;

typedef struct parameter {
    shape shape;
    value value;
    direction direction; /**< of memory */
    int wide;            /**< STRING: of wchar_t */
    int length;          /**< of memory: a number, or -1 */
    int length_from;     /**< index of the parameter that says it, or -1; with length -1 too: up to the NUL */
    int is_length;       /**< BY_VALUE: says a length */
    int variadic;        /**< stands after "..." */
    int named;           /**< the signature gives its name */
} parameter;

typedef struct function {
    int number;
    const char *convention; /**< in signatures */
    int has_result;
    value result;
    int structures;
    structure structure[MAX_STRUCTS];
    int parameters;
    int fixed; /**< parameters in front of "...", or -1 */
    parameter parameter[MAX_PARAMETERS];
} function;

/** Next number of the series, below limit. */
uint32_t dice(uint64_t *state, uint32_t limit);

/** Invent a function. */
void invent(uint64_t *state, int number, function *made);

/** Write a function with its twin and its check. */
void emit_function(FILE *out, const function *it);

/** The C type of a value, in static memory that a few more calls leave alone. */
const char *c_of(const function *it, value v);

/** "char" or "wchar_t". */
const char *character(const parameter *p);

/** The number of elements at a pointer, as a C expression in static memory. */
const char *length_of(const parameter *p);

/** Write the check: random arguments, the direct call, the patched call, the comparison. */
void emit_check(FILE *out, const function *it);

#endif
