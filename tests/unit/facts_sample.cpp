// What the facts tests read of C++. No header: only clang++ is here, not its library.
#define KEPT __attribute__((noinline, used))

extern "C" {
volatile int facts_sink;
}

namespace acme {
namespace score {
KEPT int add(int a, int b) {
    return a + b;
}
KEPT double add(double a, double b) {
    return a + b;
}
inline __attribute__((always_inline)) int away(const int &p) { // FACTS_LINE_AWAY
    return p * 3;
}
} // namespace score

struct player {
    int score;
    KEPT int get(int k) const {
        return score + k;
    }
    KEPT void set(const int &v);
    KEPT static int make(const char *name);
    __attribute__((always_inline)) int soon(const char *p) const { // FACTS_LINE_SOON
        return score ^ p[0];
    }
};

void player::set(const int &v) {
    score = v;
}

int player::make(const char *name) {
    return name[0];
}

KEPT int use(const player &p, player &q, player &&r, const char *s) {
    return p.get(1) + q.soon(s) + r.soon(s) + score::away(p.score);
}
} // namespace acme

namespace {
KEPT int hidden(const char *p) {
    return p[0];
}
} // namespace

template <class T> KEPT T twice(const T *x) {
    return *x + *x;
}

KEPT int many(const char *format, ...) {
    return format[0];
}

int main(int argc, char **argv) {
    acme::player p = {argc}, q = {2};
    p.set(argc);
    const double real = 2.5;
    facts_sink = acme::score::add(argc, 2) + (int)acme::score::add(real, real);
    facts_sink = acme::player::make(argv[0]) + acme::use(p, q, static_cast<acme::player &&>(q), argv[0]);
    return hidden(argv[0]) + twice(&argc) + (int)twice(&real) + many("", argc);
}
