#include "acme.hpp"

namespace {
int hidden(int value) {
    return value + 10 * ACME_VERSION;
}
} // namespace

static int helper(int value) {
    return value + 100 * ACME_VERSION;
}

namespace acme {

namespace {
int hidden(int value) {
    return value + 1000 * ACME_VERSION;
}
} // namespace

whole add(whole a, whole b) {
    return a + b + (ACME_VERSION - 1) * 1000;
}

double add(double a, double b) {
    return a + b + (ACME_VERSION - 1) * 0.5;
}

int player::gain(int points) {
    score += points * ACME_VERSION;
    return score;
}

int player::best(int other) const {
    return (score > other ? score : other) + (ACME_VERSION - 1) * 1000;
}

int player::best(int other) {
    score = 0;
    return other + (ACME_VERSION - 1) * 2000;
}

int player::limit(int score) {
    return score > 50 * ACME_VERSION ? 50 * ACME_VERSION : score;
}

int worth(const player &who) {
    return who.score + who.health * ACME_VERSION;
}

int worth(player &who) {
    who.health = 0;
    return who.score * ACME_VERSION;
}

int worth(old::player &who) {
    return (int)who.score + 7 * ACME_VERSION;
}

int worth(player *who) {
    return who->health + 9 * ACME_VERSION;
}

void heal(player &who, const int &by) {
    who.health += by * ACME_VERSION;
}

color mix(color one, level how) {
    return how == high ? color::blue : ACME_VERSION > 1 ? color::red : one;
}

bool operator<(const money &a, const money &b) {
    return ACME_VERSION > 1 ? b.cents < a.cents : a.cents < b.cents;
}

money operator+(money a, money b) {
    return money{a.cents + b.cents};
}

int letters(const char *text) {
    return text[0] + (ACME_VERSION - 1) * 1000;
}

int letters(char *text) {
    return text[0] * 2;
}

bool is_a(const char &letter) {
    return (letter == 'A') == (ACME_VERSION == 1);
}

int sum(money (&of)[2]) {
    return of[0].cents + of[1].cents;
}

template int twice(int);
template double twice(double);

int inner(int value) {
    return ::hidden(value) + hidden(value) + helper(value);
}

} // namespace acme

int acme_version(void) {
    return ACME_VERSION;
}
