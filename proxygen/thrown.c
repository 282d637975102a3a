#include "proxygen/thrown.h"

#include <stdint.h>

#include <windows.h>

#include "proxygen/thunk.h"

// _Unwind_Exception.
typedef struct thrown_header {
    uint64_t exception_class;
    void (*cleanup)(int reason, struct thrown_header *thrown);
} thrown_header;

enum { FOREIGN_EXCEPTION_CAUGHT = 1 };

// std::type_info.
typedef struct type_info {
    const void *functions;
    const char *name;
} type_info;

// From the first member of __cxa_exception, which is the type, to its last, which is the header.
#define TYPE_BEFORE_HEADER (HP_X64 ? 80 : 48)

static HMODULE module_of(const void *address) {
    HMODULE module = NULL;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       address, &module);
    return module;
}

/*
 * "GNUCC++\0" of libstdc++, "CLNGC++\0" of libc++. (With 1 at the end it is what std::exception_ptr throws
 * again, and its type lies elsewhere.) The library is asked nothing: a program in C is not linked with it,
 * and lld takes a weak reference for the end of the search.
 */
static const type_info *type_of(const thrown_header *thrown) {
    if (thrown->exception_class != 0x474E5543432B2B00u && thrown->exception_class != 0x434C4E47432B2B00u)
        return NULL;
    const type_info *type = *(const type_info *const *)((const char *)thrown - TYPE_BEFORE_HEADER);
    return module_of(type) && module_of(type->name) ? type : NULL;
}

/*
 * A C++ library that is a DLL can be asked to catch it. One that is linked into the program is told that
 * somebody else has caught it: then the thread's std::uncaught_exceptions stays one too high.
 */
static void end(thrown_header *thrown) {
    HMODULE library = module_of((const void *)(uintptr_t)thrown->cleanup);
    if (!library)
        return;
    FARPROC begin_catch = GetProcAddress(library, "__cxa_begin_catch");
    FARPROC end_catch = GetProcAddress(library, "__cxa_end_catch");
    if (begin_catch && end_catch) {
        ((void *(*)(void *))(void (*)(void))begin_catch)(thrown);
        ((void (*)(void))end_catch)();
        return;
    }
    thrown->cleanup(FOREIGN_EXCEPTION_CAUGHT, thrown);
}

void hp_thrown_take(void *thrown, char *type, size_t capacity) {
    type[0] = '\0';
    const type_info *known = type_of(thrown);
    if (known) // a '*' before it: it is compared by address
        hp_thrown_name(known->name + (*known->name == '*'), type, capacity);

    // The destructor of what was thrown is the replacement's code too.
    uintptr_t argument = (uintptr_t)thrown;
    hp_registers registers = {.stack = (unsigned char *)&argument, .result = HP_RETURN_INTEGER};
    registers.gp[HP_GP_CX] = argument;
    hp_invoke_call((void (*)(void))end, &registers, HP_X64 ? 0 : sizeof argument, NULL);
}
