/**
 * @file faults_app.h
 * What the tests share in which every step fails once; with session_world.h.
 */
#ifndef HP_TESTS_E2E_FAULTS_APP_H
#define HP_TESTS_E2E_FAULTS_APP_H

#include "e2e/session_world.h"

/** Bytes of a step's name. */
enum { FAULTS_NAME = 80 };

/** What was armed: how many steps were met, and which failed. Disarms. */
unsigned faults_disarm(char name[FAULTS_NAME]);

/** Every function is the app's own. */
void faults_expect_original(void);

/** Every function is version 1's. */
void faults_expect_redirected(void);

/** Detach; nothing of the update is left. */
void faults_detach_cleanly(void);

/** Of cmocka's groups, with session_set_up: disarm, and what session_tear_down does. */
int faults_tear_down(void **state);

#endif
