#include "client/leash.h"

/* Nothing depends on its success: a process that is not tied is waited for a little longer. */
void hp_leash_tie(hp_leash *leash, HANDLE process) {
    AcquireSRWLockExclusive(&leash->lock);
    if (!DuplicateHandle(GetCurrentProcess(), process, GetCurrentProcess(), &leash->process,
                         PROCESS_TERMINATE, FALSE, 0))
        leash->process = NULL;
    if (leash->is_cut)
        TerminateProcess(process, 1);
    ReleaseSRWLockExclusive(&leash->lock);
}

void hp_leash_untie(hp_leash *leash) {
    AcquireSRWLockExclusive(&leash->lock);
    if (leash->process != NULL)
        CloseHandle(leash->process);
    leash->process = NULL;
    ReleaseSRWLockExclusive(&leash->lock);
}

void hp_leash_cut(hp_leash *leash) {
    AcquireSRWLockExclusive(&leash->lock);
    leash->is_cut = 1;
    if (leash->process != NULL)
        TerminateProcess(leash->process, 1);
    ReleaseSRWLockExclusive(&leash->lock);
}
