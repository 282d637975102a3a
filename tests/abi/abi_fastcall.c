// ecx and edx, and the callee cleans the stack.
#define CONVENTION HP_FASTCALL
#define CONVENTION_TEXT "fastcall"
#include "abi/abi_convention.h"
