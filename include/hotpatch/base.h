/**
 * @file base.h
 * What every other header needs: HRESULT, linkage, printf and result checking.
 *
 * The pure parts of the project (parsers, codecs) also build natively, under
 * sanitizers, where there is no windows.h.
 */
#ifndef HOTPATCH_BASE_H
#define HOTPATCH_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#else
typedef int32_t HRESULT;
#define S_OK ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#define E_INVALIDARG ((HRESULT)0x80070057)
#define E_OUTOFMEMORY ((HRESULT)0x8007000E)
#define E_UNEXPECTED ((HRESULT)0x8000FFFF)
#define SUCCEEDED(hr) ((HRESULT)(hr) >= 0)
#define FAILED(hr) ((HRESULT)(hr) < 0)
#endif

/** @def HP_BEGIN_DECLS
 * Declarations from here to HP_END_DECLS have C linkage, in C++ too.
 * @def HP_END_DECLS
 * Ends what HP_BEGIN_DECLS began. */
#ifdef __cplusplus
#define HP_BEGIN_DECLS extern "C" {
#define HP_END_DECLS }
#else
#define HP_BEGIN_DECLS
#define HP_END_DECLS
#endif

/** @def HP_MUST_CHECK
 * The compiler warns where the result of the function is dropped.
 * @def HP_PRINTF(text, first)
 * The compiler checks arguments from number `first` on against the format that is argument `text`. */
#if defined(__GNUC__)
#define HP_MUST_CHECK __attribute__((warn_unused_result))
#if defined(__MINGW32__) && !defined(__clang__)
#define HP_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define HP_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif
#else
#define HP_MUST_CHECK
#define HP_PRINTF(text, first)
#endif

/** Processor architectures, as frames and image identities name them. */
typedef enum hp_arch {
    HP_ARCH_X86 = 1,
    HP_ARCH_X64 = 2,
} hp_arch;

/** @def HP_ARCH_HERE
 * The architecture that this translation unit is compiled for.
 * @def HP_X64
 * The same for the preprocessor: 1 or 0. */
#if defined(_M_X64) || defined(__x86_64__)
#define HP_X64 1
#define HP_ARCH_HERE HP_ARCH_X64
#elif defined(_M_IX86) || defined(__i386__)
#define HP_X64 0
#define HP_ARCH_HERE HP_ARCH_X86
#else
#error "Hotpatch knows x86 and x64 only"
#endif

/** The compiler that built an image: small aggregates travel differently on x86. */
typedef enum hp_compiler {
    HP_COMPILER_GNU = 1,
    HP_COMPILER_CLANG = 2,
    HP_COMPILER_MSVC = 3,
} hp_compiler;

/** @def HP_COMPILER_HERE
 * The compiler that this translation unit is compiled by. */
#if defined(__clang__)
#define HP_COMPILER_HERE HP_COMPILER_CLANG
#elif defined(__GNUC__)
#define HP_COMPILER_HERE HP_COMPILER_GNU
#else
#define HP_COMPILER_HERE HP_COMPILER_MSVC
#endif

#endif
