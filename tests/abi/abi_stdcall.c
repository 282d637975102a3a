// The callee cleans the stack.
#define CONVENTION HP_STDCALL
#define CONVENTION_TEXT "stdcall"
#include "abi/abi_convention.h"
