/**
 * @file function.h
 * Marking functions: HP_PATCHABLE in the app, HP_EXPORT in the update. One source file may carry both.
 *
 *     HP_PATCHABLE(int, score_add, (int score, int points))
 *     {
 *         return score + points;
 *     }
 *     HP_EXPORT(score_add, "i32(i32 score, i32 points)");
 *
 * Each macro puts one hp_function_entry into the section `.hpfn` of the image. There is no list to keep. An
 * image that "hotpatch prepare" has worked on needs none of them: its functions are known from the debug
 * information.
 */
#ifndef HOTPATCH_FUNCTION_H
#define HOTPATCH_FUNCTION_H

#include "hotpatch/base.h"

/** What an entry of the section says about its function. */
typedef enum hp_entry_kind {
    HP_ENTRY_PATCHABLE = 1, /**< can be redirected */
    HP_ENTRY_EXPORT = 2,    /**< can be called by an app; has a signature */
} hp_entry_kind;

/** One entry of the section `.hpfn`. The linker may put zero padding between entries. */
typedef struct hp_function_entry {
    uint32_t size;     /**< sizeof(hp_function_entry), never 0 */
    uint16_t kind;     /**< hp_entry_kind */
    uint16_t compiler; /**< hp_compiler that built the function */
    const char *name;  /**< the function's name, ASCII */
    const char
        *signature; /**< signature text of an export, NULL for that of the prepared table, and if patchable */
    void (*address)(void); /**< the entry point */
} hp_function_entry;

/** @def HP_PATCHABLE_ATTRIBUTES
 * What makes a function patchable. Less than noipa lets gcc bypass or re-shape the function: clones, merged
 * pure calls, registers kept over the call because the callee was seen not to touch them. clang has no
 * noipa; optnone is its nearest complete form. 16 bytes before the entry, 2 at it, the entry aligned so
 * that its first word is one store.
 */
#if defined(__clang__)
#define HP_PATCHABLE_ATTRIBUTES                                                                              \
    __attribute__((noinline, optnone, used, aligned(16), patchable_function_entry(18, 16)))
#elif defined(__GNUC__)
#define HP_PATCHABLE_ATTRIBUTES __attribute__((noipa, used, aligned(16), patchable_function_entry(18, 16)))
#else
#define HP_PATCHABLE_ATTRIBUTES __declspec(noinline)
#endif

/** @def HP_ENTRY_ATTRIBUTES
 * What puts an entry into the section, and keeps it there. */
#if defined(__GNUC__)
#define HP_ENTRY_ATTRIBUTES __attribute__((section(".hpfn"), used, aligned(sizeof(void *))))
#else
#pragma section(".hpfn", read)
#define HP_ENTRY_ATTRIBUTES __declspec(allocate(".hpfn"))
#endif

/** HP_JOIN without expanding its parameters first. */
#define HP_JOIN_(a, b) a##b
/** One token of two, which may be macros. */
#define HP_JOIN(a, b) HP_JOIN_(a, b)
/** One entry of the section: what the macros below are made of. */
#define HP_ENTRY(kind, name, signature, function)                                                            \
    HP_ENTRY_ATTRIBUTES static const hp_function_entry HP_JOIN(                                              \
        hp_entry_, __COUNTER__) = {sizeof(hp_function_entry), (kind), HP_COMPILER_HERE, (name), (signature), \
                                   (void (*)(void))(function)}

/**
 * Define a function that can be redirected while the program runs.
 *
 * @param result      storage class, result type and calling convention: `int`, `static int`, `int HP_STDCALL`
 * @param name        the function's name; app and update spell it alike
 * @param parameters  the parameter list in parentheses
 *
 * The body follows in braces, as in any definition.
 *
 * clang, with optimisation: a function whose body is nothing but `return 42;` is called and redirected, but
 * callers in the same file (with LTO: in any) take 42 for its result all the same; no attribute stops that.
 * Keep such a constant in a volatile variable, or the function in a file of its own. gcc has noipa.
 */
#define HP_PATCHABLE(result, name, parameters)                                                               \
    HP_PATCHABLE_ATTRIBUTES result name parameters;                                                          \
    HP_ENTRY(HP_ENTRY_PATCHABLE, #name, NULL, name);                                                         \
    result name parameters

/**
 * List a function as a replacement. In the app the same line lets attach compare the two signatures.
 *
 * @param function   the function, declared above
 * @param signature  how it is called, see docs/signatures.md: "stdcall i32(i32 id, in wstr name)"
 */
#define HP_EXPORT(function, signature) HP_ENTRY(HP_ENTRY_EXPORT, #function, signature, function)

/** The same under a name of its own, such as "acme::score::add". Patchable twin: HP_PATCHABLE_AS. */
#define HP_EXPORT_AS(name, function, signature) HP_ENTRY(HP_ENTRY_EXPORT, name, signature, function)

/**
 * List a function as a replacement whose signature is taken from the debug information, by "hotpatch
 * prepare". (The same can be said from outside, by its option --offer.)
 */
#define HP_OFFER(function) HP_ENTRY(HP_ENTRY_EXPORT, #function, NULL, function)

/** Make known under a name of its own a function that already is patchable, say by compiler options. */
#define HP_PATCHABLE_AS(name, function) HP_ENTRY(HP_ENTRY_PATCHABLE, name, NULL, function)

/** @def HP_CDECL
 * Calling convention, for HP_PATCHABLE's first parameter; all of them are one on x64.
 * @def HP_STDCALL
 * See HP_CDECL.
 * @def HP_FASTCALL
 * See HP_CDECL.
 * @def HP_THISCALL
 * See HP_CDECL. */
#if defined(_M_IX86) || defined(__i386__)
#if defined(__GNUC__)
#define HP_CDECL __attribute__((cdecl))
#define HP_STDCALL __attribute__((stdcall))
#define HP_FASTCALL __attribute__((fastcall))
#define HP_THISCALL __attribute__((thiscall))
#else
#define HP_CDECL __cdecl
#define HP_STDCALL __stdcall
#define HP_FASTCALL __fastcall
#define HP_THISCALL __thiscall
#endif
#else
#define HP_CDECL
#define HP_STDCALL
#define HP_FASTCALL
#define HP_THISCALL
#endif

#endif
