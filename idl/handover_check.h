/**
 * @file handover_check.h
 * Is what an update has put into the section an object that COM itself has marshalled? Pure.
 *
 *     OBJREF (MS-DCOM 2.2.18)             standard (2.2.18.4)            extended (2.2.18.7)
 *     0   u32 "MEOW"                      24  STDOBJREF                  24  STDOBJREF
 *     4   u32 flags: the form             64  bindings (2.2.19)          64  u32 "VYSN"
 *     8   16 bytes: interface                                            68  bindings (2.2.19), and more
 *
 *     bindings: u16 entries, u16 index of the security bindings, entries of two bytes each
 */
#ifndef HP_IDL_HANDOVER_CHECK_H
#define HP_IDL_HANDOVER_CHECK_H

#include "hotpatch/error.h"

/**
 * Check the bytes before COM reads them.
 *
 * In the other forms, custom and handler, an OBJREF names a class by its id, which COM would load into this
 * process and hand the rest to: any DLL that is registered.
 *
 * @param bytes  of the OBJREF, which nobody else can change meanwhile
 * @param size   bytes there; more than the OBJREF takes is allowed
 * @param iid    the interface that it has to be of, as it lies in memory
 * @return S_OK: in the standard or the extended form, and its bindings lie within size;
 *         HP_E_SERVER_NOT_HOTPATCH. Thread-safe.
 */
HRESULT hp_handover_check(const unsigned char *bytes, size_t size, const unsigned char iid[16]);

#endif
