// app.exe PROGID : says what its functions return, attaches to the update, says it again, and once more when it is detached.
#include <hotpatch/client.h>
#include <stdio.h>
#include <stdlib.h>

#include "own/acme.hpp"

static void say(const char *when) {
    acme::player who = {10, 5}, other = {10, 5};
    const acme::player &fixed = who;
    acme::old::player former = {3.5};
    const acme::money little = {5}, much = {7};
    acme::money both[2] = {little, much};
    char text[] = "A";
    const int five = 5;
    __mingw_printf("%s: add %d %.2f\n", when, (int)acme::add(2, 3), acme::add(0.5, 0.25));
    __mingw_printf("%s: worth %d %d %d %d\n", when, acme::worth(fixed), acme::worth(other),
                   acme::worth(former), acme::worth(&who));
    __mingw_printf("%s: worth left health %d\n", when, other.health);
    __mingw_printf("%s: best %d", when, fixed.best(3));
    __mingw_printf(" %d\n", other.best(3));
    acme::heal(who, five);
    __mingw_printf("%s: gain %d, healed %d", when, who.gain(4), who.health);
    __mingw_printf(", limit %d\n", acme::player::limit(80));
    __mingw_printf("%s: mix %d %d\n", when, (int)acme::mix(acme::color::green, acme::low),
                   (int)acme::mix(acme::color::green, acme::high));
    __mingw_printf("%s: less %d, plus %d, sum %d\n", when, little < much, (little + much).cents,
                   acme::sum(both));
    __mingw_printf("%s: letters %d %d, is_a %d\n", when, acme::letters("A"), acme::letters(text),
                   acme::is_a(text[0]));
    __mingw_printf("%s: twice %d %.1f\n", when, acme::twice(4), acme::twice(0.5));
    __mingw_printf("%s: inner %d, version %d\n", when, acme::inner(1), acme_version());
    fflush(stdout);
}

static const char *word(HRESULT hr) {
    return hr == S_OK ? "S_OK" : hp_error_symbol(hr);
}

static void attach(const wchar_t *progid) {
    hp_attach_options options = {};
    options.size = sizeof options;
    options.flags = HP_ATTACH_ALLOW_ELEVATED;
    hp_report *report = NULL;
    const HRESULT hr = hp_com_attach_ex(progid, &options, &report);
    for (uint32_t i = 0; report != NULL && i < report->count; i++) {
        const hp_report_item *item = &report->items[i];
        __mingw_printf("item %s: %s %s\n", item->name, word(item->result), item->detail);
    }
    __mingw_printf("attach: %s\n", word(hr));
    hp_report_free(report);
}

int main(int argc, char **argv) {
    wchar_t progid[64] = L"";
    if (argc != 2 || mbstowcs(progid, argv[1], 63) == (size_t)-1)
        return 2;
    say("before");
    attach(progid);
    say("attached");
    hp_com_detach(progid, 5000);
    say("after");
    return 0;
}
