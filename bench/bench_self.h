/**
 * @file bench_self.h
 * A benchmark is app and update in one EXE.
 */
#ifndef HP_BENCH_BENCH_SELF_H
#define HP_BENCH_BENCH_SELF_H

#include <windows.h>

/** Register this EXE as an update, as the vendor's installer would: by running it. S_OK, or why not. */
HRESULT hp_bench_self_register(void);

#endif
