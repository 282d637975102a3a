/**
 * @file task.h
 * Work that another thread does, and that is left behind when its deadline passes: COM calls cannot be broken
 * off (CoCancelCall does not reach every call).
 *
 * A task is the first member of a structure of the heap that holds whatever the work needs: once it was left
 * behind, nothing else may be relied on.
 */
#ifndef HP_CLIENT_TASK_H
#define HP_CLIENT_TASK_H

#include "client/apartment.h"

typedef struct hp_task hp_task;

struct hp_task {
    void (*run)(hp_task *task);  /**< the work: on a pool thread that is a member of the multithreaded
                                         apartment, inside hp_dispatch_enter */
    void (*late)(hp_task *task); /**< after run, on the same thread, if it was abandoned by then; or NULL */
    void (*dispose)(hp_task *task); /**< frees it all; called by whoever leaves last, the pool thread or the
                                         caller of hp_task_release. Inside hp_dispatch_enter */
    volatile LONG references;
    SRWLOCK lock;
    CONDITION_VARIABLE ended;
    HANDLE event; /**< in place of the condition, where something else may end the wait */
    int is_begun; /**< 0 of one that is abandoned: it will never run */
    int is_done, is_abandoned;
};

/** Set a task up, with one reference. */
void hp_task_open(hp_task *task, void (*run)(hp_task *), void (*dispose)(hp_task *));

/** Have it begun. Inside hp_dispatch_enter. S_OK; E_OUTOFMEMORY: it will not run. */
HRESULT hp_task_start(hp_task *task, const hp_apartment *apartment);

/**
 * Wait for it, as often as one likes.
 *
 * @param timeout_ms  INFINITE allowed
 * @param cancel      event that ends the wait, too; NULL for none; then task->event must have been set by the
 *                    caller before the start. It is closed with the task.
 * @return S_OK: it is done, and what it found is the caller's to look at; HP_E_DEADLINE;
 *         HRESULT_FROM_WIN32(ERROR_CANCELLED)
 */
HRESULT hp_task_wait(hp_task *task, uint32_t timeout_ms, HANDLE cancel);

/**
 * Leave it behind, unless it is done.
 *
 * @return S_OK: it is done; HP_E_DEADLINE: it is still at it, is_abandoned is set, and the caller must not
 * look
 */
HRESULT hp_task_abandon(hp_task *task);

/** Start, wait, and abandon what is not done then. As the three. */
HRESULT hp_task_run(hp_task *task, const hp_apartment *apartment, uint32_t deadline_ms);

/** The caller's reference, once, whatever hp_task_run said. */
void hp_task_release(hp_task *task);

#endif
