/**
 * @file policy_app.h
 * The app of the tests of failure policies: its functions answer below 1,000, the update's above. `order`
 * says what the update does with the call, see policy_update.c.
 */
#ifndef HP_TESTS_E2E_POLICY_APP_H
#define HP_TESTS_E2E_POLICY_APP_H

#include <stdint.h>

#define POLICY L"Hotpatch.Policy"

/** What a replacement is to do. */
enum policy_order {
    POLICY_ANSWER = 0,
    POLICY_FAULT,       /* an access violation */
    POLICY_WAIT,        /* until the event POLICY_LEAVE is set */
    POLICY_FAULT_TWICE, /* then answer */
    POLICY_EXIT,        /* the process */
    POLICY_DIVIDE,      /* policy_ratio: answer 1 / 3 */
};

/* Named events that app and update share. */
#define POLICY_ENTERED L"Local\\hotpatch-policy-entered"
#define POLICY_LEAVE L"Local\\hotpatch-policy-leave"

/** Bytes of an answer at which policy_stalls.exe stops until POLICY_LEAVE is set; it sets POLICY_ENTERED. */
#define POLICY_STALLS_AT (1u << 20)

typedef struct policy_pair {
    int32_t a, b, c, d;
} policy_pair;

int policy_add(int order, int a);                                /* order + a; 1000 + a */
int policy_other(int a);                                         /* a; 1000 + a */
int64_t policy_large(int order);                                 /* 5; 1000 */
double policy_ratio(int order);                                  /* 0.5; 1000.5, or 1 / 3 */
float policy_small(int order);                                   /* 0.25; 1000.25 */
void policy_fill(int order, unsigned char *data, unsigned size); /* 'a'; 'u' throughout */
policy_pair policy_make(int order);                              /* 1, 2, 3, 4; 1001... */
int policy_calls(void); /* -1; calls of policy_add that the update has begun */

#endif
