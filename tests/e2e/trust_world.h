/**
 * @file trust_world.h
 * What the tests of trust share. Failures end the running test.
 */
#ifndef HP_TESTS_E2E_TRUST_WORLD_H
#define HP_TESTS_E2E_TRUST_WORLD_H

#include "e2e/session_app.h"

/** SHA-256 of a file beside the test's, by what the test trust-hash compares with the standard. */
void trust_hash(const wchar_t *file, unsigned char sha256[32]);

/** Read a whole file beside the test's, which has this size. */
void trust_read(const wchar_t *file, void *bytes, DWORD size);

/**
 * Attaching to SESSION fails with HP_E_IMAGE_UNTRUSTED and this in the message; nothing is planted.
 */
void trust_expect_refused(const hp_attach_options *options, const char *detail);

/** Attaching works, is served by version 1, and is undone. */
void trust_expect_good(const hp_attach_options *options);

#endif
