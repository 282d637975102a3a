/**
 * @file error.h
 * Every error of Hotpatch: one list, from which code, text and documentation are made.
 *
 * HRESULT is the only error domain. Own codes are in FACILITY_ITF from 0x0200 on, as the COM documentation
 * asks of interface-specific codes; Win32 errors are wrapped with HRESULT_FROM_WIN32.
 */
#ifndef HOTPATCH_ERROR_H
#define HOTPATCH_ERROR_H

#include "hotpatch/base.h"

/**
 * X(name, number, what happened, what to do about it)
 *
 * Numbers are never reused: they cross process borders and stand in people's logs.
 */
#define HP_ERROR_LIST(X)                                                                                     \
    X(HP_E_PROGID_UNKNOWN, 0x0200, "no class is registered under this ProgID",                               \
      "run the update once with /regserver as the same user, and check the spelling of the ProgID")          \
    X(HP_E_CLASS_DAMAGED, 0x0201, "the registration of the class is incomplete or malformed",                \
      "run the update with /unregserver and then /regserver")                                                \
    X(HP_E_SERVER_MISSING, 0x0202, "the EXE that the class names does not exist",                            \
      "install the update where it was registered, or register it again from its new place")                 \
    X(HP_E_SERVER_NOT_EXECUTABLE, 0x0203,                                                                    \
      "the file that the class names is not a program that Windows can start",                               \
      "check that the update was copied completely")                                                         \
    X(HP_E_SERVER_ARCHITECTURE, 0x0204,                                                                      \
      "the update is built for another processor architecture than the app",                                 \
      "ship an x64 update for an x64 app and an x86 update for an x86 app")                                  \
    X(HP_E_SERVER_EXITED, 0x0205, "the update ended before it registered its class object",                  \
      "start the update by hand with -Embedding and see what it says; its main must call hp_com_main first") \
    X(HP_E_SERVER_SILENT, 0x0206, "the update started but did not register its class object in time",        \
      "call hp_com_main before anything slow, or raise start_timeout_ms")                                    \
    X(HP_E_SERVER_NOT_HOTPATCH, 0x0207, "the server answers, but not as a Hotpatch update",                  \
      "check that the ProgID belongs to a program linked with hotpatch::server")                             \
    X(HP_E_PROTOCOL, 0x0208, "app and update speak different versions of the protocol",                      \
      "build app and update with releases of Hotpatch that share a protocol version")                        \
    X(HP_E_NO_EXPORTS, 0x0209, "the update exports no function",                                             \
      "list at least one replacement with HP_EXPORT")                                                        \
    X(HP_E_NAME_DUPLICATE, 0x020A, "two functions carry the same name", "rename one, or remove its entry")   \
    X(HP_E_NAME_TOO_LONG, 0x020B, "the name of a function is too long", "keep names to 255 characters")      \
    X(HP_E_NAME_INVALID, 0x020C, "the name of a function is not an identifier",                              \
      "use letters, digits and underscores, joined by :: where there are namespaces")                        \
    X(HP_E_NAME_UNKNOWN, 0x020D, "no function of this name is known here",                                   \
      "check the spelling; the app needs HP_PATCHABLE or hotpatch prepare, the update HP_EXPORT or --offer") \
    X(HP_E_SIGNATURE_SYNTAX, 0x020E, "the signature cannot be read",                                         \
      "correct the text at the place that is named")                                                         \
    X(HP_E_SIGNATURE_MISMATCH, 0x020F, "app and update give the function different signatures",              \
      "a replacement must be called exactly like its target; give a changed function a new name")            \
    X(HP_E_SIGNATURE_RETURN_POINTER, 0x0210,                                                                 \
      "a function returns a pointer, which means nothing in another process",                                \
      "return a handle if the pointer is opaque, or fill a buffer of the caller")                            \
    X(HP_E_SIGNATURE_LIMIT, 0x0211, "the signature exceeds a limit",                                         \
      "at most 32 parameters, 64 KiB a structure, 8 levels of nesting, 4096 characters")                     \
    X(HP_E_SIGNATURE_LENGTH, 0x0212, "the length of a buffer is not a constant or an integer parameter",     \
      "name a by-value integer parameter of the same function, or write a number")                           \
    X(HP_E_SIGNATURE_CONVENTION, 0x0213, "the calling convention does not fit the parameters",               \
      "variable arguments need cdecl and promoted types; thiscall needs a pointer-sized first parameter")    \
    X(HP_E_NOT_PATCHABLE, 0x0214, "the function does not begin with a prologue that can be patched",         \
      "mark it with HP_PATCHABLE, or compile with -fpatchable-function-entry=18,16 and "                     \
      "-falign-functions=16")                                                                                \
    X(HP_E_PAD_OCCUPIED, 0x0215, "the bytes before the function are not filler",                             \
      "compile with room before the entry: HP_PATCHABLE, or -fpatchable-function-entry=18,16")               \
    X(HP_E_ENTRY_MISALIGNED, 0x0216, "the first word of the function straddles a cache line",                \
      "compile with -falign-functions=16")                                                                   \
    X(HP_E_FOREIGN_BYTES, 0x0217, "the code bytes are neither the original ones nor ours",                   \
      "somebody else patched this function: remove that patch first")                                        \
    X(HP_E_TARGET_TAKEN, 0x0218, "the function is already redirected to another update",                     \
      "detach the other ProgID first")                                                                       \
    X(HP_E_ADDRESS_SHARED, 0x0219, "two names stand for the same code",                                      \
      "switch identical code folding off, or mark only one of the names with HP_PATCHABLE")                  \
    X(HP_E_NO_ROOM_NEAR, 0x021A, "there is no free memory within 2 GB of the image",                         \
      "load the image elsewhere, or attach earlier, before the address space fills up")                      \
    X(HP_E_DYNAMIC_CODE, 0x021B, "the process may not create executable memory",                             \
      "allow dynamic code for this process (ProcessDynamicCodePolicy)")                                      \
    X(HP_E_FRAME_TRUNCATED, 0x021C, "a call frame ends too early", "update both sides to the same release")  \
    X(HP_E_FRAME_TOO_LARGE, 0x021D, "a call carries more bytes than a frame can hold",                       \
      "pass at most 256 MiB in one call")                                                                    \
    X(HP_E_FRAME_VERSION, 0x021E, "a call frame has another version",                                        \
      "update both sides to the same release")                                                               \
    X(HP_E_FRAME_ARCHITECTURE, 0x021F, "a call frame comes from another processor architecture",             \
      "ship an x64 update for an x64 app and an x86 update for an x86 app")                                  \
    X(HP_E_FRAME_MALFORMED, 0x0220, "a call frame contradicts itself or the signature",                      \
      "update both sides to the same release; if it persists, one side's memory is damaged")                 \
    X(HP_E_UPDATE_GONE, 0x0221, "the update has ended or its object is disconnected",                        \
      "nothing: the app runs its own code until the update is back")                                         \
    X(HP_E_CALL_BUSY, 0x0222, "calls are still inside the update after the time given",                      \
      "detach again later, or give more time; nothing was freed")                                            \
    X(HP_E_NOT_ATTACHED, 0x0223, "nothing is attached under this ProgID",                                    \
      "attach first, or check the spelling")                                                                 \
    X(HP_E_TABLE_MISSING, 0x0224, "the image has no function table",                                         \
      "run hotpatch prepare on it, or mark functions with HP_PATCHABLE (app) and HP_EXPORT (update)")        \
    X(HP_E_TABLE_DAMAGED, 0x0225, "the function table of the image is damaged",                              \
      "rebuild the image; do not strip or pack the .hpfn section")                                           \
    X(HP_E_ELEVATED, 0x0226, "an elevated process does not start an EXE that HKEY_CURRENT_USER names",       \
      "run without elevation, register the update for all users, or pass HP_ATTACH_ALLOW_ELEVATED")          \
    X(HP_E_REGISTRATION_FOREIGN, 0x0227, "a registry key of the class was written by somebody else",         \
      "choose another ProgID or class id, or remove the foreign class first")                                \
    X(HP_E_COMMAND_LINE, 0x0228, "the command line is contradictory",                                        \
      "give one of /regserver, /unregserver, -Embedding")                                                    \
    X(HP_E_STRING_TOO_LONG, 0x0229, "a string argument is longer than a frame can hold",                     \
      "pass at most 256 MiB in one call, and terminate strings")                                             \
    X(HP_E_REPLACEMENT_FAULT, 0x022A, "the replacement failed with an exception and did not return",         \
      "debug the update at the address that is named; the app runs its own code meanwhile")                  \
    X(HP_E_FORWARDER, 0x022B, "the export has no code here: it is forwarded to another module",              \
      "patch the function of the module that is named")                                                      \
    X(HP_E_LINK_THUNK, 0x022C, "the address is a jump to the function and not the function",                 \
      "link without incremental linking, or patch the address that is named")                                \
    X(HP_E_TOO_SHORT, 0x022D, "the function is too short to be patched",                                     \
      "compile it with room at its entry: HP_PATCHABLE, -fpatchable-function-entry=18,16 or /hotpatch")      \
    X(HP_E_INSTRUCTION, 0x022E, "the first instruction of the function cannot run elsewhere",                \
      "compile the function with HP_PATCHABLE or -fpatchable-function-entry=18,16")                          \
    X(HP_E_OVERLAP, 0x022F, "code that is needed lies in the bytes that the patch would replace",            \
      "give a replacement outside of the function's first bytes and of the room before it")                  \
    X(HP_E_IMAGE_DIFFERS, 0x0230, "the image is not the one that the patch was made for",                    \
      "load the patch that belongs to this build of the image")                                              \
    X(HP_E_BYTES_DIFFER, 0x0231, "the function does not begin with the bytes that the patch expects",        \
      "load the patch that belongs to this build, or remove what has changed the function")                  \
    X(HP_E_ENGINE_VERSION, 0x0232, "a module of this process uses another version of the patch engine",      \
      "build all modules of the process with the same release of Hotpatch")                                  \
    X(HP_E_PATCH_STATE, 0x0233, "the transaction is not in the state that this needs",                       \
      "open, add, commit, revert, drain, close: in this order")                                              \
    X(HP_E_PATCH_UNCOUNTED, 0x0234,                                                                          \
      "calls of a replacement are not counted, so nobody knows when they have left it",                      \
      "give the function's signature when it is added, or leave the replacement's module loaded")            \
    X(HP_E_TABLE_VERSION, 0x0235, "the function table was made by another version of Hotpatch",              \
      "prepare the image with the hotpatch command of the release that it was built with")                   \
    X(HP_E_TABLE_STALE, 0x0236, "the function table was made for another build of the image",                \
      "run hotpatch prepare after the last link")                                                            \
    X(HP_E_INLINED, 0x0237, "calls of the function were inlined: redirecting it would miss them",            \
      "mark it with HP_PATCHABLE, or compile with -fno-inline (hotpatch_target does)")                       \
    X(HP_E_CLONE, 0x0238, "the compiler gave the function a calling convention of its own, or may have",     \
      "mark it with HP_PATCHABLE, or compile with hotpatch_target's options")                                \
    X(HP_E_SIGNATURE_UNKNOWN, 0x0239, "the types do not say how to carry a call into another process",       \
      "write the signature beside the function, with HP_EXPORT")                                             \
    X(HP_E_TYPE_MISMATCH, 0x023A, "app and update mean different things by a structure or an enum",          \
      "keep members and values as they are; give a function that takes others a new name")                   \
    X(HP_E_IMAGE_DAMAGED, 0x023B, "the file is not an image for Windows, or a damaged one",                  \
      "give an EXE or DLL for x64 or x86, as the linker made it")                                            \
    X(HP_E_IMAGE_ROOM, 0x023C, "the image's headers have no room for another section",                       \
      "link with a file alignment of 4096, which makes the headers larger, or with fewer sections")          \
    X(HP_E_IMAGE_SIGNED, 0x023D, "the image is signed, and a change would break the signature",              \
      "prepare the image first and sign it then")                                                            \
    X(HP_E_DEBUG_INFO, 0x023E, "the image has no debug information that can be read",                        \
      "compile and link with -gdwarf-4 (gcc), or with a PDB (clang: -gcodeview and lld; MSVC: /Zi /DEBUG)")  \
    X(HP_E_IMAGE_UNVERIFIED, 0x023F, "the image that was written does not pass its test",                    \
      "the original file was left as it was; report this with the image")                                    \
    X(HP_E_ARGUMENT, 0x0240, "an argument does not fit the signature",                                       \
      "compare it with what hotpatch signature prints")                                                      \
    X(HP_E_UNGUARDED, 0x0241, "the optimiser was free to merge, remove or go around calls of the function",  \
      "compile with hotpatch_target's options, or mark the function with HP_PATCHABLE")                      \
    X(HP_E_DEADLINE, 0x0242, "the update did not answer in time",                                            \
      "give it more time (deadline_ms), or find out what it waits for; an answer that comes later is "       \
      "dropped")                                                                                             \
    X(HP_E_BREAKER_OPEN, 0x0243, "calls of the update have failed repeatedly: it is left alone for a while", \
      "nothing: it is tried again by itself; the log says why the calls failed")                             \
    X(HP_E_POLICY, 0x0244, "the failure policy does not fit the function",                                   \
      "give fixed values to functions whose result is a number, a pointer or nothing")                       \
    X(HP_E_IMAGE_UNTRUSTED, 0x0245, "the update is not the program that was registered or is expected",      \
      "find out who put it there; if it is right, register it anew or correct the hash or signer expected")  \
    X(HP_E_CALLER, 0x0246, "the caller is another user",                                                     \
      "call from a process of the user that the update runs as")                                             \
    X(HP_E_TRANSPORT, 0x0247, "the update cannot be reached through shared memory",                          \
      "build the update with the same version of Hotpatch, or leave the transport to it "                    \
      "(HP_TRANSPORT_AUTO)")

/** Severity error, FACILITY_ITF, the number as an HRESULT. */
#define HP_ERROR_CODE(number) ((int)(-0x7FFC0000L + (number)))

/**
 * The codes themselves, 0x80040200 and on: constants of type int, fit for case
 * labels, as HRESULT is a 32-bit long.
 */
enum hp_error {
#define HP_ERROR_ENUMERATOR(name, number, what, todo) name = HP_ERROR_CODE(number),
    HP_ERROR_LIST(HP_ERROR_ENUMERATOR)
#undef HP_ERROR_ENUMERATOR
};

/** Success with less than everything: HP_ATTACH_PARTIAL left functions out, and the report says which. */
#define HP_S_PARTIAL ((HRESULT)0x00040200)

HP_BEGIN_DECLS

/**
 * What happened, as a sentence without a name in it: "the update has ended or its object is disconnected".
 *
 * @param hr  any HRESULT
 * @return a static string, never NULL: own codes have their text, of others a few common ones; the rest gives
 *         "the system reports an error". Thread-safe.
 */
const char *hp_error_what(HRESULT hr);

/**
 * What the reader can do about it, as a sentence.
 *
 * @param hr  any HRESULT
 * @return a static string, never NULL. Thread-safe.
 */
const char *hp_error_todo(HRESULT hr);

/**
 * The symbol: "HP_E_UPDATE_GONE".
 *
 * @param hr  any HRESULT
 * @return a static string, never NULL; "HRESULT" for a code that is not ours. Thread-safe.
 */
const char *hp_error_symbol(HRESULT hr);

/**
 * One line for people: `score_add: the function does not begin with a prologue ... (HP_E_NOT_PATCHABLE,
 * 0x80040214): mark it with HP_PATCHABLE ...`.
 *
 * @param hr        the code
 * @param thing     name of the thing that failed (function, ProgID, file), UTF-8; NULL for none
 * @param detail    what is known beyond the code, UTF-8; NULL for none
 * @param text      receives the line, always terminated; may be NULL if capacity is 0
 * @param capacity  bytes at text
 * @return length of the whole line in bytes without the terminator, as snprintf does. Thread-safe.
 */
size_t hp_error_format(HRESULT hr, const char *thing, const char *detail, char *text, size_t capacity);

HP_END_DECLS

#endif
