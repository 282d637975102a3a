/*
 * The ways to the update: one session, whose transport is exchanged between two parts of a round. So all are
 * measured with the same functions of the same update.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/bench_transport.h"
#include "client/errand.h"
#include "idl/protocol.h"

static volatile VARTYPE sink;

/* In place of the transport: an answer that is there already. Its bytes are the call's own. */
static HRESULT answer_at_once(const hp_binding *binding, hp_crossing *crossing) {
    const hp_frame *call = &crossing->call;
    hp_frame *reply = &crossing->reply;
    const hp_signature *signature = &binding->marshal.signature;
    reply->arch = HP_ARCH_HERE;
    reply->kind = HP_FRAME_REPLY;
    reply->words = 1;
    reply->word[0] = 1;
    reply->blocks = 0;
    for (unsigned i = 0; i < call->blocks; i++)
        if (signature->parameter[call->block[i].parameter].direction & HP_OUT)
            reply->block[reply->blocks++] = call->block[i];
    return S_OK;
}

static hp_bench_hand *caught; /* while a frame is being caught */

/* In place of the transport: keeps the frame. */
static HRESULT keep_frame(const hp_binding *binding, hp_crossing *crossing) {
    hp_bench_hand *hand = caught;
    hand->result = hp_frame_measure(&crossing->call, &hand->size);
    if (SUCCEEDED(hand->result) && (hand->frame = malloc(hand->size)) == NULL)
        hand->result = E_OUTOFMEMORY;
    if (SUCCEEDED(hand->result))
        hand->result = hp_frame_write(&crossing->call, hand->frame, hand->size);
    if (SUCCEEDED(hand->result) && (hand->name = SysAllocString(binding->name)) == NULL)
        hand->result = E_OUTOFMEMORY;
    return answer_at_once(binding, crossing);
}

void hp_bench_transport_link_com(void *host) {
    hp_bench_link *link = host;
    link->session->transport = hp_errand_run;
}

void hp_bench_transport_link_shared(void *host) {
    hp_bench_link *link = host;
    link->session->transport = link->shared;
}

void hp_bench_transport_link_nothing(void *host) {
    hp_bench_link *link = host;
    link->session->transport = answer_at_once;
}

HRESULT hp_bench_transport_link_catch(hp_bench_link *link, const hp_bench_payload *payload,
                                      hp_bench_hand *hand) {
    *hand = (hp_bench_hand){.update = link->session->update, .result = E_UNEXPECTED};
    caught = hand;
    link->session->transport = keep_frame;
    payload->work(NULL, 1);
    hp_bench_transport_link_com(link);
    return hand->result;
}

void hp_bench_transport_link_by_hand(void *context, unsigned count) {
    hp_bench_hand *it = context;
    for (unsigned i = 0; i < count; i++) {
        SAFEARRAY *array = SafeArrayCreateVector(VT_UI1, 0, it->size);
        VARIANT arguments[2], reply;
        if (array == NULL) {
            it->result = E_OUTOFMEMORY;
            return;
        }
        memcpy(array->pvData, it->frame, it->size);
        V_VT(&arguments[0]) = VT_ARRAY | VT_UI1;
        V_ARRAY(&arguments[0]) = array;
        V_VT(&arguments[1]) = VT_BSTR;
        V_BSTR(&arguments[1]) = it->name;
        DISPPARAMS parameters = {.rgvarg = arguments, .cArgs = 2};
        VariantInit(&reply);
        HRESULT hr = IDispatch_Invoke(it->update, HP_DISPID_CALL, &IID_NULL, LOCALE_INVARIANT,
                                      DISPATCH_METHOD, &parameters, &reply, NULL, NULL);
        if (FAILED(hr) && SUCCEEDED(it->result))
            it->result = hr;
        sink = V_VT(&reply);
        VariantClear(&reply);
        SafeArrayDestroy(array);
    }
}

void hp_bench_transport_link_release(hp_bench_hand *hand) {
    SysFreeString(hand->name);
    free(hand->frame);
}
