#ifndef HP_TESTS_PREPARE_FOLDED_H
#define HP_TESTS_PREPARE_FOLDED_H

#include "../shared.h"

#define FOLDED_TOGETHER __attribute__((section(".text$folded")))
#define FOLDED_ABROAD __attribute__((section(".text$abroad")))

#ifdef __cplusplus
extern "C" {
#endif

int folded_one(int a); /* folded_one.c, folded_two.c: each has a static function "helper" */
int folded_two(int a);
void folded_library(void);

#ifdef __cplusplus
}
#endif

#endif
