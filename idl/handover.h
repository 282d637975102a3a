/**
 * @file handover.h
 * How an update that an app has started itself hands its class object over: marshalled into a section that
 * both inherit, and announced by an event. COM's table of class objects is not asked: it may not list
 * per-user classes, and may still name a process that was killed. The object comes from the very process that
 * was started, and from no other.
 *
 *     0  u32 bytes that follow; 0 until the object is there
 *     4  OBJREF, as CoMarshalInterface writes it (MS-DCOM 2.2.18)
 */
#ifndef HP_IDL_HANDOVER_H
#define HP_IDL_HANDOVER_H

#include <objidl.h>

#include "hotpatch/error.h"

/** Room for an OBJREF with many network addresses. */
#define HP_HANDOVER_SIZE 65536u

/** App: an empty, inheritable, unnamed section, closed by the caller. S_OK or a wrapped Win32 error. */
HRESULT hp_handover_make(HANDLE *section);

/**
 * Update: put an interface into the section, for one CoUnmarshalInterface in a process of this machine.
 *
 * @param section  as inherited; closed by the caller
 * @param object   what is handed over
 * @param iid      the interface
 * @return S_OK; E_INVALIDARG if the handle is not such a section; HP_E_FRAME_TOO_LARGE; COM's error
 */
HRESULT hp_handover_give(HANDLE section, IUnknown *object, REFIID iid);

/**
 * App: take the interface out of the section. What stands there is the update's claim and checked.
 *
 * @return S_OK; S_FALSE and *object NULL if nothing was put in; HP_E_SERVER_NOT_HOTPATCH
 *         if it is malformed, or marshalled by a class of its own and not by COM; COM's error
 */
HRESULT hp_handover_take(HANDLE section, REFIID iid, void **object);

#endif
