/**
 * @file storm_dice.h
 * Numbers that look random and are the same for the same seed: SplitMix64 (Steele, Lea, Flood: "Fast
 * splittable pseudorandom number generators", 2014).
 */
#ifndef HP_TESTS_E2E_STORM_DICE_H
#define HP_TESTS_E2E_STORM_DICE_H

#include <stddef.h>
#include <stdint.h>

typedef struct storm_dice {
    uint64_t state; /**< the seed at first */
} storm_dice;

static inline uint64_t storm_bits(storm_dice *dice) {
    uint64_t z = dice->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/** 0 to below - 1. below is at least 1. */
static inline uint32_t storm_roll(storm_dice *dice, uint32_t below) {
    return (uint32_t)((storm_bits(dice) >> 32) * below >> 32);
}

/** True once in so many times. */
static inline int storm_once_in(storm_dice *dice, uint32_t times) {
    return storm_roll(dice, times) == 0;
}

/** A number that programs stumble over, or any. */
static inline uint64_t storm_number(storm_dice *dice) {
    static const uint64_t odd[] = {0,          1,          2,           7,          8,          0x7f,
                                   0x80,       0xff,       0x100,       0x7fff,     0x8000,     0xffff,
                                   0x10000,    0x7fffffff, 0x80000000u, 0xffffffff, 1ull << 32, 1ull << 63,
                                   UINT64_MAX, 0x10000001, 0x0fffffff,  16,         24,         48};
    return storm_once_in(dice, 3) ? storm_bits(dice)
                                  : odd[storm_roll(dice, sizeof odd / sizeof *odd)] + storm_roll(dice, 3) - 1;
}

#endif
