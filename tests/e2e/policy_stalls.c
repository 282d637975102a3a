// An update that stops in the middle of a long answer, until POLICY_LEAVE is set; while it is, all goes well.
// This stands between the channel and what it copies into it, piece by piece: the linker lets
// hp_channel_send's call of hp_frame_copy come here first.
#include <hotpatch/base.h>

#include "e2e/policy_app.h"
#include "idl/frame.h"

typedef void frame_copy(const hp_frame *frame, const hp_frame_plan *plan, uint32_t from, unsigned char *to,
                        uint32_t bytes);
frame_copy __real_hp_frame_copy, __wrap_hp_frame_copy;

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name
void __wrap_hp_frame_copy(const hp_frame *frame, const hp_frame_plan *plan, uint32_t from, unsigned char *to,
                          uint32_t bytes) {
    if (from >= POLICY_STALLS_AT) {
        HANDLE entered = OpenEventW(EVENT_MODIFY_STATE, FALSE, POLICY_ENTERED);
        HANDLE leave = OpenEventW(SYNCHRONIZE, FALSE, POLICY_LEAVE);
        if (entered != NULL && leave != NULL && SetEvent(entered))
            WaitForSingleObject(leave, INFINITE);
        CloseHandle(entered);
        CloseHandle(leave);
    }
    __real_hp_frame_copy(frame, plan, from, to, bytes);
}
