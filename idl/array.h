/**
 * @file array.h
 * A frame as Automation carries it: a SAFEARRAY of VT_UI1.
 */
#ifndef HP_IDL_ARRAY_H
#define HP_IDL_ARRAY_H

#include <oaidl.h>

#include "idl/frame.h"

/**
 * Write a frame into a new array.
 *
 * @param frame  as for hp_frame_write
 * @param array  receives the array, destroyed by the caller; NULL on failure
 * @return S_OK, what hp_frame_measure says, E_OUTOFMEMORY
 */
HRESULT hp_array_make(hp_frame *frame, SAFEARRAY **array);

#endif
