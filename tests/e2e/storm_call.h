/**
 * @file storm_call.h
 * One generated call of an update's object, and what came of it.
 */
#ifndef HP_TESTS_E2E_STORM_CALL_H
#define HP_TESTS_E2E_STORM_CALL_H

#include "e2e/storm_value.h"
#include "server/exports.h"

enum { STORM_ARGUMENTS = 5 };

/** A call of Invoke. */
typedef struct storm_call {
    DISPID id;               /**< of a method: found when it is run, each object has its own */
    const hp_export *method; /**< NULL: a member of the interface */
    IID reserved;
    LCID locale;
    WORD flags;
    UINT count, named;
    storm_value value[STORM_ARGUMENTS]; /**< as in DISPPARAMS: the last parameter first */
    DISPID name[STORM_ARGUMENTS];       /**< of named arguments */
    int wants_result, wants_exception, wants_bad;
} storm_call;

/** What it gave. */
typedef struct storm_outcome {
    HRESULT hr;
    VARIANT result;
    HRESULT scode; /**< of the exception */
    int described; /**< the exception has a source and a description */
    UINT bad;
} storm_outcome;

/** Make any call that COM carries: of these functions, or of nothing that there is. Cleared by
 * storm_call_clear. */
void storm_call_make(storm_dice *dice, const hp_exports *exports, storm_call *call);

/** A call with arguments that only an object of this process can be given. */
void storm_call_make_trash(storm_dice *dice, storm_call *call);

/** Make it. The outcome is cleared by storm_outcome_clear. */
void storm_call_run(storm_call *call, IDispatch *object, storm_outcome *outcome);

/** What is wrong with an outcome, whatever the call was; NULL: nothing. */
const char *storm_outcome_defect(const storm_call *call, const storm_outcome *outcome);

/** Is it the same? What says who serves may differ. */
int storm_outcome_equal(const storm_call *call, const storm_outcome *a, const storm_outcome *b);

void storm_call_clear(storm_call *call);
void storm_outcome_clear(storm_outcome *outcome);

#endif
