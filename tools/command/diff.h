/**
 * @file diff.h
 * The inside of `hotpatch diff`, for diff.c and diff_print.c only.
 */
#ifndef HP_TOOLS_DIFF_H
#define HP_TOOLS_DIFF_H

#include "tools/image/binary.h"
#include "tools/command/known.h"

typedef enum hp_diff_side { HP_DIFF_BOTH, HP_DIFF_OLD, HP_DIFF_NEW } hp_diff_side;

/** What is to be said of one function. */
typedef struct hp_diff_verdict {
    hp_diff_side side;
    hp_known_function old, new; /**< as side says */
    HRESULT result;             /**< S_OK: can be replaced live */
    char detail[400];
} hp_diff_verdict;

/** One of the two images. */
typedef struct hp_diff_image {
    hp_binary binary;
    hp_known known;
} hp_diff_image;

/** Two images compared. */
typedef struct hp_diff_comparison {
    hp_diff_image old, new;
    hp_diff_verdict *items;
    size_t count;
} hp_diff_comparison;

/** The function in the image that has it, NEW if both have. */
const hp_known_function *hp_diff_known(const hp_diff_verdict *it);

/** Does NEW offer it to apps? */
int hp_diff_is_offered(const hp_diff_verdict *it);

/** Write all verdicts to stdout, for people; or as JSON. @return 0 if there was no memory */
void hp_diff_print(const hp_diff_comparison *both);
int hp_diff_print_json(const hp_diff_comparison *both, char **images, int good);

#endif
