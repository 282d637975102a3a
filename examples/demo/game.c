/*
 * A small console game, one source for two releases:
 *
 *     game.exe     GAME_VERSION 1: what the player runs
 *     updated.exe  GAME_VERSION 2: what the vendor ships later; a complete game too, and
 *                  the COM server for its functions
 *
 * A line on stdin plays a round; "verify" says whether the game runs its own code;
 * "quit" or the end of stdin ends it.
 */
#include <hotpatch/hotpatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGID L"Hotpatch.Demo.Game"
#define LINE_CHARS 80

/* Owned by the running game. The update gets it by pointer, changes it, and can die without taking it
 * along. */
struct player {
    int32_t score;
    int32_t streak; /* rounds in a row */
};

/* ---- What the two releases do differently. HP_PATCHABLE is for the app, HP_EXPORT for the update. ---- */

HP_PATCHABLE(float, combo, (int32_t streak)) {
    return 1.0f + (GAME_VERSION == 1 ? 0.1f : 0.5f) * (float)streak;
}
HP_EXPORT(combo, "f32(i32 streak)");

HP_PATCHABLE(int32_t, score_add, (int32_t points, float multiplier, struct player *who)) {
    int32_t gained = (int32_t)lrintf((float)points * multiplier);
    who->score += gained;
    who->streak++;
    return gained;
}
HP_EXPORT(score_add, "i32(i32 points, f32 multiplier, inout struct { i32 score; i32 streak } *who)");

HP_PATCHABLE(void, score_line, (const struct player *who, int32_t gained, char *line, uint32_t capacity)) {
    const char *format = GAME_VERSION == 1 ? "score %d (+%d)" : "*** SCORE %d *** +%d, you are on fire!";
    snprintf(line, capacity, format, (int)who->score, (int)gained);
}
HP_EXPORT(score_line,
          "void(in struct { i32 score; i32 streak } *who, i32 gained, out str line[capacity], u32 capacity)");

/* ---- The rest is the same in both. ---- */

static unsigned long game_pid;

/* One whole line at once, from whichever thread, flushed: whoever reads our output can wait for it. */
static void say(const char *format, ...) HP_PRINTF(1, 2);
static void say(const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    memcpy(line + strlen(line), "\n", sizeof "\n");
    fputs(line, stdout);
    fflush(stdout);
}

static void play_round(struct player *who) {
    static int round;
    char line[LINE_CHARS];
    int32_t gained = score_add(100, combo(who->streak), who);
    score_line(who, gained, line, sizeof line);
    say("round %d, process %lu: %s", ++round, game_pid, line);
}

/* The patchable functions as the loader put them into memory: 16 bytes before the entry, 16 from there on. */
enum { FUNCTIONS = 3, BEFORE = 16, CODE = 32 };
static unsigned char original[FUNCTIONS][CODE];

static const unsigned char *code_of(int function) {
    /* volatile: to the compiler a function is not memory that begins 16 bytes earlier. */
    static void (*const volatile entry[FUNCTIONS])(void) = {(void (*)(void))combo, (void (*)(void))score_add,
                                                            (void (*)(void))score_line};
    return (const unsigned char *)(uintptr_t)entry[function] - BEFORE;
}

static void verify(void) {
    int changed = 0;
    for (int i = 0; i < FUNCTIONS; i++)
        changed += memcmp(code_of(i), original[i], CODE) != 0;
    if (changed == 0)
        say("verify: original code");
    else
        say("verify: %d of %d functions redirected", changed, FUNCTIONS);
}

#if GAME_VERSION == 1
/* On the watch's own thread. */
static void on_event(void *context, const hp_event *event) {
    (void)context;
    switch (event->kind) {
    case HP_EVENT_ATTACHED:
        say("[hotpatch] attached: %u functions now run in the update, process %u",
            (unsigned)event->report->redirected, (unsigned)event->report->server_pid);
        break;
    case HP_EVENT_LOST:
        say("[hotpatch] lost: the update is gone, the game runs its own code");
        break;
    case HP_EVENT_DETACHED:
        say("[hotpatch] detached: the original code is back");
        break;
    case HP_EVENT_FAILED:
        say("[hotpatch] failed: %s", event->message);
        break;
    case HP_EVENT_OPENED:
    case HP_EVENT_CLOSED:
    case HP_EVENT_HUNG:
        say("[hotpatch] %s", event->message);
        break;
    }
}
#endif

static void play(void) {
    struct player who = {0, 0};
    char command[64];
    while (fgets(command, sizeof command, stdin) != NULL && strncmp(command, "quit", 4) != 0) {
        if (strncmp(command, "verify", 6) == 0)
            verify();
        else
            play_round(&who);
    }
}

int main(void) {
#if GAME_VERSION > 1
    static const hp_server_class update = {
        .size = sizeof update, .version = GAME_VERSION, .progid = PROGID, .name = L"Hotpatch demo game"};
    int code = hp_com_main(&update);
    if (code != HP_NOT_A_SERVER)
        return code;
#endif
    game_pid = GetCurrentProcessId();
    for (int i = 0; i < FUNCTIONS; i++)
        memcpy(original[i], code_of(i), CODE);

#if GAME_VERSION == 1
    hp_watch *watch = NULL;
    hp_watch_options options = {
        .size = sizeof options, .attach.size = sizeof options.attach, .sink = on_event};
    options.retry_ms = 2000; /* not at once: people shall see the game go on alone */
    /* Wine runs everybody as administrator. Leave this out of what you ship: see client.h. */
    options.attach.flags = HP_ATTACH_ALLOW_ELEVATED;
    HRESULT hr = hp_com_watch(PROGID, &options, &watch);
    if (FAILED(hr)) {
        say("no updates: %s", hp_error_what(hr));
        return EXIT_FAILURE;
    }
    say("ready: game version %d, process %lu", GAME_VERSION, game_pid);
    play();
    hp_com_unwatch(watch);
    hr = hp_com_unregister(PROGID);
    verify();
    say("bye: %s", hr == S_OK      ? "the update is no longer registered"
                   : hr == S_FALSE ? "no update was registered"
                                   : hp_error_what(hr));
    return SUCCEEDED(hr) ? EXIT_SUCCESS : EXIT_FAILURE;
#else
    say("ready: game version %d, process %lu", GAME_VERSION, game_pid);
    play();
    return EXIT_SUCCESS;
#endif
}
