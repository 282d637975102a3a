/**
 * @file patch.h
 * The patch engine by itself: redirect functions of the running process to functions in the same process,
 * without COM and without an update EXE. This is what a patch DLL uses; an attach to an update stands on it.
 *
 *     static int (*original)(int, int);
 *
 *     hp_patch *patch;
 *     hp_patch_open(&patch);
 *     hp_patch_add(patch, &(hp_patch_function){.size = sizeof(hp_patch_function), .name = "score_add",
 *                                              .replacement = (void *)new_score_add,
 *                                              .signature = "i32(i32 score, i32 points)",
 *                                              .original = (void **)&original});
 *     hr = hp_patch_commit(patch);                // all of it or nothing
 *     ...
 *     hp_patch_revert(patch);                     // new calls run what was there before
 *     if (hp_patch_drain(patch, 5000) == S_OK)    // nobody is inside any more
 *         hp_patch_close(patch);                  // now the DLL may be unloaded
 *
 * No thread is ever suspended. Any number of patches may lie on one function, from any number of modules that
 * have an engine of their own; they can be removed in any order. A call runs the topmost replacement, and
 * what that one has in `original` runs the one below, at the bottom the function itself.
 *
 * Every function here is thread-safe, but one hp_patch must not be used by two threads at once. None may be
 * called from DllMain, nor from a replacement of a function that these functions call themselves (memory,
 * protection, loader). "All or nothing" is about failure: while a commit is under way, a thread may meet one
 * function that is redirected already and another that is not yet. NULL for hp_patch gives E_POINTER.
 */
#ifndef HOTPATCH_PATCH_H
#define HOTPATCH_PATCH_H

#include "hotpatch/base.h"
#include "hotpatch/error.h"

HP_BEGIN_DECLS

/** A transaction: functions that are redirected together, and reverted together. */
typedef struct hp_patch hp_patch;

/** One function of a transaction. Zero-initialise; everything is copied by hp_patch_add. */
typedef struct hp_patch_function {
    uint32_t size;         /**< sizeof(hp_patch_function) */
    HMODULE module;        /**< whose function; NULL: the EXE. Ignored with an address */
    const char *name;      /**< as HP_PATCHABLE or the export table has it; NULL with an address */
    void *address;         /**< the function itself, where it has no name or shares it */
    void *replacement;     /**< what calls run instead */
    const char *signature; /**< signature text (docs/signatures.md); NULL: calls are not counted, see below */
    void **original;       /**< receives what runs the code below; may be NULL. Set before the first call */
    const char *identity;  /**< image that is expected, "x64-<time stamp>-<size>-<checksum>", eight hex
                            digits each, as the detail of a refusal has it; NULL: any */
    const void *expected;  /**< bytes that must stand at the entry; NULL: any prologue that is known */
    uint32_t expected_size; /**< of them */
} hp_patch_function;

/*
 * Counting. With a signature, calls go through a few instructions that count who is inside the replacement,
 * and need to know how many bytes of arguments are on the stack. Without one (or with variable arguments, or
 * more than 2 KiB of them) the replacement is entered directly; then nobody knows when the last call has left
 * it, hp_patch_drain says HP_E_PATCH_UNCOUNTED, and its module must stay loaded.
 */

/**
 * Begin.
 *
 * @param patch  receives the transaction, ended with hp_patch_close
 * @return S_OK, E_OUTOFMEMORY
 */
HRESULT hp_patch_open(hp_patch **patch);

/**
 * Add a function. Nothing is changed yet. The module is looked into at once, and judged again by the commit.
 *
 * @param patch     not committed
 * @param function  read during the call only; its size must be set
 * @return S_OK, or why this function cannot be redirected; the transaction is as before then: E_INVALIDARG,
 *         E_OUTOFMEMORY, HP_E_PATCH_STATE (it is committed), HP_E_NAME_UNKNOWN, HP_E_NAME_DUPLICATE (added
 *         twice), HP_E_FORWARDER, HP_E_ADDRESS_SHARED, HP_E_LINK_THUNK, HP_E_TOO_SHORT, HP_E_NOT_PATCHABLE,
 *         HP_E_PAD_OCCUPIED, HP_E_ENTRY_MISALIGNED, HP_E_FOREIGN_BYTES, HP_E_INSTRUCTION, HP_E_OVERLAP,
 *         HP_E_IMAGE_DIFFERS, HP_E_BYTES_DIFFER, HP_E_SIGNATURE_...
 */
HRESULT hp_patch_add(hp_patch *patch, const hp_patch_function *function);

/** What a failure is about. Zero-terminated UTF-8. */
typedef struct hp_patch_trouble {
    uint32_t size;    /**< sizeof(hp_patch_trouble), set by the caller */
    HRESULT result;   /**< as returned */
    char name[256];   /**< of the function, or its address; empty if it is about none */
    char detail[512]; /**< what is known beyond the code */
} hp_patch_trouble;

/**
 * The trouble of the call before, on this transaction.
 *
 * @param patch    the transaction
 * @param trouble  receives it; its size must be set
 * @return its code, S_OK if it succeeded
 */
HRESULT hp_patch_explain(const hp_patch *patch, hp_patch_trouble *trouble);

/**
 * Redirect all functions, or none. Everything that can fail happens before the first byte is written. What is
 * already redirected to the same replacement counts as done, and is not this transaction's to revert. The
 * modules of targets and replacements stay loaded until hp_patch_close.
 *
 * @param patch  not committed
 * @return S_OK; S_FALSE if all of it was there already; as hp_patch_add; HP_E_NO_ROOM_NEAR,
 *         HP_E_DYNAMIC_CODE, HP_E_ENGINE_VERSION, or what VirtualProtect says. On failure no byte has
 *         changed, and hp_patch_commit may be called again.
 */
HRESULT hp_patch_commit(hp_patch *patch);

/**
 * Take the redirections back. New calls run what lies below; calls that are inside go on.
 *
 * @param patch  committed
 * @return S_OK; HP_E_FOREIGN_BYTES if somebody else has changed the code of a function: it is left alone,
 *         what is there leads to the code below, and hp_patch_explain names it and who seems to be there;
 *         what VirtualProtect says, with nothing reverted. HP_E_PATCH_STATE if it is not committed.
 */
HRESULT hp_patch_revert(hp_patch *patch);

/**
 * Wait until no call is inside a replacement of a reverted transaction.
 *
 * @param patch       reverted
 * @param timeout_ms  milliseconds; INFINITE: without limit
 * @return S_OK; HP_E_CALL_BUSY, try again later; HP_E_PATCH_UNCOUNTED if calls of some function are not
 *         counted; HP_E_PATCH_STATE if it is not reverted. A thread that leaves a replacement without
 *         returning (x86: by an exception or longjmp; x64: by ending) is counted as inside for ever.
 */
HRESULT hp_patch_drain(hp_patch *patch, uint32_t timeout_ms);

/**
 * Free the transaction. One that is still committed stays in force for the life of the process, and so do its
 * modules; so do they if it was reverted but not drained.
 *
 * @param patch  the transaction; NULL is fine
 */
void hp_patch_close(hp_patch *patch);

/** What is known of one patched function. */
typedef struct hp_patch_info {
    uint32_t size;       /**< sizeof(hp_patch_info), set by the caller */
    void *address;       /**< entry */
    uint32_t layers;     /**< patches that lie on it; 0: it was patched once, and is not now */
    uint32_t generation; /**< counts changes to it, modulo 65536 */
    uint32_t inside;     /**< calls inside counted replacements, of all layers */
    int32_t counted;     /**< nonzero if all layers are counted */
    int32_t foreign;     /**< nonzero if somebody else has changed its code */
    void *replacement;   /**< topmost, NULL without a layer */
    wchar_t owner[260];  /**< file of the module of the topmost replacement, or of who has changed the code */
} hp_patch_info;

/**
 * Ask about one function.
 *
 * @param address  its entry
 * @param info     receives what is known; its size must be set
 * @return S_OK; S_FALSE if no engine in this process ever patched it (then foreign and owner are filled in
 *         all the same); E_INVALIDARG
 */
HRESULT hp_patch_query(const void *address, hp_patch_info *info);

/** Called for each function that was ever patched, without a lock; nonzero ends it. */
typedef int (*hp_patch_visitor)(const hp_patch_info *info, void *context);

/**
 * Ask about all of them, in the order of their addresses.
 *
 * @param visitor  called for each
 * @param context  handed to it
 * @return S_OK or an error
 */
HRESULT hp_patch_list(hp_patch_visitor visitor, void *context);

HP_END_DECLS

#endif
