// A library's source: what test_symbols.c must not choose.
#include "symbols_other.h"

__attribute__((noinline)) int other(int a) {
    return a + 1;
}
