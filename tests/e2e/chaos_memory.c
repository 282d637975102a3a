#include "e2e/chaos_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>
#include <windows.h>

#include "e2e/chaos_imports.h"

enum { MOST = 1 << 16, BUCKETS = 1 << 14 };

typedef struct piece {
    const void *memory;
    const void *maker; /* where it was asked for */
    size_t size;
    uint32_t next; /* 0: none */
    int is_old;
} piece;

static piece pieces[MOST]; /* 0 is none */
static uint32_t buckets[BUCKETS], unused, used;
static SRWLOCK lock = SRWLOCK_INIT;
static volatile LONG count, lost;

static uint32_t *bucket_of(const void *memory) {
    return &buckets[((uintptr_t)memory >> 4) * 0x9E3779B1u % BUCKETS];
}

static void *made(void *memory, size_t size, const void *maker) {
    if (memory == NULL)
        return NULL;
    AcquireSRWLockExclusive(&lock);
    const uint32_t at = unused != 0 ? unused : used + 1 < MOST ? ++used : 0;
    if (at == 0) {
        lost++;
    } else {
        uint32_t *bucket = bucket_of(memory);
        unused = at == unused ? pieces[at].next : unused;
        pieces[at] = (piece){memory, maker, size, *bucket, 0};
        *bucket = at;
        count++;
    }
    ReleaseSRWLockExclusive(&lock);
    return memory;
}

/* First: afterwards the address may be another piece's. */
static void gone(const void *memory) {
    AcquireSRWLockExclusive(&lock);
    for (uint32_t *at = bucket_of(memory); *at != 0; at = &pieces[*at].next)
        if (pieces[*at].memory == memory) {
            const uint32_t found = *at;
            *at = pieces[found].next;
            pieces[found] = (piece){.next = unused};
            unused = found;
            count--;
            break;
        }
    ReleaseSRWLockExclusive(&lock);
}

/* What was imported. */
static struct {
    __typeof__(&malloc) malloc;
    __typeof__(&calloc) calloc;
    __typeof__(&realloc) realloc;
    __typeof__(&free) free;
    __typeof__(&_strdup) strdup;
    __typeof__(&_wcsdup) wcsdup;
    __typeof__(&HeapAlloc) heap_alloc;
    __typeof__(&HeapFree) heap_free;
    __typeof__(&VirtualAlloc) virtual_alloc;
    __typeof__(&VirtualFree) virtual_free;
    __typeof__(&MapViewOfFile) map;
    __typeof__(&UnmapViewOfFile) unmap;
    __typeof__(&CreateThreadpool) pool;
    __typeof__(&CloseThreadpool) close_pool;
    __typeof__(&CreateThreadpoolWork) work;
    __typeof__(&CloseThreadpoolWork) close_work;
} real;

#define MAKER __builtin_return_address(0)

static void *do_malloc(size_t size) {
    return made(real.malloc(size), size, MAKER);
}

static void *do_calloc(size_t items, size_t size) {
    return made(real.calloc(items, size), items * size, MAKER);
}

static void *do_realloc(void *memory, size_t size) {
    if (memory != NULL)
        gone(memory);
    void *now = real.realloc(memory, size);
    if (now == NULL && size > 0)
        made(memory, 0, MAKER); /* it is still there */
    return made(now, size, MAKER);
}

static void do_free(void *memory) {
    if (memory != NULL)
        gone(memory);
    real.free(memory);
}

static char *do_strdup(const char *text) {
    return made(real.strdup(text), strlen(text) + 1, MAKER);
}

static wchar_t *do_wcsdup(const wchar_t *text) {
    return made(real.wcsdup(text), (wcslen(text) + 1) * sizeof(wchar_t), MAKER);
}

static void *WINAPI do_heap_alloc(HANDLE heap, DWORD flags, SIZE_T size) {
    return made(real.heap_alloc(heap, flags, size), size, MAKER);
}

static BOOL WINAPI do_heap_free(HANDLE heap, DWORD flags, void *memory) {
    gone(memory);
    return real.heap_free(heap, flags, memory);
}

static void *WINAPI do_virtual_alloc(void *place, SIZE_T size, DWORD how, DWORD protection) {
    void *memory = real.virtual_alloc(place, size, how, protection);
    return how & MEM_RESERVE ? made(memory, size, MAKER) : memory;
}

static BOOL WINAPI do_virtual_free(void *memory, SIZE_T size, DWORD how) {
    if (how & MEM_RELEASE)
        gone(memory);
    return real.virtual_free(memory, size, how);
}

static void *WINAPI do_map(HANDLE file, DWORD access, DWORD high, DWORD low, SIZE_T size) {
    return made(real.map(file, access, high, low, size), size, MAKER);
}

static BOOL WINAPI do_unmap(const void *memory) {
    gone(memory);
    return real.unmap(memory);
}

static TP_POOL *WINAPI do_pool(void *reserved) {
    return made(real.pool(reserved), 0, MAKER);
}

static void WINAPI do_close_pool(TP_POOL *pool) {
    gone(pool);
    real.close_pool(pool);
}

static TP_WORK *WINAPI do_work(PTP_WORK_CALLBACK callback, void *context, TP_CALLBACK_ENVIRON *environment) {
    return made(real.work(callback, context, environment), 0, MAKER);
}

static void WINAPI do_close_work(TP_WORK *work) {
    gone(work);
    real.close_work(work);
}

void chaos_memory_open(void) {
#define IMPORT(name, field)                                                                                  \
    { name, (void *)(uintptr_t)do_##field, &real.field }
    static const chaos_import imports[] = {IMPORT("malloc", malloc),
                                           IMPORT("calloc", calloc),
                                           IMPORT("realloc", realloc),
                                           IMPORT("free", free),
                                           IMPORT("_strdup", strdup),
                                           IMPORT("_wcsdup", wcsdup),
                                           IMPORT("HeapAlloc", heap_alloc),
                                           IMPORT("HeapFree", heap_free),
                                           IMPORT("VirtualAlloc", virtual_alloc),
                                           IMPORT("VirtualFree", virtual_free),
                                           IMPORT("MapViewOfFile", map),
                                           IMPORT("UnmapViewOfFile", unmap),
                                           IMPORT("CreateThreadpool", pool),
                                           IMPORT("CloseThreadpool", close_pool),
                                           IMPORT("CreateThreadpoolWork", work),
                                           IMPORT("CloseThreadpoolWork", close_work)};
#undef IMPORT
    chaos_imports_redirect(imports, sizeof imports / sizeof *imports);
}

int chaos_memory_count(void) {
    assert_int_equal(lost, 0);
    return count;
}

void chaos_memory_mark(void) {
    AcquireSRWLockExclusive(&lock);
    for (uint32_t i = 1; i <= used; i++)
        pieces[i].is_old = 1;
    ReleaseSRWLockExclusive(&lock);
}

void chaos_memory_print(void) {
    static piece now[MOST]; /* printing may allocate */
    AcquireSRWLockExclusive(&lock);
    memcpy(now, pieces, sizeof now);
    ReleaseSRWLockExclusive(&lock);
    for (uint32_t i = 1; i <= used; i++) {
        const void *maker = now[i].maker;
        unsigned pieces_of = 0;
        size_t bytes = 0;
        for (uint32_t j = i; j <= used; j++) {
            if (now[j].memory == NULL || now[j].is_old || now[j].maker != maker)
                continue;
            pieces_of++;
            bytes += now[j].size;
            now[j].memory = NULL;
        }
        if (pieces_of > 0)
            print_message("# made at this EXE's +0x%lx: %u pieces, %lu bytes\n",
                          (unsigned long)((const char *)maker - (const char *)GetModuleHandleW(NULL)),
                          pieces_of, (unsigned long)bytes);
    }
}
