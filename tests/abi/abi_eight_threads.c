// Eight threads in one function at a time: without COM, in single-threaded apartments and in the
// multithreaded one. No thread's call gets another's bytes, apartments stay as they were, and an
// STA is not pumped while it waits.
#include "abi/abi.h"

#include <objbase.h>

#define THREADS 8
#define ROUNDS 25

HP_PATCHABLE(uint64_t, threads_fold,
             (uint32_t thread, double number, const char *text, uint8_t *out, uint32_t size, int64_t last)) {
    uint64_t hash = HP_ABI_FOLD + hp_abi_in_update;
    hash = HP_ABI_FOLD_IN(hash, thread);
    hash = HP_ABI_FOLD_IN(hash, number);
    hash = hp_abi_fold(hash, text, strlen(text));
    hash = HP_ABI_FOLD_IN(hash, last);
    uint64_t series = hash;
    for (uint32_t i = 0; i < size; i++)
        out[i] = (uint8_t)hp_abi_random(&series);
    return hash;
}
HP_EXPORT(threads_fold, "u64(u32 thread, f64 number, in str text, out u8 out[size], u32 size, i64 last)");

static uint64_t expected_fold(uint32_t thread, double number, const char *text, int64_t last) {
    uint64_t hash = HP_ABI_FOLD + hp_abi_expected();
    hash = HP_ABI_FOLD_IN(hash, thread);
    hash = HP_ABI_FOLD_IN(hash, number);
    hash = hp_abi_fold(hash, text, strlen(text));
    return HP_ABI_FOLD_IN(hash, last);
}

// One call with arguments made from a number; 1 if everything that came back is right.
static int call_is_right(uint32_t thread, uint32_t round) {
    uint64_t state = (uint64_t)thread << 32 | round;
    double number = (double)(int64_t)hp_abi_random(&state);
    int64_t last = (int64_t)hp_abi_random(&state);
    uint32_t size = (uint32_t)(hp_abi_random(&state) % 3000);
    char text[100] = {0};
    memset(text, 'a' + (int)thread, hp_abi_random(&state) % 99);
    uint8_t *out = hp_abi_guarded(size);
    uint64_t hash = expected_fold(thread, number, text, last);
    int good = threads_fold(thread, number, text, out, size, last) == hash;
    for (uint32_t i = 0; i < size; i++)
        good &= out[i] == (uint8_t)hp_abi_random(&hash);
    good &= hp_abi_guards_hold(out);
    hp_abi_guarded_free(out);
    return good;
}

typedef struct worker {
    HANDLE start;
    uint32_t number;
    int apartment; /**< COINIT_..., or -1 */
    int wrong;
} worker;

static DWORD WINAPI work(void *context) {
    worker *me = context;
    if (me->apartment >= 0 && FAILED(CoInitializeEx(NULL, (DWORD)me->apartment)))
        me->wrong += 1000;
    WaitForSingleObject(me->start, INFINITE);
    for (uint32_t round = 0; round < ROUNDS; round++)
        me->wrong += !call_is_right(me->number, round);
    if (me->apartment >= 0)
        CoUninitialize();
    return 0;
}

static void no_thread_gets_another_ones_bytes(void) {
    static const int apartments[THREADS] = {
        -1, COINIT_MULTITHREADED, COINIT_APARTMENTTHREADED, -1,
        -1, COINIT_MULTITHREADED, COINIT_APARTMENTTHREADED, COINIT_MULTITHREADED};
    HANDLE start = CreateEventW(NULL, TRUE, FALSE, NULL), threads[THREADS];
    worker workers[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){start, i, apartments[i], 0};
        threads[i] = CreateThread(NULL, 0, work, &workers[i], 0, NULL);
        assert_non_null(threads[i]);
    }
    SetEvent(start);
    assert_int_equal(WaitForMultipleObjects(THREADS, threads, TRUE, 30000), WAIT_OBJECT_0);
    for (uint32_t i = 0; i < THREADS; i++) {
        CloseHandle(threads[i]);
        if (workers[i].wrong)
            fail_msg("thread %u (apartment %d): %d wrong", (unsigned)i, workers[i].apartment,
                     workers[i].wrong);
    }
    CloseHandle(start);
}

// Run a check on a fresh thread; its result is 0 if all is well, otherwise the line of what is not.
static void on_a_thread(LPTHREAD_START_ROUTINE check) {
    DWORD line = 0;
    HANDLE thread = CreateThread(NULL, 0, check, NULL, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, 30000), WAIT_OBJECT_0);
    GetExitCodeThread(thread, &line);
    CloseHandle(thread);
    if (line)
        fail_msg("line %lu", line);
}

#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            return __LINE__;                                                                                 \
    } while (0)

static DWORD WINAPI stay_without_com(void *context) {
    (void)context;
    EXPECT(call_is_right(1, 1));
    // A thread that a call had put into the multithreaded apartment would get RPC_E_CHANGED_MODE.
    EXPECT(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED) == S_OK);
    EXPECT(call_is_right(1, 2));
    EXPECT(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED) == S_FALSE);
    CoUninitialize();
    CoUninitialize();
    EXPECT(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK);
    EXPECT(call_is_right(1, 3));
    CoUninitialize();
    EXPECT(call_is_right(1, 4));
    return 0;
}

static void a_call_leaves_the_threads_apartment_alone(void) {
    on_a_thread(stay_without_com);
}

static __thread unsigned messages_seen;

static LRESULT CALLBACK count_messages(HWND window, UINT message, WPARAM w, LPARAM l) {
    messages_seen += message == WM_USER;
    return DefWindowProcW(window, message, w, l);
}

static DWORD WINAPI wait_without_pumping(void *context) {
    (void)context;
    WNDCLASSW class = {
        .lpfnWndProc = count_messages, .lpszClassName = L"HpAbi", .hInstance = GetModuleHandleW(NULL)};
    EXPECT(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED) == S_OK);
    EXPECT(RegisterClassW(&class));
    HWND window = CreateWindowW(L"HpAbi", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    EXPECT(window);
    EXPECT(PostMessageW(window, WM_USER, 0, 0));
    for (uint32_t round = 0; round < 10; round++)
        EXPECT(call_is_right(2, round));
    EXPECT(messages_seen == 0);
    MSG message;
    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
        DispatchMessageW(&message);
    EXPECT(messages_seen == 1);
    DestroyWindow(window);
    UnregisterClassW(L"HpAbi", GetModuleHandleW(NULL));
    CoUninitialize();
    return 0;
}

static void messages_wait_until_the_call_is_over(void) {
    on_a_thread(wait_without_pumping);
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(no_thread_gets_another_ones_bytes),
        HP_ABI_CHECK(a_call_leaves_the_threads_apartment_alone),
        HP_ABI_CHECK(messages_wait_until_the_call_is_over),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
