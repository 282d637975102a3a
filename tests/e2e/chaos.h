/**
 * @file chaos.h
 * What the app and the updates of the chaos test share: the functions, what each answers, memory in which
 * both note every execution, and orders to the update.
 *
 * Each call carries a ticket that no other call has. Whatever an answer consists of is made from the ticket
 * and from who ran it, so that a mixed one, a half one or one of another call is told from a right one.
 */
#ifndef HP_TESTS_E2E_CHAOS_H
#define HP_TESTS_E2E_CHAOS_H

#include <stdint.h>
#include <string.h>
#include <windows.h>

#define CHAOS L"Hotpatch.Chaos"
#define CHAOS_MEMORY L"Local\\hotpatch-chaos"

/** Who runs a function. */
enum chaos_who { CHAOS_APP = 0, CHAOS_V1 = 1, CHAOS_V2 = 2, CHAOS_WHO };

enum chaos_function {
    CHAOS_INT = 0, /* the only one without a deadline */
    CHAOS_REAL,
    CHAOS_MAKE,
    CHAOS_BUFFER,
    CHAOS_TEXT,
    CHAOS_VALUE, /* the only one whose failed calls return a fixed value */
    CHAOS_FUNCTIONS
};

/** What an update does with a call. */
enum chaos_deed {
    CHAOS_ANSWER = 0,
    CHAOS_FAULT,
    CHAOS_EXIT,
    CHAOS_ABORT,
    CHAOS_OVERFLOW,
    CHAOS_HANG,    /* until the deed is another one; functions without a deadline do not */
    CHAOS_GARBAGE, /* see chaos_garbage.c and chaos_channel.c */
    CHAOS_NO_OFFER /* garbage instead of names, signatures and all but calls */
};

enum { CHAOS_GARBLES = 32 };
enum { CHAOS_TICKETS = 1 << 23, CHAOS_TEXT_CHARS = 64, CHAOS_VALUE_BYTES = 40, CHAOS_FIXED = -7654321 };

typedef struct chaos_memory {
    volatile LONG deed, budget;           /**< what to do, and with how many calls more */
    volatile LONG done;                   /**< calls with which it was done */
    volatile LONG64 garbage;              /**< state of the dice for the garbage */
    volatile LONG newborn;                /**< process id of the last update that began to run */
    volatile LONG garbled[CHAOS_GARBLES]; /**< by kind of garbage, from 18 on through channels: how often */
    volatile LONG tickets;                /**< given out so far */
    /** executions, 8 bits for each who */
    volatile LONG ran[CHAOS_TICKETS];
} chaos_memory;

typedef struct chaos_box {
    uint32_t ticket;
    int32_t who;
    uint64_t check;
    double real;
} chaos_box;

/* The functions. */
int32_t chaos_int(uint32_t ticket, int32_t a);
double chaos_real(uint32_t ticket, double a);
chaos_box chaos_make(uint32_t ticket, int32_t a);
uint32_t chaos_buffer(uint32_t ticket, unsigned char *data, uint32_t size);
int32_t chaos_text(uint32_t ticket, const wchar_t *text, char *copy, uint32_t capacity);
int32_t chaos_value(uint32_t ticket, unsigned char *data);

/** What all answers are made of. SplitMix64's finish. */
static inline uint64_t chaos_mix(uint32_t ticket, int who, uint32_t more) {
    uint64_t z = ((uint64_t)ticket << 32 | more) + 0x9E3779B97F4A7C15u * (uint64_t)(who + 1);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline int32_t chaos_int_of(int who, uint32_t ticket, int32_t a) {
    return (int32_t)(uint32_t)chaos_mix(ticket, who, (uint32_t)a);
}

static inline double chaos_real_of(int who, uint32_t ticket, double a) {
    return (double)(chaos_mix(ticket, who, 1) >> 12) + a;
}

static inline chaos_box chaos_make_of(int who, uint32_t ticket, int32_t a) {
    return (chaos_box){ticket, who, chaos_mix(ticket, who, (uint32_t)a), (double)ticket / 4 + who};
}

/** What a byte of a buffer becomes. */
static inline unsigned char chaos_byte_of(int who, uint32_t ticket, uint32_t at, unsigned char before) {
    return (unsigned char)(before + (unsigned char)chaos_mix(ticket, who, at));
}

static inline uint32_t chaos_buffer_of(int who, uint32_t ticket, unsigned char *data, uint32_t size) {
    uint32_t sum = (uint32_t)chaos_mix(ticket, who, size);
    for (uint32_t i = 0; i < size; i++) {
        data[i] = chaos_byte_of(who, ticket, i, data[i]);
        sum = sum * 31 + data[i];
    }
    return sum;
}

/** The text, each letter moved by who and the ticket; at most capacity - 1 letters. */
static inline int32_t chaos_text_of(int who, uint32_t ticket, const wchar_t *text, char *copy,
                                    uint32_t capacity) {
    uint32_t i = 0;
    for (; text[i] != L'\0' && i + 1 < capacity; i++)
        copy[i] = (char)('a' + ((uint32_t)text[i] + chaos_mix(ticket, who, i)) % 26);
    copy[i] = '\0';
    return (int32_t)(uint32_t)chaos_mix(ticket, who, i);
}

static inline int32_t chaos_value_of(int who, uint32_t ticket, unsigned char *data) {
    for (uint32_t i = 0; i < CHAOS_VALUE_BYTES; i++)
        data[i] = chaos_byte_of(who, ticket, i, data[i]);
    return (int32_t)(uint32_t)chaos_mix(ticket, who, 0xABCDu) & 0x7fffffff;
}

static inline LONG chaos_times(LONG ran, int who) {
    return ran >> (8 * who) & 0xff;
}

/** Note that somebody runs the call of this ticket. */
static inline void chaos_note(chaos_memory *memory, int who, uint32_t ticket) {
    if (memory != NULL && ticket < CHAOS_TICKETS)
        InterlockedExchangeAdd(&memory->ran[ticket], 1l << (8 * who));
}

#endif
