/**
 * @file storm_frame.h
 * Generated call frames: such as a function takes, and what becomes of these.
 */
#ifndef HP_TESTS_E2E_STORM_FRAME_H
#define HP_TESTS_E2E_STORM_FRAME_H

#include "e2e/storm_dice.h"
#include "proxygen/signature.h"

/** Most bytes of a generated frame. */
#define STORM_FRAME_MAX 0x10000u

/**
 * A frame that a function with this signature takes: any values, texts and lengths that fit, NULLs.
 *
 * @param bytes  STORM_FRAME_MAX of them, receives the frame
 * @return bytes of the frame
 */
uint32_t storm_frame_make(storm_dice *dice, const hp_signature *signature, unsigned char *bytes);

/** Spoil a frame in one to four places, its length included; the new length. */
uint32_t storm_frame_spoil(storm_dice *dice, unsigned char *bytes, uint32_t size);

/** Bytes without any sense, now and then behind a frame's first bytes; the length. */
uint32_t storm_frame_noise(storm_dice *dice, unsigned char *bytes);

#endif
