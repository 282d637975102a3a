/**
 * @file patch_host.h
 * What the patch DLLs of the tests redirect, and how. A replacement appends its version as a decimal digit to
 * what its `original` gives: 7 becomes 72, and with version 3 on top 723. So a result tells which layers a
 * call ran through, and in which order.
 */
#ifndef HP_TESTS_E2E_PATCH_HOST_H
#define HP_TESTS_E2E_PATCH_HOST_H

#include "hotpatch/function.h"

/** The functions, by number. A set of them is a bit mask. */
typedef enum patch_which {
    PATCH_SUM,    /**< patch_host_sum: of the EXE, in its function table */
    PATCH_EXPORT, /**< patch_host_export: of the EXE, in its export table */
    PATCH_MIX,    /**< patch_host_mix: parameters of all kinds, x86: stdcall */
    PATCH_SCALE,  /**< patch_module_scale: of fixture_patch_module.dll */
    PATCH_HOLD,   /**< patch_host_hold: the replacement stays inside as long as it is told to */
    PATCH_FUNCTIONS
} patch_which;

/** Those that threads can call all the time. */
#define PATCH_QUICK (1u << PATCH_SUM | 1u << PATCH_EXPORT | 1u << PATCH_MIX | 1u << PATCH_SCALE)

/** a + b */
int patch_host_sum(int a, int b);
/** a * b */
__declspec(dllexport) int patch_host_export(int a, int b);
/** Sum of all. Seven arguments: registers, and on either architecture a lot of stack. */
int64_t HP_STDCALL patch_host_mix(int64_t a, double b, int32_t c, int16_t d, float e, uint64_t f, uint8_t g);
/** 1, at once. A replacement first sets `inside` and waits for `leave`. */
int patch_host_hold(HANDLE inside, HANDLE leave);
/** a + b, with variable arguments: any number of them behind `count`. */
int patch_host_many(int count, ...);
/** 5, uncounted by whoever patches it. */
int patch_host_plain(void);

/** 2 * a; in fixture_patch_module.dll, as is the rest. */
typedef int patch_module_function(int a);

/** What the export "patch_calls" of a patch DLL gives. */
typedef struct patch_dll {
    HRESULT (*apply)(uint32_t set); /**< redirects a set of functions, in one transaction */
    HRESULT (*revert)(void);
    HRESULT (*drain)(uint32_t timeout_ms);
    void (*close)(void);
    int (*below_sum)(int a, int b); /**< calls what the replacement of patch_host_sum has as its original */
} patch_dll;

#endif
