/* gcc -O2 lets functions of one file share code (-fipa-icf). */
#include "../shared.h"

static int __attribute__((noinline)) fare(int km) {
    return km / 3 + 100;
}

static int __attribute__((noinline)) price(int km) {
    return km / 3 + 100;
}

static int __attribute__((noinline)) other(int km) {
    return km / 3 + 101;
}

int shared_call(int index, const char **name, int *result) {
    static const char *const names[] = {"fare", "price", "other"};
    const volatile int value = SHARED_VALUE;
    if (index >= 3)
        return 0;
    *name = names[index];
    *result = index == 0 ? fare(value) : index == 1 ? price(value) : other(value);
    return 1;
}
