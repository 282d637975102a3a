// What lld folds with --icf=all: functions in COMDAT sections with equal names and contents
// (lld/COFF/ICF.cpp). Mingw's have their function's name in the section's name, so these get one by hand;
// objects that clang makes for MSVC have ".text" all of them.
#include "folded.h"

namespace folded {

FOLDED_TOGETHER inline int first(int a) {
    return a * 3 + 1;
}

FOLDED_TOGETHER inline int second(int a) {
    return a * 3 + 1;
}

FOLDED_TOGETHER inline int third(int a) {
    return a * 3 + 2;
}

// Overloads: only their types differ.
FOLDED_TOGETHER inline int area(int a) {
    return a * 5;
}

FOLDED_TOGETHER inline int area(unsigned a) {
    return static_cast<int>(a * 5);
}

template <class T> FOLDED_TOGETHER int twice(T a) {
    return static_cast<int>(a + a);
}

// The last one of this section is not folded on x64, seemingly since the unwind data of all goes with it.
FOLDED_TOGETHER inline int last(int a) {
    return a - 3;
}

// With one that is not the programmer's own.
FOLDED_ABROAD inline int alone(int a) {
    return a * 9;
}

} // namespace folded

int shared_call(int index, const char **name, int *result) {
    static const char *const names[] = {"first", "second",          "third", "area",   "area(unsigned)",
                                        "twice", "twice<unsigned>", "alone", "helper", "helper again"};
    const int value = SHARED_VALUE;
    const unsigned other = SHARED_VALUE;
    const int results[] = {folded::first(value), folded::second(value),
                           folded::third(value), folded::area(value),
                           folded::area(other),  folded::twice(value),
                           folded::twice(other), folded::alone(value) + folded::last(value),
                           folded_one(value),    folded_two(value)};
    if (index >= 10)
        return 0;
    folded_library();
    *name = names[index];
    *result = results[index];
    return 1;
}
