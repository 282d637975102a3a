// An update that never sleeps while it waits for calls. This stands between channels and their waiting: the
// linker lets calls of hp_wait_until come here first.
#include "idl/wait.h"

typedef HRESULT wait_until(hp_wait *wait, const volatile LONG *counter, uint32_t target, ULONGLONG until);
wait_until __real_hp_wait_until, __wrap_hp_wait_until;

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name
HRESULT __wrap_hp_wait_until(hp_wait *wait, const volatile LONG *counter, uint32_t target, ULONGLONG until) {
    while (!hp_wait_has_come(counter, target)) {
        if (*wait->closed || WaitForSingleObject(wait->process, 0) == WAIT_OBJECT_0)
            return __real_hp_wait_until(wait, counter, target, until); // it says so
        SwitchToThread();
    }
    return S_OK;
}
