// An update whose replacement fails in every way that there is. KINDS_WINDOWS: as a program without a
// console, whose C library would rather ask in a box.
#include <hotpatch/server.h>

#undef NDEBUG
#include <assert.h>
#include <io.h>
#include <limits.h>
#include <process.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"

#define NOINLINE __attribute__((noinline))

static volatile int zero;
static volatile unsigned char *volatile nowhere;

static NOINLINE int dig(const volatile unsigned char *above, size_t size) {
    volatile unsigned char *room = __builtin_alloca(size);
    room[0] = above[0];
    room[size - 1] = 1;
    return zero ? 0 : dig(room, size) + room[size - 1];
}

static int compare(const void *a, const void *b) {
    (void)b;
    *nowhere = *(const unsigned char *)a; // NOLINT(clang-analyzer-core.NullDereference): what is tested
    return 0;
}

// The fault may come with an instruction behind the one that is at fault: fwait waits for it.
static void divide_float(void) {
    static const unsigned short control = 0x027B; // division by zero is a fault
    __asm__ volatile("fninit\n fldcw %0\n fld1\n fldz\n fdivrp %%st, %%st(1)\n fwait" : : "m"(control));
}

static void spoil_float(void) {
    static const unsigned short control = 0x027B;
    static const unsigned mxcsr = 0x1F80 & ~0x200u;
    __asm__ volatile("fldcw %0\n ldmxcsr %1\n fld1\n fld1\n std" : : "m"(control), "m"(mxcsr));
}

static unsigned __stdcall crash(void *unused) {
    (void)unused;
    *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference)
    return 0;
}

static int crash_elsewhere(void) {
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, crash, NULL, 0, NULL);
    return (int)WaitForSingleObject(thread, INFINITE);
}

static jmp_buf stale;

static NOINLINE int remember(volatile int *count) {
    return setjmp(stale) ? ++*count : 0;
}

static NOINLINE void spoil_return(void) {
    void **frame = __builtin_frame_address(0);
    for (int i = 0; i < 8; i++)
        ((void *volatile *)frame)[i] = (void *)0x10;
}

static int live_on(unsigned char *data, unsigned size, int how) {
    volatile unsigned char here = 0;
    switch (how) {
    case KIND_WRITE_NULL:
        *nowhere = 1;
        break; // NOLINT(clang-analyzer-core.NullDereference)
    case KIND_READ_MEMBER:
        return nowhere[24]; // NOLINT(clang-analyzer-core.NullDereference)
    case KIND_CALL_NULL:
        ((void (*)(void))(uintptr_t)nowhere)();
        break;
    case KIND_WRITE_CODE:
        *(volatile unsigned char *)(uintptr_t)compare = 0xCC;
        break;
    case KIND_IN_LIBRARY:
        return (int)strtol((const char *)(uintptr_t)nowhere + 16, NULL, 10);
    case KIND_DIVIDE:
        return how / zero; // NOLINT(clang-analyzer-core.DivideZero)
    case KIND_QUOTIENT:
        return (INT_MIN + zero) / (zero - 1);
    case KIND_NO_INSTRUCTION:
        __asm__ volatile("ud2");
        break;
    case KIND_PRIVILEGED:
        __asm__ volatile("hlt");
        break;
    case KIND_FLOAT:
        divide_float();
        break;
    case KIND_RECURSION:
        return dig(&here, 64);
    case KIND_LARGE_FRAMES:
        return dig(&here, 300000);
    case KIND_CALLBACK:
        qsort(data, size, 1, compare);
        break;
    case KIND_VISUAL_CXX:
        RaiseException(0xE06D7363, EXCEPTION_NONCONTINUABLE, 0, NULL);
        break;
    case KIND_SOFTWARE:
        RaiseException(0xE0000005, 0, 0, NULL);
        return -3;
    case KIND_SPOIL_FLOAT:
        spoil_float();
        break;
    case KIND_DEBUG_TEXT:
        OutputDebugStringW(L"not a fault");
        break;
    case KIND_INVALID_PARAMETER:
        return _read(9999, data, size) == -1 ? 0 : 5;
#ifdef KINDS_CXX
    case KIND_CXX:
    case KIND_CXX_INT:
    case KIND_CXX_IN_CATCH:
    case KIND_CXX_CAUGHT:
        return kinds_throw(how);
#endif
    default:
        break;
    }
    return 0;
}

static int end_somehow(int how) {
    volatile int count = 0;
    switch (how) {
    case KIND_ABORT:
        abort();
    case KIND_RAISE_ABORT:
        raise(SIGABRT);
        break;
    case KIND_EXIT:
        exit(3);
    case KIND_EXIT_AT_ONCE:
        _exit(4);
    case KIND_EXIT_PROCESS:
        ExitProcess(5);
    case KIND_TERMINATE_PROCESS:
        TerminateProcess(GetCurrentProcess(), 6);
        break;
    case KIND_ASSERT:
        assert(how == KIND_NONE);
        break;
    case KIND_FAIL_FAST:
        RaiseFailFastException(NULL, NULL, 0);
        break;
    case KIND_FAIL_FAST_INTERRUPT:
        __asm__ volatile("int $0x29" : : "c"(7));
        break;
    case KIND_HEAP_CORRUPTION:
        RaiseException(0xC0000374, EXCEPTION_NONCONTINUABLE, 0, NULL);
        break;
    case KIND_EXIT_THREAD:
        ExitThread(7);
    case KIND_TERMINATE_THREAD:
        TerminateThread(GetCurrentThread(), 8);
        break;
    case KIND_OTHER_THREAD:
        return crash_elsewhere();
#ifdef __x86_64__
    case KIND_NO_STACK:
        __asm__ volatile("xorl %esp, %esp\n pushq %rax");
        break;
    case KIND_JUMP_PAST_GUARD:
        __asm__ volatile("subq $0x180000, %rsp\n pushq %rax\n ud2");
        break;
#else
    case KIND_NO_STACK:
        __asm__ volatile("xorl %esp, %esp\n pushl %eax");
        break;
    case KIND_JUMP_PAST_GUARD:
        __asm__ volatile("subl $0x180000, %esp\n pushl %eax\n ud2");
        break;
#endif
    case KIND_RETURN_ADDRESS:
        spoil_return();
        break;
    case KIND_LONGJMP:
        remember(&count);
        if (count < 3)
            longjmp(stale, 1); // into a frame that has returned
        break;
#ifdef KINDS_CXX
    case KIND_TERMINATE:
        return kinds_throw(how);
#else
    case KIND_TERMINATE:
        abort();
#endif
    default:
        break;
    }
    return 0;
}

// Writes into the block first: the app must not see a half-made result.
static int kinds_run(unsigned char *data, unsigned size, int how) {
    memset(data, 0xEE, size);
    int result = how < KIND_ABORT ? live_on(data, size, how) : end_somehow(how);
    return 1000 + result;
}
HP_EXPORT(kinds_run, "i32(inout u8 data[size], u32 size, i32 how)");

static unsigned kinds_process(void) {
    return GetCurrentProcessId();
}
HP_EXPORT(kinds_process, "u32()");

#ifdef KINDS_WINDOWS
int WINAPI WinMain(HINSTANCE instance, HINSTANCE before, LPSTR command, int show) {
    (void)instance;
    (void)before;
    (void)command;
    (void)show;
#else
int main(void) {
#endif
    const hp_server_class update = {
        .size = sizeof update, .progid = L"Hotpatch.Kinds", .version = 1, .idle_ms = 60000};
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
