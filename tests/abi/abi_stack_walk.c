// Stack walks: from inside dispatch, from a thread that waits for the update, from the original reached
// through a thunk, and in the update from the replacement. Each finds its way out to the caller. Compiled
// with frame pointers, by which x86 walks.
#include "abi/abi.h"
#include "proxygen/tally.h"
#include "proxygen/thunk.h"

#define FRAMES 62
#define CALLER __attribute__((noinline, aligned(16)))

// Is an address inside of a function? Callers below are small; what the linker puts behind
// one does not call anything here.
static int is_inside(uintptr_t address, uintptr_t function) {
    return address > function && address < function + 256;
}

static int walk_finds(uintptr_t function) {
    void *frames[FRAMES];
    USHORT count = RtlCaptureStackBackTrace(0, FRAMES, frames, NULL);
    for (USHORT i = 0; i < count; i++)
        if (is_inside((uintptr_t)frames[i], function))
            return 1;
    return 0;
}

// In the app: does a walk from here find the caller? In the update: does one find
// the code that calls replacements?
HP_PATCHABLE(uint32_t, walk_body, (void *caller)) {
    uintptr_t function = hp_abi_in_update ? (uintptr_t)hp_invoke_call : (uintptr_t)caller;
    return walk_finds(function) + hp_abi_in_update;
}
HP_EXPORT(walk_body, "u32(handle caller)");

static CALLER uint32_t call_body(void) {
    volatile uint32_t found = walk_body((void *)(uintptr_t)call_body);
    return found;
}

static void from_the_body(void) {
    assert_int_equal(call_body(), 1 + hp_abi_expected());
}

// A negative length is refused by dispatch, which says so in the log on the caller's
// thread: the sink walks from there.
HP_PATCHABLE(uint32_t, walk_refused, (const uint8_t *bytes, int32_t count)) {
    return bytes && count == -1 ? 7 : 8;
}
HP_EXPORT(walk_refused, "u32(in u8 bytes[count], i32 count)");

static CALLER uint32_t call_refused(void) {
    static const uint8_t bytes[1];
    volatile uint32_t result = walk_refused(bytes, -1);
    return result;
}

static volatile int sink_calls, sink_found;

static void walk_in_sink(void *context, hp_log_level level, const char *line) {
    (void)context, (void)level, (void)line;
    sink_calls++;
    sink_found += walk_finds((uintptr_t)call_refused);
}

static void from_inside_dispatch(void) {
    sink_calls = sink_found = 0;
    hp_abi_log_set(walk_in_sink);
    uint32_t result = call_refused();
    hp_abi_log_set(NULL);
    assert_int_equal(result, 7);
    if (hp_abi_expected())
        assert_true(sink_calls > 0);
    assert_int_equal(sink_found, sink_calls);
}

// Says that it is inside, then stays there until it is told to go on.
HP_PATCHABLE(uint32_t, walk_wait, (const wchar_t *inside, const wchar_t *go_on)) {
    HANDLE said = OpenEventW(EVENT_MODIFY_STATE, FALSE, inside), told = OpenEventW(SYNCHRONIZE, FALSE, go_on);
    uint32_t good = said && told && SetEvent(said) && WaitForSingleObject(told, 20000) == WAIT_OBJECT_0;
    CloseHandle(said);
    CloseHandle(told);
    return good + hp_abi_in_update;
}
HP_EXPORT(walk_wait, "u32(in wstr inside, in wstr go_on)");

static wchar_t inside_name[40], go_on_name[40];

static CALLER DWORD WINAPI call_wait(void *context) {
    (void)context;
    volatile uint32_t result = walk_wait(inside_name, go_on_name);
    return result;
}

#if HP_X64
static int other_thread_walk_finds(CONTEXT *at, uintptr_t function) {
    for (int depth = 0; depth < 200 && at->Rip; depth++) {
        if (is_inside(at->Rip, function))
            return 1;
        DWORD64 base;
        RUNTIME_FUNCTION *entry = RtlLookupFunctionEntry(at->Rip, &base, NULL);
        if (entry) {
            void *data;
            DWORD64 frame;
            RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, at->Rip, entry, at, &data, &frame, NULL);
        } else { // a leaf
            at->Rip = *(DWORD64 *)at->Rsp;
            at->Rsp += 8;
        }
    }
    return 0;
}
#else
static int other_thread_walk_finds(CONTEXT *at, uintptr_t function) {
    const uintptr_t *frame = (const uintptr_t *)(uintptr_t)at->Ebp;
    for (int depth = 0; depth < 200 && frame; depth++) {
        if (is_inside(frame[1], function))
            return 1;
        const uintptr_t *next = (const uintptr_t *)frame[0];
        if (next <= frame || next > frame + (1 << 16))
            return 0;
        frame = next;
    }
    return 0;
}
#endif

static void from_a_thread_that_waits_for_the_update(void) {
    swprintf(inside_name, ARRAYSIZE(inside_name), L"HpAbiInside%lu", GetCurrentProcessId());
    swprintf(go_on_name, ARRAYSIZE(go_on_name), L"HpAbiGoOn%lu", GetCurrentProcessId());
    HANDLE inside = CreateEventW(NULL, TRUE, FALSE, inside_name);
    HANDLE go_on = CreateEventW(NULL, TRUE, FALSE, go_on_name);
    HANDLE thread = CreateThread(NULL, 0, call_wait, NULL, 0, NULL);
    assert_true(inside && go_on && thread);
    assert_int_equal(WaitForSingleObject(inside, 20000), WAIT_OBJECT_0);
    static CONTEXT context;
    context.ContextFlags = CONTEXT_FULL;
    int found = -1;
    DWORD suspended = SuspendThread(thread);
    if (suspended == 0 && GetThreadContext(thread, &context))
        found = other_thread_walk_finds(&context, (uintptr_t)call_wait);
    ResumeThread(thread);
    SetEvent(go_on);
    DWORD result = 0;
    assert_int_equal(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    GetExitCodeThread(thread, &result);
    CloseHandle(thread);
    CloseHandle(inside);
    CloseHandle(go_on);
    assert_int_equal(result, 1 + hp_abi_expected());
    assert_int_equal(found, 1);
}

// Where a patched function's first word leads to: the jump in the pad, and through the slot
// the layer's thunk. NULL if it is not patched.
static const unsigned char *layer_of(const unsigned char *entry) {
    int32_t distance;
    if (entry[0] != 0xEB)
        return NULL;
    const unsigned char *pad = entry + 2 + (int8_t)entry[1];
    if (HP_X64) { // jmp *slot(%rip)
        assert_true(pad[0] == 0xFF && pad[1] == 0x25);
        memcpy(&distance, pad + 2, 4);
        return *(const unsigned char *const *)(pad + 6 + distance);
    }
    assert_int_equal(pad[0], 0xE9);
    memcpy(&distance, pad + 1, 4);
    const unsigned char *jump = pad + 5 + distance; // jmp *slot
    const unsigned char *const *slot;
    assert_true(jump[0] == 0xFF && jump[1] == 0x25);
    memcpy(&slot, jump + 2, sizeof slot);
    return *slot;
}

// What a layer's thunk names: mov tally, %r11 (x86: %eax); jmp to the routine, which goes on to the
// replacement without a frame of its own.
static const hp_tally *tally_of(const unsigned char *layer) {
    const hp_tally *tally;
    const size_t head = HP_X64 ? 2 : 1;
    assert_true(HP_X64 ? layer[0] == 0x49 && layer[1] == 0xBB : layer[0] == 0xB8);
    memcpy(&tally, layer + head, sizeof tally);
    assert_int_equal(layer[head + sizeof tally], 0xE9);
    return tally;
}

static void the_thunk_is_a_leaf(void) {
    const unsigned char *layer = layer_of((const unsigned char *)(uintptr_t)walk_body);
    if (!layer) {
        assert_int_equal(hp_abi_expected(), 0);
        return;
    }
    const hp_tally *tally = tally_of(layer);
    assert_int_equal(tally->stack_words, HP_TALLY_UNCOUNTED);
    // Exactly the two instructions that move no stack pointer and write one dead
    // register, so no unwind data is needed.
    const unsigned char *thunk = tally->replacement;
    const hp_context *context = hp_thunk_context(thunk);
    assert_non_null(context);
    unsigned char code[HP_THUNK_SIZE];
    hp_thunk_write(code, context);
    assert_memory_equal(thunk, code, sizeof code);
#if HP_X64
    DWORD64 base;
    assert_null(RtlLookupFunctionEntry((DWORD64)(uintptr_t)layer, &base, NULL));
    assert_null(RtlLookupFunctionEntry((DWORD64)(uintptr_t)thunk, &base, NULL));
    // Where it goes on: to a function with a frame, or, once nobody answers, to one more leaf.
    int bypassed = context->enter == (void *)(uintptr_t)hp_spill_bypass;
    const RUNTIME_FUNCTION *entry = RtlLookupFunctionEntry((DWORD64)(uintptr_t)context->enter, &base, NULL);
    assert_int_equal(entry == NULL, bypassed);
#endif
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(from_the_body),
        HP_ABI_CHECK(from_inside_dispatch),
        HP_ABI_CHECK(from_a_thread_that_waits_for_the_update),
        HP_ABI_CHECK(the_thunk_is_a_leaf),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
