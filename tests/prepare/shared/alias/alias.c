/* One function that has several names, because the programmer wants it so. */
#include "../shared.h"

int fare(int km);
int price(int km) __attribute__((alias("fare")));
static int cost(int km) __attribute__((alias("fare"), used));
int __attribute__((noinline)) fare(int km) {
    return km * 3 + 1;
}

/* The same code in a function of its own, which nobody called an alias. */
int toll(int km);
int toll(int km) {
    return km * 3 + 1;
}

/* On x86 the symbols say how it is called: "_paid@4". */
#if defined(__i386__)
#define ALIAS_STDCALL __attribute__((stdcall))
#if defined(__clang__)
#define ALIAS_OF_PAID "\01_paid@4"
#else
#define ALIAS_OF_PAID "paid@4"
#endif
#else
#define ALIAS_STDCALL
#define ALIAS_OF_PAID "paid"
#endif
int ALIAS_STDCALL paid(int km);
int ALIAS_STDCALL payed(int km) __attribute__((alias(ALIAS_OF_PAID)));
int ALIAS_STDCALL paid(int km) {
    return km + 2;
}

/* Another name for the linker is no alias. */
int labelled(int km) __asm__("fare_label");
int labelled(int km) {
    return km + 5;
}

int shared_call(int index, const char **name, int *result) {
    static const char *const names[] = {"fare", "price", "cost", "toll", "paid", "payed", "labelled"};
    if (index >= 7)
        return 0;
    *name = names[index];
    *result = index == 0   ? fare(SHARED_VALUE)
              : index == 1 ? price(SHARED_VALUE)
              : index == 2 ? cost(SHARED_VALUE)
              : index == 3 ? toll(SHARED_VALUE)
              : index == 4 ? paid(SHARED_VALUE)
              : index == 5 ? payed(SHARED_VALUE)
                           : labelled(SHARED_VALUE);
    return 1;
}
