#include "threads_app.h"

threads_ledger *threads_ledger_open(void) {
    static threads_ledger *volatile opened;
    if (opened != NULL)
        return opened;
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(threads_ledger),
                                        THREADS_LEDGER);
    threads_ledger *made =
        section != NULL ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof(threads_ledger)) : NULL;
    /* The handle stays open: the name goes with the last one. */
    if (made != NULL && InterlockedCompareExchangePointer((void *volatile *)&opened, made, NULL) != NULL)
        UnmapViewOfFile(made);
    return opened;
}
