/*
 * What a call costs, all in one run: direct; through the thunk and dispatch alone, the transport
 * replaced by nothing; patched, over COM; and IDispatch::Invoke written by hand with the same payload.
 * App and update are this one EXE.
 */
#include <hotpatch/hotpatch.h>

#include <stdio.h>
#include <string.h>

#include "bench/bench_clock.h"
#include "bench/bench_self.h"
#include "client/com.h"
#include "idl/protocol.h"

enum { BUFFER = 4096, NEAR_CALLS = 200000, FAR_CALLS = 60 };

HP_PATCHABLE(int32_t, bench_add, (int32_t a, int32_t b)) {
    return a + b;
}
HP_EXPORT(bench_add, "i32(i32 a, i32 b)");

HP_PATCHABLE(int32_t, bench_buffer, (unsigned char *bytes, uint32_t size)) {
    return bytes[0] + bytes[size - 1];
}
HP_EXPORT(bench_buffer, "i32(inout u8 bytes[size], u32 size)");

static unsigned char buffer[BUFFER];
static volatile int32_t sink;

static void call_add(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count; i++)
        sink = bench_add((int32_t)i, 1);
}

static void call_buffer(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count; i++)
        sink = bench_buffer(buffer, BUFFER);
}

/* The same frames, made and sent with nothing but COM: what anyone would write who has one function to
 * call. */
typedef struct hand_written {
    IDispatch *update;
    BSTR name;
    unsigned char frame[BUFFER + 256];
    uint32_t size;
    HRESULT result; /* of the first call that failed */
} hand_written;

static void invoke_by_hand(void *context, unsigned count) {
    hand_written *it = context;
    for (unsigned i = 0; i < count; i++) {
        SAFEARRAY *array = SafeArrayCreateVector(VT_UI1, 0, it->size);
        memcpy(array->pvData, it->frame, it->size);
        VARIANT arguments[2], reply;
        V_VT(&arguments[0]) = VT_ARRAY | VT_UI1;
        V_ARRAY(&arguments[0]) = array;
        V_VT(&arguments[1]) = VT_BSTR;
        V_BSTR(&arguments[1]) = it->name;
        DISPPARAMS parameters = {.rgvarg = arguments, .cArgs = 2};
        VariantInit(&reply);
        HRESULT hr = IDispatch_Invoke(it->update, HP_DISPID_CALL, &IID_NULL, LOCALE_INVARIANT,
                                      DISPATCH_METHOD, &parameters, &reply, NULL, NULL);
        if (FAILED(hr) && SUCCEEDED(it->result))
            it->result = hr;
        sink = V_VT(&reply);
        VariantClear(&reply);
        SafeArrayDestroy(array);
    }
}

/* In place of the transport: a reply that is already there. */
static HRESULT answer_at_once(const hp_binding *binding, hp_crossing *crossing) {
    const hp_frame *call = &crossing->call;
    hp_frame *reply = &crossing->reply;
    (void)binding;
    reply->arch = HP_ARCH_HERE;
    reply->kind = HP_FRAME_REPLY;
    reply->words = 1;
    reply->word[0] = call->word[0] + call->word[1];
    reply->blocks = call->blocks;
    for (unsigned i = 0; i < call->blocks; i++)
        reply->block[i] = call->block[i];
    return S_OK;
}

typedef struct bench_case {
    const char *name;
    const wchar_t *function;
    hp_bench_work *work;
    hp_frame frame;
} bench_case;

typedef struct bench_row {
    hp_bench_figure direct, dispatch, patched, by_hand, ratio;
} bench_row;

static HRESULT measure(bench_case *what, hp_session *session, const bench_row *unpatched, bench_row *row) {
    hand_written hand = {.update = session->update, .name = SysAllocString(what->function)};
    HRESULT hr = hp_frame_measure(&what->frame, &hand.size);
    if (SUCCEEDED(hr))
        hr = hand.size <= sizeof hand.frame ? hp_frame_write(&what->frame, hand.frame, hand.size)
                                            : E_UNEXPECTED;
    if (SUCCEEDED(hr)) {
        row->direct = unpatched->direct;
        hp_bench_clock_pair(what->work, invoke_by_hand, &hand, FAR_CALLS, &row->patched, &row->by_hand,
                            &row->ratio);
        hr = hand.result;
    }
    hp_transport *transport = session->transport;
    session->transport = answer_at_once;
    row->dispatch = hp_bench_clock_one(what->work, NULL, NEAR_CALLS / 10);
    session->transport = transport;
    SysFreeString(hand.name);
    return hr;
}

static void print_row(const bench_case *what, const bench_row *row, int json, int last) {
    if (json) {
        printf("  {\"arch\": \"%s\", \"payload\": \"%s\", \"direct_ns\": %.2f, \"dispatch_ns\": %.1f, "
               "\"patched_us\": %.1f, \"by_hand_us\": %.1f, \"ratio\": %.3f, \"ratio_quartiles\": [%.3f, "
               "%.3f]}%s\n",
               HP_X64 ? "x64" : "x86", what->name, row->direct.median, row->dispatch.median,
               row->patched.median / 1000, row->by_hand.median / 1000, row->ratio.median, row->ratio.low,
               row->ratio.high, last ? "" : ",");
        return;
    }
    printf("%-4s %-22s %9.2f ns %9.1f ns %9.1f us %9.1f us   %.3f (%.3f - %.3f)\n", HP_X64 ? "x64" : "x86",
           what->name, row->direct.median, row->dispatch.median, row->patched.median / 1000,
           row->by_hand.median / 1000, row->ratio.median, row->ratio.low, row->ratio.high);
}

static HRESULT run(const wchar_t *progid, int json) {
    bench_case cases[] = {
        {"two i32", L"bench_add", call_add, {HP_ARCH_HERE, HP_FRAME_CALL, 2, 0, {1, 1}, {{0}}}},
        {"4 KiB in and out",
         L"bench_buffer",
         call_buffer,
         {HP_ARCH_HERE, HP_FRAME_CALL, 2, 1, {0, BUFFER}, {{0}}}}};
    enum { CASES = sizeof cases / sizeof *cases };
    cases[1].frame.block[0] = (hp_frame_block){.size = BUFFER, .capacity = BUFFER, .data = buffer};
    bench_row rows[CASES] = {0};
    for (int i = 0; i < CASES; i++)
        rows[i].direct = hp_bench_clock_one(cases[i].work, NULL, NEAR_CALLS);
    const hp_attach_options options = {.size = sizeof options, .flags = HP_ATTACH_ALLOW_ELEVATED};
    hp_report *report;
    HRESULT hr = hp_com_attach_ex(progid, &options, &report);
    if (FAILED(hr))
        fprintf(stderr, "bench: %s\n", report != NULL ? report->message : hp_error_what(hr));
    hp_report_free(report);
    hp_session *session = SUCCEEDED(hr) ? hp_com_observe(progid) : NULL;
    for (int i = 0; i < CASES && SUCCEEDED(hr); i++)
        hr = measure(&cases[i], session, &rows[i], &rows[i]);
    if (session != NULL)
        hp_session_unobserve(session);
    if (SUCCEEDED(hr)) {
        puts(json ? "["
                  : "arch payload                     direct  thunk+dispatch  patched, COM  by hand, COM  "
                    "ratio of the "
                    "last two (quartiles)");
        for (int i = 0; i < CASES; i++)
            print_row(&cases[i], &rows[i], json, i == CASES - 1);
        if (json)
            puts("]");
    }
    return hr;
}

int main(int argc, char **argv) {
    static const hp_server_class update = {.size = sizeof update, .progid = L"Hotpatch.Bench", .version = 1};
    int code = hp_com_main(&update);
    if (code != HP_NOT_A_SERVER)
        return code;
    int json = argc > 1 && strcmp(argv[1], "--json") == 0;
    HRESULT hr = hp_bench_self_register();
    if (SUCCEEDED(hr))
        hr = run(update.progid, json);
    HRESULT undone = hp_com_unregister(update.progid);
    if (FAILED(hr) || FAILED(undone))
        fprintf(stderr, "bench: failed (0x%08lX, 0x%08lX)\n", (unsigned long)hr, (unsigned long)undone);
    return FAILED(hr) || FAILED(undone);
}
