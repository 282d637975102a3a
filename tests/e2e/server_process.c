#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "e2e/server_process.h"
#include "support/process.h"

#include "idl/protocol.h"

#include <objbase.h>
#include <oleauto.h>

#include <cmocka.h>

const wchar_t *fixture_path(const wchar_t *file) {
    static wchar_t path[1024];
    DWORD length = GetModuleFileNameW(NULL, path, 1024);
    assert_in_range(length, 1, 900);
    while (length && path[length - 1] != L'\\')
        --length;
    wcscpy(path + length, file);
    return path;
}

// A process that inherits one handle and nothing else of ours, with stderr if that is the handle's purpose.
static PROCESS_INFORMATION start(const wchar_t *exe, const wchar_t *arguments, HANDLE inherited,
                                 int is_stderr) {
    const process_heritage heritage = {.error = is_stderr ? inherited : NULL, .other = inherited};
    PROCESS_INFORMATION started;
    if (!process_start(exe, arguments, &heritage, &started))
        fail_msg("%ls does not start: %lu", exe, GetLastError());
    CloseHandle(started.hThread);
    return started;
}

server server_start(DWORD idle_ms) {
    return server_start_file(L"fixture_update.exe", idle_ms);
}

server server_start_file(const wchar_t *exe, DWORD idle_ms) {
    server s;
    wchar_t text[64];
    assert_int_equal(CoCreateGuid(&s.clsid), S_OK);
    assert_int_not_equal(StringFromGUID2(&s.clsid, text, 64), 0);
    assert_true(SetEnvironmentVariableW(L"FIXTURE_CLSID", text));
    swprintf(text, 64, L"%lu", idle_ms);
    assert_true(SetEnvironmentVariableW(L"FIXTURE_IDLE_MS", text));

    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE ready = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    assert_non_null(ready);
    swprintf(text, 64, L"-Embedding /" HP_READY_ARGUMENT L"%llu", (unsigned long long)(uintptr_t)ready);
    PROCESS_INFORMATION started = start(fixture_path(exe), text, ready, 0);
    s.process = started.hProcess;
    s.pid = started.dwProcessId;
    HANDLE either[] = {ready, s.process};
    assert_int_equal(WaitForMultipleObjects(2, either, FALSE, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(ready);
    return s;
}

IClassFactory *server_factory(const server *s) {
    IClassFactory *factory = NULL;
    assert_int_equal(
        CoGetClassObject(&s->clsid, CLSCTX_LOCAL_SERVER, NULL, &IID_IClassFactory, (void **)&factory), S_OK);
    return factory;
}

IDispatch *server_object(const server *s) {
    IClassFactory *factory = server_factory(s);
    IDispatch *object = NULL;
    assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_IDispatch, (void **)&object), S_OK);
    IClassFactory_Release(factory);
    return object;
}

void server_expect_end(server *s) {
    DWORD code = 99;
    if (WaitForSingleObject(s->process, PATIENCE_MS) != WAIT_OBJECT_0) {
        TerminateProcess(s->process, 98);
        fail_msg("the server did not end");
    }
    assert_true(GetExitCodeProcess(s->process, &code));
    // The handle stays open: it keeps the process id from being given to the next server. RPC keeps
    // connections by process id, and a release that is sent on a dead one is lost without a word.
    assert_int_equal(code, 0);
}

int server_runs(const server *s) {
    return WaitForSingleObject(s->process, 0) == WAIT_TIMEOUT;
}

DWORD run_captured(const wchar_t *exe, const wchar_t *arguments, char *text, size_t capacity) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE from;
    HANDLE to;
    assert_true(CreatePipe(&from, &to, &inheritable, 0x10000));
    assert_true(SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0));
    PROCESS_INFORMATION started = start(exe, arguments, to, 1);
    CloseHandle(to);
    if (WaitForSingleObject(started.hProcess, PATIENCE_MS) != WAIT_OBJECT_0) {
        TerminateProcess(started.hProcess, 98);
        fail_msg("%ls %ls did not end", exe, arguments);
    }
    DWORD code = 99;
    assert_true(GetExitCodeProcess(started.hProcess, &code));
    CloseHandle(started.hProcess);
    size_t length = 0;
    DWORD got;
    while (length + 1 < capacity &&
           ReadFile(from, text + length, (DWORD)(capacity - 1 - length), &got, NULL) && got)
        length += got;
    text[length] = '\0';
    CloseHandle(from);
    return code;
}

HRESULT invoke(IDispatch *object, DISPID id, WORD flags, VARIANT *arguments, UINT count, VARIANT *result,
               EXCEPINFO *exception, UINT *bad) {
    DISPPARAMS parameters = {.rgvarg = arguments, .cArgs = count};
    return IDispatch_Invoke(object, id, &IID_NULL, LOCALE_NEUTRAL, flags, &parameters, result, exception,
                            bad);
}

void exception_clear(EXCEPINFO *exception) {
    SysFreeString(exception->bstrSource);
    SysFreeString(exception->bstrDescription);
    SysFreeString(exception->bstrHelpFile);
    *exception = (EXCEPINFO){0};
}

VARIANT string_of(const wchar_t *text) {
    VARIANT v;
    VariantInit(&v);
    V_VT(&v) = VT_BSTR;
    V_BSTR(&v) = SysAllocString(text);
    return v;
}

VARIANT frame_of(hp_frame *frame) {
    uint32_t size;
    assert_int_equal(hp_frame_measure(frame, &size), S_OK);
    VARIANT v;
    VariantInit(&v);
    V_VT(&v) = VT_ARRAY | VT_UI1;
    V_ARRAY(&v) = SafeArrayCreateVector(VT_UI1, 0, size);
    assert_non_null(V_ARRAY(&v));
    assert_int_equal(hp_frame_write(frame, V_ARRAY(&v)->pvData, size), S_OK);
    return v;
}

VARIANT words_of(uint16_t count, const uint64_t *words) {
    hp_frame frame = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = count};
    for (uint16_t i = 0; i < count; ++i)
        frame.word[i] = words[i];
    return frame_of(&frame);
}

HRESULT run_function(IDispatch *object, const wchar_t *name, VARIANT frame, VARIANT *result,
                     hp_frame *reply) {
    VARIANT arguments[2] = {frame, string_of(name)};
    VariantInit(result);
    HRESULT hr = invoke(object, HP_DISPID_CALL, DISPATCH_METHOD, arguments, 2, result, NULL, NULL);
    VariantClear(&arguments[0]);
    VariantClear(&arguments[1]);
    if (FAILED(hr))
        return hr;
    assert_int_equal(V_VT(result), VT_ARRAY | VT_UI1);
    SAFEARRAY *array = V_ARRAY(result);
    assert_int_equal(
        hp_frame_read(array->pvData, array->rgsabound[0].cElements, HP_ARCH_HERE, HP_FRAME_REPLY, reply),
        S_OK);
    return S_OK;
}

void expect_alive(IDispatch *object) {
    const uint64_t words[] = {20, 22};
    VARIANT result;
    hp_frame reply = {0};
    assert_int_equal(run_function(object, L"fixture_add", words_of(2, words), &result, &reply), S_OK);
    assert_int_equal(reply.words, 1);
    assert_int_equal(reply.blocks, 0);
    assert_int_equal(reply.word[0], 42);
    VariantClear(&result);
}
