/**
 * @file server_process.h
 * For tests of the update's side: a fixture update as a process, its object, and calls by hand.
 * Failures end the running test.
 */
#ifndef HP_TESTS_E2E_SERVER_PROCESS_H
#define HP_TESTS_E2E_SERVER_PROCESS_H

#include "hotpatch/base.h"
#include "idl/frame.h"

#include <oaidl.h>

/** Longest wait for something that has to happen. */
#define PATIENCE_MS 30000

/** A fixture that serves a class of its own. */
typedef struct server {
    CLSID clsid;
    HANDLE process;
    DWORD pid;
} server;

/** Path of a fixture EXE, which stands beside the test's. Valid until the next call. */
const wchar_t *fixture_path(const wchar_t *file);

/**
 * Start the fixture update the way an app does, and wait until it says that it is
 * ready. idle_ms 0: its default.
 */
server server_start(DWORD idle_ms);

/** The same with another EXE beside the test's, which understands the same environment. */
server server_start_file(const wchar_t *exe, DWORD idle_ms);

/** Class object or object of a server. Released by the caller. */
IClassFactory *server_factory(const server *s);
IDispatch *server_object(const server *s);

/** Wait for the server's end, check that its exit code is 0, close the handle. */
void server_expect_end(server *s);

/** Is it still there? */
int server_runs(const server *s);

/** Run an EXE to its end with its stderr in text (terminated, cut off at capacity); its exit code. */
DWORD run_captured(const wchar_t *exe, const wchar_t *arguments, char *text, size_t capacity);

/** Invoke with arguments in DISPPARAMS order (last parameter first). exception and bad may be NULL. */
HRESULT invoke(IDispatch *object, DISPID id, WORD flags, VARIANT *arguments, UINT count, VARIANT *result,
               EXCEPINFO *exception, UINT *bad);

/** Free what an EXCEPINFO holds. */
void exception_clear(EXCEPINFO *exception);

/** A string argument. */
VARIANT string_of(const wchar_t *text);

/** A frame as an argument. */
VARIANT frame_of(hp_frame *frame);

/** A call frame of words only. */
VARIANT words_of(uint16_t count, const uint64_t *words);

/**
 * Run a function; the reply is read into reply, its bytes are in *result, which the caller clears. Clears
 * frame.
 */
HRESULT run_function(IDispatch *object, const wchar_t *name, VARIANT frame, VARIANT *result, hp_frame *reply);

/** fixture_add(20, 22) is 42: the server is alive and well. */
void expect_alive(IDispatch *object);

#endif
