/**
 * @file attach_world.h
 * The attach tests' world: a registered fake update whose every answer is chosen, and one check for every
 * attach that must fail. Failures end the running test.
 */
#ifndef HP_TESTS_E2E_ATTACH_WORLD_H
#define HP_TESTS_E2E_ATTACH_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include <hotpatch/client.h>

#include "e2e/attach_fake.h"
#include "e2e/attach_functions.h"
#include "idl/protocol.h"
#include "registry/class.h"

#include <oaidl.h>

/** An update that answers as ordered. */
typedef struct fake {
    wchar_t progid[HP_CLASS_PROGID_CHARS];
    hp_class_description description;
    fake_orders *orders;
    wchar_t memory[64]; /**< name of what orders points to */
} fake;

/** The two of them; set up before each test by attach_setup. Most tests need the first only. */
extern fake fakes[2];

/** Before a test: both fakes well-behaved, offering the three good functions, the first one registered. */
int attach_setup(void **state);

/** After a test, also one that failed half-way: nothing attached, registered, patched or running. */
int attach_teardown(void **state);

/** The fake's EXE. */
const wchar_t *fake_exe(void);

/** Register a fake with an EXE; NULL: its own. */
void fake_register(fake *f, const wchar_t *exe);

/** Well-behaved again, names included. */
void fake_behave(fake *f);

/** What a member shall do, by its id. */
void fake_order_member(fake *f, DISPID id, fake_deed deed, LONG code);

/** What GetNames gives; what FAKE_TEXT and FAKE_EXCEPTION say. */
void fake_names(fake *f, const wchar_t *names);
void fake_text(fake *f, const wchar_t *text);

/** Wait until every process of the fake has ended, and forget them. Returns how many there were. */
int fake_await_end(fake *f);

/** Attach with a report, which the caller frees; the fake's process is that of f. */
HRESULT fake_attach(fake *f, uint32_t flags, hp_report **report);

/** What the report shall say of one function. */
typedef struct expected_item {
    const char *name;
    HRESULT result;
    const char *detail; /**< part of it, NULL for any */
} expected_item;

/** How an attach shall fail. */
typedef struct expectation {
    HRESULT result;
    const char *thing;  /**< part of the message: name of the thing; NULL: the ProgID */
    const char *detail; /**< another part; NULL for any */
    uint32_t flags;     /**< besides HP_ATTACH_ALLOW_ELEVATED */
    uint32_t start_timeout_ms;
    uint32_t deadline_ms;
    int starts;     /**< processes that one attach starts */
    unsigned count; /**< of items; 0: the report has none */
    const expected_item *items;
    int elevated; /**< nonzero: without HP_ATTACH_ALLOW_ELEVATED */
} expectation;

/**
 * Attach, and fail the test unless it fails exactly so: return value, report, one line in the log; code
 * bytes, page protections, executable memory and HKEY_CURRENT_USER as before; no process left; and, over
 * three more rounds, no handle either.
 */
void attach_expect_failure(fake *f, const expectation *expected);

/** The same for a ProgID that need not be the fake's; NULL and overlong ones, too. */
void attach_expect_failure_of(const wchar_t *progid, const expectation *expected);

/** A good attach works: redirected, detached, original again. */
void attach_expect_good(fake *f);

/** Handles that this process has open. */
DWORD handles_open(void);

/**
 * What was logged since the last call of it: nonzero if a line of this level or above
 * contains the text. Counts lines.
 */
int log_said(const char *text);
int log_count(hp_log_level level);
void log_forget(void);

#endif
