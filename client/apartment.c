#include "client/apartment.h"

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

static void CALLBACK run_errand(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)work;
    const hp_apartment_errand *errand = context;
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

void hp_apartment_finish(hp_apartment_errand *errand) {
    if (in_mta()) {
        errand->job(errand->context);
    } else {
        SubmitThreadpoolWork(errand->work);
        WaitForThreadpoolWorkCallbacks(errand->work, FALSE);
    }
    CloseThreadpoolWork(errand->work);
}

HRESULT hp_apartment_run(const hp_apartment *apartment, hp_apartment_job *job, void *context) {
    if (in_mta()) {
        job(context);
        return S_OK;
    }
    hp_apartment_errand errand;
    HRESULT hr = hp_apartment_prepare(apartment, job, context, &errand);
    if (SUCCEEDED(hr))
        hp_apartment_finish(&errand);
    return hr;
}
