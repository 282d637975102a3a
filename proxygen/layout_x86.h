/**
 * @file layout_x86.h
 * The x86 half of layout.h. Not for other rooms.
 */
#ifndef HP_PROXYGEN_LAYOUT_X86_H
#define HP_PROXYGEN_LAYOUT_X86_H

#include "proxygen/layout.h"

/** hp_layout_compute for x86; layout->arch is set, the rest is zero. */
void hp_layout_x86_compute(const hp_signature *signature, hp_compiler compiler, hp_layout *layout);

#endif
