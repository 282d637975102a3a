/**
 * @file class_derive.h
 * Name-based ids, RFC 9562 version 5.
 */
#ifndef HP_REGISTRY_CLASS_DERIVE_H
#define HP_REGISTRY_CLASS_DERIVE_H

#include "hotpatch/base.h"

/**
 * Version 5 UUID of a name: the first 16 bytes of SHA-1(name space in network order, name), with version
 * and variant set (RFC 9562, 5.5).
 *
 * @param space   name space
 * @param name    bytes; length of them
 * @param id      receives the id; zero on failure
 * @return S_OK, or what the platform's cryptography reports as HRESULT. Thread-safe.
 */
HRESULT hp_class_derive_uuid(const GUID *space, const void *name, size_t length, GUID *id);

#endif
