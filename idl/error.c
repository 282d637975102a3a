#include "hotpatch/error.h"

#include "idl/text.h"

#include <stdio.h>

/** X(name, code, what happened, what to do): codes of others that our callers are likely to see. */
#define FOREIGN_LIST(X)                                                                                      \
    X(S_OK, 0x00000000u, "it worked", "nothing")                                                             \
    X(S_FALSE, 0x00000001u, "there was nothing to do", "nothing")                                            \
    X(E_NOTIMPL, 0x80004001u, "this is not implemented", "check that both sides are of the same release")    \
    X(E_NOINTERFACE, 0x80004002u, "the object does not have this interface",                                 \
      "check that the ProgID belongs to a program linked with hotpatch::server")                             \
    X(E_POINTER, 0x80004003u, "a pointer is NULL that must not be", "pass the address of a variable")        \
    X(E_ABORT, 0x80004004u, "the operation was stopped", "try again")                                        \
    X(E_FAIL, 0x80004005u, "an operation failed without a reason",                                           \
      "look at the log for what happened before")                                                            \
    X(E_UNEXPECTED, 0x8000FFFFu, "something impossible happened", "report it together with the log")         \
    X(DISP_E_UNKNOWNINTERFACE, 0x80020001u, "the call names an unknown interface", "pass IID_NULL")          \
    X(DISP_E_MEMBERNOTFOUND, 0x80020003u, "the object does not have this member",                            \
      "check that the ProgID belongs to a Hotpatch update of the same release")                              \
    X(DISP_E_PARAMNOTFOUND, 0x80020004u, "the call names an unknown argument", "pass arguments by position") \
    X(DISP_E_TYPEMISMATCH, 0x80020005u, "an argument has the wrong type",                                    \
      "pass the types that the type library gives")                                                          \
    X(DISP_E_UNKNOWNNAME, 0x80020006u, "the object does not know this name",                                 \
      "check the spelling of the method")                                                                    \
    X(DISP_E_EXCEPTION, 0x80020009u, "the method failed and says why in its exception information",          \
      "read the description that comes with it")                                                             \
    X(DISP_E_OVERFLOW, 0x8002000Au, "an argument is out of range", "pass a smaller value")                   \
    X(DISP_E_BADPARAMCOUNT, 0x8002000Eu, "the call has the wrong number of arguments",                       \
      "pass the arguments that the type library gives")                                                      \
    X(TYPE_E_CANTLOADLIBRARY, 0x80029C4Au, "the type library cannot be loaded",                              \
      "check that the update was copied completely")                                                         \
    X(REGDB_E_CLASSNOTREG, 0x80040154u, "the class is not registered",                                       \
      "run the update once with /regserver")                                                                 \
    X(CO_E_NOTINITIALIZED, 0x800401F0u, "COM is not initialised on this thread",                             \
      "call CoInitializeEx first")                                                                           \
    X(CO_E_CLASSSTRING, 0x800401F3u, "the ProgID is not registered or not well-formed",                      \
      "run the update once with /regserver, and check the spelling of the ProgID")                           \
    X(CO_E_APPNOTFOUND, 0x800401F5u, "the EXE of the class was not found",                                   \
      "install the update where it was registered, or register it again from its new place")                 \
    X(CO_E_OBJNOTCONNECTED, 0x800401FDu, "the object is not connected to its server", "connect again")       \
    X(CO_E_SERVER_EXEC_FAILURE, 0x80080005u, "the server did not start or did not register in time",         \
      "start the update by hand with -Embedding and see what it says")                                       \
    X(CO_E_SERVER_STOPPING, 0x80080008u, "the server is about to end", "try again")                          \
    X(RPC_E_CALL_REJECTED, 0x80010001u, "the server refused the call because it is busy", "try again")       \
    X(RPC_E_SERVER_DIED, 0x80010007u, "the server died during the call", "start it again")                   \
    X(RPC_E_SERVER_DIED_DNE, 0x80010012u, "the server died before it ran the call", "start it again")        \
    X(RPC_E_SERVERFAULT, 0x80010105u, "the server crashed in the call", "look at the update's own log")      \
    X(RPC_E_CHANGED_MODE, 0x80010106u, "the thread already has another apartment", "use another thread")     \
    X(RPC_E_DISCONNECTED, 0x80010108u, "the object is disconnected from its clients", "connect again")       \
    X(RPC_E_SERVERCALL_RETRYLATER, 0x8001010Au, "the server is busy", "try again")                           \
    X(RPC_E_WRONG_THREAD, 0x8001010Eu, "an interface was used on another thread than its own",               \
      "marshal the interface to the thread that uses it")                                                    \
    X(ERROR_FILE_NOT_FOUND, 0x80070002u, "a file or registry key does not exist",                            \
      "check the name that is given")                                                                        \
    X(ERROR_PATH_NOT_FOUND, 0x80070003u, "a folder does not exist", "check the path that is given")          \
    X(E_ACCESSDENIED, 0x80070005u, "access is denied",                                                       \
      "run as the user who owns it, and look at antivirus software")                                         \
    X(E_HANDLE, 0x80070006u, "a handle is not valid", "pass a handle that is still open")                    \
    X(E_OUTOFMEMORY, 0x8007000Eu, "there is not enough memory", "close other programs, or pass less data")   \
    X(ERROR_GEN_FAILURE, 0x8007001Fu, "a device or a step failed", "try again")                              \
    X(ERROR_SHARING_VIOLATION, 0x80070020u, "another process uses the file",                                 \
      "close the program that has it open")                                                                  \
    X(E_INVALIDARG, 0x80070057u, "an argument is not valid", "read the function's documentation")            \
    X(ERROR_INSUFFICIENT_BUFFER, 0x8007007Au, "a buffer is too small", "pass a larger one")                  \
    X(ERROR_MOD_NOT_FOUND, 0x8007007Eu, "a DLL was not found", "install the DLL beside the program")         \
    X(ERROR_PROC_NOT_FOUND, 0x8007007Fu, "a DLL lacks a function", "install the DLL in the right version")   \
    X(ERROR_BAD_EXE_FORMAT, 0x800700C1u, "the file is not a program for this machine",                       \
      "check its architecture, and that it was copied completely")                                           \
    X(ERROR_PARTIAL_COPY, 0x8007012Bu, "memory could be read or written only in part",                       \
      "check that the process is still running")                                                             \
    X(ERROR_NOACCESS, 0x800703E6u, "memory is not accessible", "check the pointers that are passed")         \
    X(ERROR_ELEVATION_REQUIRED, 0x800702E4u, "the program demands elevation",                                \
      "give it an asInvoker manifest")                                                                       \
    X(ERROR_TIMEOUT, 0x800705B4u, "the time given has passed", "try again, or give more time")               \
    X(RPC_S_SERVER_UNAVAILABLE, 0x800706BAu, "the server is not running", "start it again")                  \
    X(RPC_S_CALL_FAILED, 0x800706BEu, "the server died during the call", "start it again")                   \
    X(RPC_S_CALL_FAILED_DNE, 0x800706BFu, "the server died before it ran the call", "start it again")

#define UNKNOWN_WHAT "the system reports an error"
#define UNKNOWN_TODO "look the number up in the documentation of Windows"

/*
 * Appending is the only change that the list may see. The enumerators count the lines; two equal numbers
 * would also be two equal case labels below.
 */
enum {
#define PLACE(name, number, what, todo) PLACE_OF_##name,
    HP_ERROR_LIST(PLACE)
#undef PLACE
};
#define IN_ORDER(name, number, what, todo)                                                                   \
    _Static_assert(PLACE_OF_##name + 0x0200 == (number), #name " is not numbered in the order of the list");
HP_ERROR_LIST(IN_ORDER)
#undef IN_ORDER

#define OWN_CASE(name, text)                                                                                 \
    case (uint32_t)name:                                                                                     \
        return text;
#define FOREIGN_CASE(code, text)                                                                             \
    case code:                                                                                               \
        return text;

const char *hp_error_what(HRESULT hr) {
    switch ((uint32_t)hr) {
#define OWN(name, number, what, todo) OWN_CASE(name, what)
#define FOREIGN(name, code, what, todo) FOREIGN_CASE(code, what)
        HP_ERROR_LIST(OWN)
        FOREIGN_LIST(FOREIGN)
#undef OWN
#undef FOREIGN
    case (uint32_t)HP_S_PARTIAL:
        return "it worked for some functions and not for all";
    default:
        return SUCCEEDED(hr) ? "it worked" : UNKNOWN_WHAT;
    }
}

const char *hp_error_todo(HRESULT hr) {
    switch ((uint32_t)hr) {
#define OWN(name, number, what, todo) OWN_CASE(name, todo)
#define FOREIGN(name, code, what, todo) FOREIGN_CASE(code, todo)
        HP_ERROR_LIST(OWN)
        FOREIGN_LIST(FOREIGN)
#undef OWN
#undef FOREIGN
    case (uint32_t)HP_S_PARTIAL:
        return "read the report for the functions that were left out";
    default:
        return SUCCEEDED(hr) ? "nothing" : UNKNOWN_TODO;
    }
}

const char *hp_error_symbol(HRESULT hr) {
    switch ((uint32_t)hr) {
#define OWN(name, number, what, todo) OWN_CASE(name, #name)
        HP_ERROR_LIST(OWN)
#undef OWN
    case (uint32_t)HP_S_PARTIAL:
        return "HP_S_PARTIAL";
    default:
        return "HRESULT";
    }
}

static HP_PRINTF(3, 4) size_t format_line(char *text, size_t capacity, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t length = hp_text_format(text, capacity, format, arguments);
    va_end(arguments);
    return length;
}

size_t hp_error_format(HRESULT hr, const char *thing, const char *detail, char *text, size_t capacity) {
    return format_line(text, capacity, "%s%s%s%s%s (%s, 0x%08X): %s", thing ? thing : "", thing ? ": " : "",
                       hp_error_what(hr), detail ? ": " : "", detail ? detail : "", hp_error_symbol(hr),
                       (unsigned)hr, hp_error_todo(hr));
}
