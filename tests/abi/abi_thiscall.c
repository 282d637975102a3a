// ecx for the object, all else on the stack, and the callee cleans it.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wattributes" // -Wpedantic regrets that this is not C++
#endif
#define CONVENTION HP_THISCALL
#define CONVENTION_TEXT "thiscall"
#define SELF_FIRST
#include "abi/abi_convention.h"
