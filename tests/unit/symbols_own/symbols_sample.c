// What test_symbols.c reads: functions with known signatures, and others that can have none. Never run.
#include <stddef.h>
#include <stdarg.h>

#include "../symbols_other/symbols_other.h"

#if defined(__clang__)
#define KEEP __attribute__((used, noinline))
#else
#define KEEP __attribute__((noipa))
#endif

enum color { RED, GREEN, BLUE = 7 };
enum sign { MINUS = -1, PLUS = 1 };
enum many {
#define TEN(n)                                                                                               \
    LONG_NAME_##n##0, LONG_NAME_##n##1, LONG_NAME_##n##2, LONG_NAME_##n##3, LONG_NAME_##n##4,                \
        LONG_NAME_##n##5, LONG_NAME_##n##6, LONG_NAME_##n##7, LONG_NAME_##n##8, LONG_NAME_##n##9
    TEN(1),
    TEN(2),
    TEN(3),
    TEN(4)
};
typedef struct {
    int x, y;
} point;
struct player {
    int score;
    double x;
    char c[3];
};
struct nest {
    struct player player;
    point at[2];
    enum color color;
    float m[3][4];
};
struct self {
    struct self *next;
};
struct __attribute__((packed)) packed {
    char c;
    int i;
};
struct bits {
    int a : 4;
};
union either {
    int i;
    float f;
};
struct HANDLE__ {
    int unused;
};
typedef struct HANDLE__ *handle;

KEEP void nothing(void) {}
KEEP int integers(signed char a, unsigned char b, short c, unsigned short d, int e, unsigned f, long long g,
                  unsigned long long h) {
    return (int)(a + b + c + d + e + (int)f + g + (long long)h);
}
KEEP unsigned long longs(long a, unsigned long b, size_t c) {
    return (unsigned long)a + b + (unsigned long)c;
}
KEEP double floats(float a, double b, _Bool c) {
    return c ? (double)a : b;
}
KEEP int colors(enum color c, enum sign s) {
    return (int)c + (int)s;
}
KEEP enum many many(enum many m) {
    return m;
}
KEEP point by_value(point p, struct player q) {
    p.x += q.score;
    return p;
}
KEEP int nested(struct nest *n, const struct player *p) {
    return n->player.score + p->score;
}
KEEP int texts(const char *s, const wchar_t *w) {
    return s[0] + w[0];
}
KEEP int buffer(char *text, int size) {
    return text[size - 1];
}
KEEP int memory(int *data) {
    return *data;
}
KEEP int any(const void *data) {
    return data != NULL;
}
KEEP int chain(struct self *s) {
    return s->next != NULL;
}
KEEP int packs(struct packed *p) {
    return p->i;
}
KEEP int bit(struct bits b) {
    return b.a;
}
KEEP int unions(union either e) {
    return e.i;
}
KEEP handle handles(handle h) {
    return h;
}
KEEP char *pointer(void) {
    return NULL;
}
KEEP int variadic(int n, ...) {
    va_list list;
    va_start(list, n);
    int first = va_arg(list, int);
    va_end(list);
    return first;
}
KEEP int __attribute__((stdcall)) std(int a, int b) {
    return a - b;
}
#if defined(__clang__) && defined(__x86_64__) // of x86 clang 14 crashes
KEEP int __attribute__((vectorcall)) vector(int a, double b) {
    return a - (int)b;
}
#endif
__attribute__((noinline)) static int clone(int a, int b, int unused) {
    (void)unused;
    return a * b + 5;
}
KEEP int uses_clone(int a) {
    return clone(a, 4, a) + clone(a + 1, 4, 7) + other(a);
}

int main(int argc, char **argv) {
    (void)argv;
    nothing();
    return uses_clone(argc);
}
