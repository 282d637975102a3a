#include "server/exception.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/image.h"

static const char *name_of(uint32_t code) {
    static const struct {
        uint32_t code;
        const char *name;
    } names[] = {
        {0xC0000005, "access violation"},
        {0xC0000006, "page that could not be read in"},
        {0xC0000008, "invalid handle"},
        {0xC0000017, "out of memory"},
        {0xC000001D, "illegal instruction"},
        {0xC0000025, "continuation of what cannot be continued"},
        {0xC0000026, "invalid disposition of an exception"},
        {0xC000008C, "array index out of bounds"},
        {0xC000008D, "floating-point denormal operand"},
        {0xC000008E, "floating-point division by zero"},
        {0xC000008F, "floating-point inexact result"},
        {0xC0000090, "floating-point invalid operation"},
        {0xC0000091, "floating-point overflow"},
        {0xC0000092, "floating-point stack overflow or underflow"},
        {0xC0000093, "floating-point underflow"},
        {0xC0000094, "integer division by zero"},
        {0xC0000095, "integer overflow"},
        {0xC0000096, "privileged instruction"},
        {0xC00000FD, "stack overflow"},
        {0xC00002B4, "floating-point fault"}, // of SSE, where the system does not tell them apart
        {0xC00002B5, "floating-point trap"},
        {0xC06D007E, "delay-loaded DLL not found"},
        {0xC06D007F, "delay-loaded function not found"},
        {0x80000001, "guard page touched"},
        {0x80000002, "misaligned data"},
        {0x20474343, "C++ exception"},
        {0xE06D7363, "C++ exception of Visual C++"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (names[i].code == code)
            return names[i].name;
    return "exception";
}

typedef struct writer {
    char *text;
    size_t length;
} writer;

HP_PRINTF(2, 3) static void put(writer *to, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(to->text + to->length, HP_EXCEPTION_SIZE - to->length, format, arguments);
    va_end(arguments);
    if (length > 0)
        to->length += (size_t)length;
    if (to->length > HP_EXCEPTION_SIZE - 1)
        to->length = HP_EXCEPTION_SIZE - 1;
}

// A null pointer, or a member of a structure at one, is said as it is: it tells nothing of where things are.
static void put_access(writer *to, const hp_invoke_fault *fault) {
    enum { NEVER_MAPPED = 0x10000 };
    char place[HP_IMAGE_PLACE_SIZE];
    const uintptr_t kind = fault->parameter[0];
    put(to, " %s ", kind == 0 ? "reading" : kind == 1 ? "writing" : "executing");
    if (fault->parameter[1] < NEVER_MAPPED)
        put(to, "address 0x%X", (unsigned)fault->parameter[1]);
    else if (hp_image_place((const void *)fault->parameter[1], place, sizeof place))
        put(to, "%s", place);
    else
        put(to, "memory of no module");
}

// Where a function begins that the place lies in, by the unwind data (x86 has none).
static const char *begin_of(const char *place) {
#if HP_X64
    DWORD64 base;
    const RUNTIME_FUNCTION *function = RtlLookupFunctionEntry((DWORD64)(uintptr_t)place, &base, NULL);
    return function ? (const char *)(uintptr_t)(base + function->BeginAddress) : NULL;
#else
    (void)place;
    return NULL;
#endif
}

static void put_prepared(writer *to, const hp_functable *table, const char *place) {
    const size_t rva = (size_t)(place - (const char *)table->base);
    for (uint32_t i = 0; i < table->prepared.count; ++i) {
        hp_table_function function;
        hp_table_get(&table->prepared, i, &function);
        if (!function.rva || rva < function.rva || rva - function.rva >= function.size)
            continue;
        put(to, "%s+0x%zX, ", function.name, rva - function.rva);
        if (function.file)
            put(to, "%s:%u, ", function.file, (unsigned)function.line);
        return;
    }
}

static void put_place(writer *to, const hp_functable *table, const char *name, const char *address,
                      const char *place) {
    char image[HP_IMAGE_PLACE_SIZE];
    if (!hp_image_place(place, image, sizeof image)) {
        put(to, " outside of every module");
        return;
    }
    put(to, " at ");
    if (begin_of(place) == address)
        put(to, "%s+0x%zX, ", name, (size_t)(place - address));
    else if (place >= (const char *)table->base &&
             (size_t)(place - (const char *)table->base) < table->image_size)
        put_prepared(to, table, place);
    put(to, "%s", image);
}

void hp_exception_describe(const hp_functable *table, const char *name, const void *address,
                           const hp_invoke_fault *fault, const char *type, char *text) {
    writer to = {text, 0};
    text[0] = '\0';
    put(&to, "%s", name_of(fault->code));
    if (fault->code == (uint32_t)EXCEPTION_ACCESS_VIOLATION && fault->parameters == 2)
        put_access(&to, fault);
    if (*type)
        put(&to, " of type %s", type);
    put(&to, " (0x%08X)", (unsigned)fault->code);
    if (fault->address || !fault->thrown) // where a throw on x86 came from is not known
        put_place(&to, table, name, address, fault->address);
}
