// What the facts tests read: one function for each thing that dbghelp drops. The tests name them, so names
// and parameters are theirs, and they look for the lines that are marked. What is SHOWN is exported, which
// tells its RVA without any debug information.
#include <stdarg.h>

#define APART __attribute__((noinline))
#define KEPT __attribute__((noinline, used))
#ifdef _WIN32
#define SHOWN __declspec(dllexport)
#else
#define SHOWN
#endif

typedef const char *text_in;
typedef const volatile int watched;
typedef watched *watched_in;
typedef char letter;
typedef const letter fixed_letter;

struct pair {
    int a, b;
};

volatile int facts_sink;

// NOLINTBEGIN(readability-non-const-parameter): what is const and what is not is what the tests look at

SHOWN KEPT int facts_plain(int a, int b) {
    facts_sink = a;
    return a * b;
}

SHOWN KEPT int facts_const(const char *a, char *b, const struct pair *c, struct pair *d, const void *e,
                           void *f) {
    facts_sink = (a != 0) + (b != 0) + (c != 0) + (d != 0) + (e != 0) + (f != 0);
    return facts_sink;
}

// Only what is behind the first star counts: "char *const" and "const char **" are no pointers to const.
SHOWN KEPT int facts_typedefs(text_in a, watched_in b, fixed_letter *c, letter *d, char *const e,
                              const char **f) {
    facts_sink = (a != 0) + (b != 0) + (c != 0) + (d != 0) + (e != 0) + (f != 0);
    return facts_sink;
}

SHOWN KEPT int facts_variadic(const char *format, ...) {
    va_list list;
    va_start(list, format);
    const int first = va_arg(list, int);
    va_end(list);
    return first + (format != 0);
}

KEPT static int facts_static(const struct pair *p) {
    return p->a - p->b;
}

SHOWN KEPT int facts_none(void) {
    return facts_sink;
}

// A definition as Kernighan and Ritchie had it: callers pass an int and a double.
SHOWN KEPT int facts_old(a, b)
short a;
float b;
{ return a + (int)b; }

#ifdef _WIN32
SHOWN KEPT __attribute__((fastcall)) int facts_fastcall(int a, const int *b, int c) {
    facts_sink = c;
    return a + *b;
}
#endif

// The optimiser may drop the unused parameter from the code, not from the declaration.
APART static int facts_unused(int a, const char *never, int c) {
    (void)never;
    facts_sink = a;
    return a * 3 + c;
}

static inline __attribute__((always_inline)) int facts_inlined_away(const char *p) { // FACTS_LINE_INLINED
    return p[0] * 3 + p[1];
}

static inline __attribute__((always_inline)) int facts_inlined_deep(const char *p) {
    return facts_inlined_away(p) ^ facts_inlined_away(p + 1);
}

// It has code of its own because its address is taken, and a copy in every caller.
__attribute__((always_inline)) inline static int facts_partly(const char *p, int n) {
    facts_sink = n;
    return p[n] + n;
}

int (*volatile facts_pointer)(const char *, int) = facts_partly;

SHOWN KEPT int facts_caller(const char *p, int n) {
    return facts_inlined_away(p) + facts_inlined_deep(p + n) + facts_partly(p, n) + facts_partly(p, n + 1);
}

int main(int argc, char **argv) {
    struct pair two = {argc, 2};
    const char *list = argv[0];
    int sum = facts_plain(argc, 2) + facts_const(list, argv[0], &two, &two, list, argv);
    sum += facts_typedefs(list, &argc, list, argv[0], argv[0], &list) + facts_variadic("", argc);
    sum += facts_static(&two) + facts_none() + facts_unused(argc, list, 3) + facts_caller(list, argc);
#ifdef _WIN32
    sum += facts_fastcall(1, &argc, 3);
#endif
    return sum + facts_pointer(list, argc) == 0;
}
// NOLINTEND(readability-non-const-parameter)
