/*
 * What is called. Each function is there twice: one that the update offers, and a twin with the same code
 * that is never patched.
 */
#include "bench/bench_transport.h"

typedef struct wide {
    uint64_t part[8];
} wide;

enum { SMALL_BYTES = 4096 };

static volatile int32_t sink, nothing_to_return = 1;
static volatile LONG is_app;
static unsigned char small_buffer[SMALL_BYTES], large_buffer[HP_BENCH_LARGE_BYTES];

#define BENCH_TWINS(name, parameters, ...)                                                                   \
    HP_PATCHABLE(int32_t, name, parameters)                                                                  \
    __VA_ARGS__                                                                                              \
    HP_PATCHABLE(int32_t, name##_twin, parameters)                                                           \
    __VA_ARGS__

#define SIXTEEN                                                                                              \
    int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h, int32_t i,       \
        int32_t j, int32_t k, int32_t l, int32_t m, int32_t n, int32_t o, int32_t p

BENCH_TWINS(bench_none, (void), { return nothing_to_return; })
BENCH_TWINS(bench_four, (int32_t a, int32_t b, int32_t c, int32_t d), { return a + b + c + d; })
BENCH_TWINS(bench_sixteen, (SIXTEEN),
            { return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p; })
BENCH_TWINS(bench_struct, (wide value), { return (int32_t)(value.part[0] + value.part[7]); })

static int32_t change_ends(unsigned char *bytes, uint32_t size) {
    bytes[0]++;
    bytes[size - 1]++;
    return bytes[0] + bytes[size - 1];
}
BENCH_TWINS(bench_buffer, (unsigned char *bytes, uint32_t size), { return change_ends(bytes, size); })

HP_EXPORT(bench_none, "i32()");
HP_EXPORT(bench_four, "i32(i32 a, i32 b, i32 c, i32 d)");
HP_EXPORT(bench_sixteen, "i32(i32 a, i32 b, i32 c, i32 d, i32 e, i32 f, i32 g, i32 h, i32 i, i32 j, i32 k, "
                         "i32 l, i32 m, i32 n, i32 o, i32 p)");
HP_EXPORT(bench_struct, "i32(struct{u64 part[8]} value)");
HP_EXPORT(bench_buffer, "i32(inout u8 bytes[size], u32 size)");

/* The update asks for itself: Wine knows the times of the asking process only, whatever the handle. */
static uint64_t processor_time(void) {
    FILETIME made, ended, kernel, user;
    if (!GetProcessTimes(GetCurrentProcess(), &made, &ended, &kernel, &user))
        return UINT64_MAX;
    return (((uint64_t)kernel.dwHighDateTime << 32) | kernel.dwLowDateTime) +
           (((uint64_t)user.dwHighDateTime << 32) | user.dwLowDateTime);
}

/* Times are counted in ticks of some milliseconds. The first look waits for the beginning of one, so that
 * next to nothing cannot look like a whole one. */
HP_PATCHABLE(uint64_t, bench_time, (uint32_t first)) {
    enum { PATIENCE = 1000000 };
    if (is_app)
        return UINT64_MAX;
    const uint64_t before = processor_time();
    uint64_t now = before;
    for (int i = 0; first && now == before && i < PATIENCE; i++)
        now = processor_time();
    return now;
}
HP_EXPORT(bench_time, "u64(u32 first)");

static void call_none(void *twin, unsigned count) {
    int32_t (*const function)(void) = twin != NULL ? bench_none_twin : bench_none;
    for (unsigned i = 0; i < count; i++)
        sink = function();
}

static void call_four(void *twin, unsigned count) {
    int32_t (*const function)(int32_t, int32_t, int32_t, int32_t) =
        twin != NULL ? bench_four_twin : bench_four;
    for (unsigned i = 0; i < count; i++)
        sink = function((int32_t)i, 2, 3, 4);
}

static void call_sixteen(void *twin, unsigned count) {
    int32_t (*const function)(SIXTEEN) = twin != NULL ? bench_sixteen_twin : bench_sixteen;
    for (unsigned i = 0; i < count; i++)
        sink = function((int32_t)i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
}

static void call_struct(void *twin, unsigned count) {
    int32_t (*const function)(wide) = twin != NULL ? bench_struct_twin : bench_struct;
    for (unsigned i = 0; i < count; i++)
        sink = function((wide){{i, 2, 3, 4, 5, 6, 7, 8}});
}

static void call_small(void *twin, unsigned count) {
    int32_t (*const function)(unsigned char *, uint32_t) = twin != NULL ? bench_buffer_twin : bench_buffer;
    for (unsigned i = 0; i < count; i++)
        sink = function(small_buffer, SMALL_BYTES);
}

static void call_large(void *twin, unsigned count) {
    int32_t (*const function)(unsigned char *, uint32_t) = twin != NULL ? bench_buffer_twin : bench_buffer;
    for (unsigned i = 0; i < count; i++)
        sink = function(large_buffer, HP_BENCH_LARGE_BYTES);
}

const hp_bench_payload hp_bench_transport_payloads[HP_BENCH_PAYLOADS] = {
    {"no argument", call_none, 101, 20000, 2000, 4, 500, 0},
    {"4 scalars", call_four, 101, 20000, 2000, 4, 500, 0},
    {"16 scalars", call_sixteen, 101, 20000, 2000, 4, 500, 0},
    {"64-byte struct", call_struct, 101, 20000, 2000, 4, 500, 0},
    {"4 KiB in and out", call_small, 61, 20000, 500, 4, 200, SMALL_BYTES},
    {"1 MiB in and out", call_large, 25, 20000, 2, 1, 4, HP_BENCH_LARGE_BYTES},
};

void hp_bench_transport_payload_app(void) {
    is_app = 1;
}

uint64_t hp_bench_transport_payload_time(int first) {
    return bench_time(first != 0);
}
