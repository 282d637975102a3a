#include "client/apartment.h"

#include <stdlib.h>

#include <objbase.h>

#include "idl/fault.h"

/* By name: import libraries of older mingw-w64 releases for x86 lack the pair. Both exist from Windows 8
 * on. */
typedef HRESULT WINAPI increment_function(void **cookie);
typedef HRESULT WINAPI decrement_function(void *cookie);

static FARPROC ole_function(const char *name) {
    HMODULE ole = GetModuleHandleW(L"ole32.dll");
    return ole != NULL ? GetProcAddress(ole, name) : NULL;
}

HRESULT hp_apartment_hold(hp_apartment *apartment) {
    *apartment = (hp_apartment){0};
    increment_function *increment = (increment_function *)(void (*)(void))ole_function("CoIncrementMTAUsage");
    if (increment == NULL)
        return HRESULT_FROM_WIN32(ERROR_OLD_WIN_VERSION);
    apartment->pool = HP_FAULT("thread pool") ? NULL : CreateThreadpool(NULL);
    if (apartment->pool == NULL)
        return E_OUTOFMEMORY;
    /* One thread for sure, now: later, with memory short, work would wait for one that never comes. */
    if (HP_FAULT("thread of the pool") || !SetThreadpoolThreadMinimum(apartment->pool, 1)) {
        CloseThreadpool(apartment->pool);
        *apartment = (hp_apartment){0};
        return E_OUTOFMEMORY;
    }
    HRESULT hr = HP_FAULT("multithreaded apartment") ? E_OUTOFMEMORY : increment(&apartment->cookie);
    if (FAILED(hr)) {
        CloseThreadpool(apartment->pool);
        *apartment = (hp_apartment){0};
    }
    return hr;
}

void hp_apartment_release(hp_apartment *apartment) {
    if (apartment->pool == NULL)
        return;
    decrement_function *decrement = (decrement_function *)(void (*)(void))ole_function("CoDecrementMTAUsage");
    if (decrement != NULL)
        decrement(apartment->cookie);
    /* The pool goes when its last outstanding work is done, even if that work is running this. */
    CloseThreadpool(apartment->pool);
    *apartment = (hp_apartment){0};
}

static int in_mta(void) {
    APTTYPE type;
    APTTYPEQUALIFIER qualifier;
    return SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && type == APTTYPE_MTA;
}

/* Whoever waits for a job may unload this module as soon as it sees that the job is done: the thread must not
 * return into nothing then. Undone when the system has its thread back. */
static HMODULE hold_module(void) {
    static const char here;
    HMODULE module = NULL;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (const wchar_t *)(const void *)&here, &module);
    return module;
}

static void let_go_of_module(PTP_CALLBACK_INSTANCE instance, HMODULE module) {
    if (module != NULL)
        FreeLibraryWhenCallbackReturns(instance, module);
}

static void CALLBACK run_errand(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)work;
    const hp_apartment_errand *errand = context;
    let_go_of_module(instance, errand->module);
    CallbackMayRunLong(instance);
    errand->job(errand->context);
}

HRESULT hp_apartment_prepare(const hp_apartment *apartment, hp_apartment_job *job, void *context,
                             hp_apartment_errand *errand) {
    *errand = (hp_apartment_errand){.job = job, .context = context};
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, apartment->pool);
    errand->work =
        HP_FAULT("work for the thread pool") ? NULL : CreateThreadpoolWork(run_errand, errand, &environment);
    return errand->work != NULL ? S_OK : E_OUTOFMEMORY;
}

void hp_apartment_start(hp_apartment_errand *errand) {
    errand->module = hold_module();
    SubmitThreadpoolWork(errand->work);
}

HRESULT hp_apartment_run(const hp_apartment *apartment, hp_apartment_job *job, void *context) {
    if (in_mta()) {
        job(context);
        return S_OK;
    }
    hp_apartment_errand errand;
    HRESULT hr = hp_apartment_prepare(apartment, job, context, &errand);
    if (FAILED(hr))
        return hr;
    hp_apartment_start(&errand);
    WaitForThreadpoolWorkCallbacks(errand.work, FALSE);
    CloseThreadpoolWork(errand.work);
    return S_OK;
}

/* A job on its way to a thread. */
typedef struct parcel {
    hp_apartment_job *job;
    void *context;
    HMODULE module;
} parcel;

static void CALLBACK run_parcel(PTP_CALLBACK_INSTANCE instance, void *context) {
    parcel it = *(parcel *)context;
    free(context);
    let_go_of_module(instance, it.module);
    it.job(it.context);
}

HRESULT hp_apartment_submit(const hp_apartment *apartment, hp_apartment_job *job, void *context) {
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, apartment->pool);
    SetThreadpoolCallbackRunsLong(&environment); /* so that others get a thread of their own */
    parcel *it = HP_FAULT("memory for a job") ? NULL : malloc(sizeof *it);
    if (it == NULL)
        return E_OUTOFMEMORY;
    *it = (parcel){.job = job, .context = context, .module = hold_module()};
    if (!HP_FAULT("job for the thread pool") && TrySubmitThreadpoolCallback(run_parcel, it, &environment))
        return S_OK;
    if (it->module != NULL)
        FreeLibrary(it->module);
    free(it);
    return E_OUTOFMEMORY;
}
