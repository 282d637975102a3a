// What the C++ fixture is made of: one of each thing that C has not. ACME_VERSION 2 is the update; the others are updates
// whose types differ.
#ifndef ACME_HPP
#define ACME_HPP

#ifndef ACME_VERSION
#define ACME_VERSION 1
#endif

#ifdef ACME_OTHER_OVERLOAD
typedef long long whole;
#else
typedef int whole;
#endif

namespace acme {

#ifdef ACME_OTHER_ENUM
enum class color : unsigned char { red = 1, pink = 2, blue = 200 };
#else
enum class color : unsigned char { red = 1, green = 2, blue = 200 };
#endif
enum level { low = -1, high = 7 };

struct player {
#ifdef ACME_OTHER_ORDER
    int health;
    int score;
#else
    int score;
    int health;
#endif
    int gain(int points);
    int best(int other) const;
    int best(int other);
    static int limit(int score);
};

struct money {
    int cents;
};

// An enum and a structure with the same names as others: only their namespaces tell them apart.
namespace old {
struct player {
    double score;
};
} // namespace old

whole add(whole a, whole b);
double add(double a, double b);
int worth(const player &who);
int worth(player &who);
int worth(old::player &who);
int worth(player *who);
void heal(player &who, const int &by);
color mix(color one, level how);
bool operator<(const money &a, const money &b);
money operator+(money a, money b);
int letters(const char *text);
int letters(char *text);
bool is_a(const char &letter); // no text: one character
int sum(money (&of)[2]);       // not one, but two
template <class T> T twice(T value) {
    return value + value + (ACME_VERSION - 1) * 1000;
}
extern template int twice(int);
extern template double twice(double);

// Calls what cannot be called from elsewhere.
int inner(int value);

} // namespace acme

extern "C" int acme_version(void);

#endif
