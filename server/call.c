#include "server/call.h"

#include <malloc.h>

#include "idl/array.h"
#include "idl/log.h"
#include "proxygen/thrown.h"
#include "proxygen/thunk.h"
#include "server/exception.h"
#include "server/guard.h"

static void note_fault(const hp_exports *exports, const hp_export *item, HRESULT hr,
                       const hp_invoke_fault *fault, hp_trouble *trouble) {
    char type[128] = "";
    char text[HP_EXCEPTION_SIZE];
    // The page that gives a warning before the stack ends was used up. Without it, the next
    // overflow would end the process.
    if (fault->code == (uint32_t)EXCEPTION_STACK_OVERFLOW && !_resetstkoflw())
        hp_log_write(HP_LOG_WARNING, "%s: the stack cannot be guarded again", item->name);
    if (fault->thrown)
        hp_thrown_take(fault->thrown, type, sizeof type);
    hp_exception_describe(&exports->table, item->name, (const void *)(uintptr_t)item->address, fault, type,
                          text);
    hp_trouble_set(trouble, hr, item->name, "%s", text);
}

typedef HRESULT rebuild(const hp_marshal *marshal, const hp_frame *call, hp_invocation *invocation);

static HRESULT run(const hp_exports *exports, const hp_export *item, const unsigned char *bytes, size_t size,
                   rebuild *rebuild_call, hp_call *call, hp_trouble *trouble) {
    hp_frame *frame = &call->frame;
    hp_invocation *invocation = &call->invocation;
    HRESULT hr = hp_frame_read(bytes, size, HP_ARCH_HERE, HP_FRAME_CALL, frame);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, item->name, "call frame of %zu bytes", size);
    hr = rebuild_call(&item->marshal, frame, invocation);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, item->name, "call frame of %zu bytes with %u words and %u blocks",
                              size, frame->words, frame->blocks);

    hp_invoke_fault fault = {0};
    void *guard = hp_guard_enter();
    hr = hp_invoke_call(item->address, &invocation->registers, invocation->stack_bytes, &fault);
    hp_guard_leave(guard);
    if (FAILED(hr)) {
        note_fault(exports, item, hr, &fault, trouble);
        hp_marshal_release(invocation);
        return hr;
    }
    return hp_marshal_answer(&item->marshal, invocation, frame);
}

HRESULT hp_call_begin(const hp_exports *exports, const hp_export *item, unsigned char *bytes, size_t size,
                      hp_call *call, hp_trouble *trouble) {
    return run(exports, item, bytes, size, hp_marshal_adopt, call, trouble);
}

void hp_call_end(hp_call *call) {
    hp_marshal_release(&call->invocation);
}

HRESULT hp_call_execute(const hp_exports *exports, const hp_export *item, const unsigned char *bytes,
                        size_t size, SAFEARRAY **reply, hp_trouble *trouble) {
    hp_call call;
    HRESULT hr = run(exports, item, bytes, size, hp_marshal_rebuild, &call, trouble);
    if (FAILED(hr))
        return hr;
    if (reply) {
        hr = hp_array_make(&call.frame, reply);
        if (FAILED(hr))
            hp_trouble_set(trouble, hr, item->name, "it ran, but its reply could not be made");
    }
    hp_call_end(&call);
    return hr;
}
