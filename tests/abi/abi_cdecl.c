// The caller cleans the stack, of the hidden pointer too.
#define CONVENTION HP_CDECL
#define CONVENTION_TEXT "cdecl"
#include "abi/abi_convention.h"
