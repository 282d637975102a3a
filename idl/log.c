#include "idl/log.h"

#include "idl/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <wchar.h>

#ifdef _WIN32
static SRWLOCK lock = SRWLOCK_INIT;
#define LOCK_SHARED() AcquireSRWLockShared(&lock)
#define UNLOCK_SHARED() ReleaseSRWLockShared(&lock)
#define LOCK_EXCLUSIVE() AcquireSRWLockExclusive(&lock)
#define UNLOCK_EXCLUSIVE() ReleaseSRWLockExclusive(&lock)
#else
#include <pthread.h>
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
#define LOCK_SHARED() pthread_rwlock_rdlock(&lock)
#define UNLOCK_SHARED() pthread_rwlock_unlock(&lock)
#define LOCK_EXCLUSIVE() pthread_rwlock_wrlock(&lock)
#define UNLOCK_EXCLUSIVE() pthread_rwlock_unlock(&lock)
#endif

/** Longest line in bytes, with the terminator. */
#define LINE_SIZE 1024

/** Where lines go. Read and replaced as a whole, under the lock. */
typedef struct destination {
    hp_log_sink *sink;
    void *context;
    hp_log_level most;
} destination;

static void say_to_debugger(void *context, hp_log_level level, const char *line) {
    (void)context;
    (void)level;
#ifdef _WIN32
    // The A function takes the line for text in the code page of the system, which UTF-8 is not.
    wchar_t wide[LINE_SIZE];
    wchar_t text[LINE_SIZE + 16];
    if (MultiByteToWideChar(CP_UTF8, 0, line, -1, wide, LINE_SIZE) == 0)
        return;
    swprintf(text, sizeof text / sizeof *text, L"hotpatch: %ls\n", wide);
    OutputDebugStringW(text);
#else
    (void)line;
#endif
}

static destination current = {say_to_debugger, NULL, HP_LOG_WARNING};
/** current.most once more, so that a line nobody wants costs one load. */
static atomic_int wanted = HP_LOG_WARNING;

void hp_log_set(hp_log_sink *sink, void *context, hp_log_level most) {
    LOCK_EXCLUSIVE();
    current = (destination){sink ? sink : say_to_debugger, sink ? context : NULL, most};
    atomic_store(&wanted, (int)most);
    UNLOCK_EXCLUSIVE();
}

int hp_log_wants(hp_log_level level) {
    return (int)level <= atomic_load_explicit(&wanted, memory_order_relaxed);
}

/** The sink runs without the lock: it may call functions that are patched, and they may come back here. */
static void say(hp_log_level level, char *line) {
    for (char *at = line; *at; at++) {
        if (*at == '\n' || *at == '\r')
            *at = ' ';
    }
    LOCK_SHARED();
    destination to = current;
    UNLOCK_SHARED();
    if (level <= to.most)
        to.sink(to.context, level, line);
}

void hp_log_write(hp_log_level level, const char *format, ...) {
    if (!hp_log_wants(level))
        return;
#ifdef _WIN32
    DWORD last_error = GetLastError();
#endif
    int error_number = errno;
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    hp_text_format(line, sizeof line, format, arguments);
    va_end(arguments);
    say(level, line);
    errno = error_number;
#ifdef _WIN32
    SetLastError(last_error);
#endif
}

HRESULT hp_log_trouble(hp_log_level level, const hp_trouble *trouble) {
    if (hp_log_wants(level)) {
        char line[LINE_SIZE];
        hp_trouble_format(trouble, line, sizeof line);
        hp_log_write(level, "%s", line);
    }
    return trouble->result;
}
