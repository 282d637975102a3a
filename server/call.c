#include "server/call.h"

#include <malloc.h>

#include "idl/array.h"
#include "idl/log.h"
#include "proxygen/thunk.h"
#include "server/image.h"

static void note_fault(const hp_export *item, HRESULT hr, const hp_invoke_fault *fault, hp_trouble *trouble) {
    char place[HP_IMAGE_PLACE_SIZE];
    // The page that gives a warning before the stack ends was used up. Without it, the next
    // overflow would end the process.
    if (fault->code == (uint32_t)EXCEPTION_STACK_OVERFLOW && !_resetstkoflw())
        hp_log_write(HP_LOG_WARNING, "%s: the stack cannot be guarded again", item->name);
    hp_image_place(fault->address, place, sizeof place);
    hp_trouble_set(trouble, hr, item->name, "exception 0x%08X at %s", (unsigned)fault->code, place);
}

HRESULT hp_call_execute(const hp_export *item, const unsigned char *bytes, size_t size, SAFEARRAY **reply,
                        hp_trouble *trouble) {
    hp_frame frame;
    HRESULT hr = hp_frame_read(bytes, size, HP_ARCH_HERE, HP_FRAME_CALL, &frame);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, item->name, "call frame of %zu bytes", size);
    hp_invocation invocation;
    hr = hp_marshal_rebuild(&item->marshal, &frame, &invocation);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, item->name, "call frame of %zu bytes with %u words and %u blocks",
                              size, frame.words, frame.blocks);

    hp_invoke_fault fault;
    hr = hp_invoke_call(item->address, &invocation.registers, invocation.stack_bytes, &fault);
    if (FAILED(hr)) {
        note_fault(item, hr, &fault, trouble);
    } else if (reply) {
        hr = hp_marshal_answer(&item->marshal, &invocation, &frame);
        if (SUCCEEDED(hr))
            hr = hp_array_make(&frame, reply);
        if (FAILED(hr))
            hp_trouble_set(trouble, hr, item->name, "it ran, but its reply could not be made");
    }
    hp_marshal_release(&invocation);
    return hr;
}
