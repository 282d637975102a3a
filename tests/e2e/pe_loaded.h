/**
 * @file pe_loaded.h
 * The fingerprint of an image in memory, as tools/image/pe.h describes it for files.
 */
#ifndef HP_TESTS_E2E_PE_LOADED_H
#define HP_TESTS_E2E_PE_LOADED_H

#include "hotpatch/base.h"

/** Of a module of this process. */
uint64_t pe_loaded_fingerprint(HMODULE module);

#endif
