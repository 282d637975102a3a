// What an update answers over COM when it is ordered to answer garbage. This stands between COM and the
// product: the linker lets the server's call of hp_invoke_member come here first.
//
// Left out are lies that nobody can see through: a wrong result in a right reply, and "this call was not run"
// about one that was.
#include "e2e/chaos_update.h"

#include "idl/array.h"
#include "idl/protocol.h"
#include "server/invoke.h"

#include <oleauto.h>

enum { DISGUISES = 17, HEADER = 24, BLOCK_HEADER = 24 };

typedef HRESULT invoke_member(hp_object *object, DISPID id, WORD flags, const DISPPARAMS *parameters,
                              LCID locale, VARIANT *result, EXCEPINFO *exception, UINT *bad);
invoke_member __real_hp_invoke_member, __wrap_hp_invoke_member;

storm_dice chaos_throw_dice(void) {
    const LONG64 step = 0x5851F42D4C957F2D;
    return (storm_dice){(uint64_t)InterlockedExchangeAdd64(&chaos_shared->garbage, step)};
}

static void give_array(VARIANT *result, VARTYPE type, UINT dimensions, const void *bytes, ULONG size) {
    SAFEARRAYBOUND bound[2] = {{.cElements = type == VT_UI2 ? size / 2 : size}, {.cElements = 1}};
    SAFEARRAY *array = SafeArrayCreate(type, dimensions, bound);
    if (array != NULL && bytes != NULL)
        memcpy(array->pvData, bytes, type == VT_UI2 ? size & ~1u : size);
    VariantClear(result);
    V_VT(result) = VT_ARRAY | type;
    V_ARRAY(result) = array;
}

static void give_bytes(VARIANT *result, const void *bytes, ULONG size) {
    give_array(result, VT_UI1, 1, bytes, size);
}

static void give_noise(storm_dice *dice, VARIANT *result) {
    unsigned char bytes[700];
    const uint32_t size = storm_roll(dice, sizeof bytes + 1);
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)storm_bits(dice);
    if (storm_once_in(dice, 2) && size >= 4)
        memcpy(bytes, "HPF1", 4);
    give_bytes(result, bytes, size);
}

static void give_other_type(storm_dice *dice, VARIANT *result) {
    static const VARTYPE plain[] = {VT_EMPTY, VT_NULL, VT_I4,      VT_R8,
                                    VT_BOOL,  VT_DATE, VT_UNKNOWN, VT_DISPATCH};
    const uint32_t kind = storm_roll(dice, 13);
    if (kind < 4)
        give_array(result,
                   kind == 0   ? VT_UI2
                   : kind == 1 ? VT_I1
                   : kind == 2 ? VT_BSTR
                               : VT_VARIANT,
                   1, NULL, 8);
    else if (kind == 4) /* of a right reply's bytes, in another shape */
        give_array(result, VT_UI1, 2, NULL, 64);
    else {
        VariantClear(result);
        if (kind == 5) {
            V_VT(result) = VT_BSTR;
            V_BSTR(result) = SysAllocStringLen(NULL, storm_roll(dice, 3000));
        } else {
            V_VT(result) = kind == 6 ? VT_ARRAY | VT_UI1 : plain[storm_roll(dice, 8)];
            memset(&V_I8(result), 0, sizeof V_I8(result)); /* an array that is NULL, too */
        }
    }
}

/* A right reply, cut, lengthened, or with one bit of what is not a value turned over. */
static void give_damaged(storm_dice *dice, uint32_t kind, VARIANT *result) {
    static unsigned char bytes[1 << 18];
    static SRWLOCK lock = SRWLOCK_INIT;
    AcquireSRWLockExclusive(&lock);
    uint32_t size = V_ARRAY(result)->rgsabound[0].cElements;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, V_ARRAY(result)->pvData, size < sizeof bytes / 2 ? size : sizeof bytes / 2);
    if (kind == 1) {
        size = storm_roll(dice, size);
    } else if (kind == 2) {
        size += 1 + storm_roll(dice, 100);
    } else {
        const uint32_t blocks = bytes[18], at = HEADER + 8; /* one word */
        uint32_t bit = storm_roll(dice, 8 * (HEADER + blocks * BLOCK_HEADER));
        uint32_t byte = bit / 8;
        byte = byte < HEADER ? byte : byte - HEADER + at;
        bytes[byte] ^= (unsigned char)(1u << bit % 8);
    }
    give_bytes(result, bytes, size);
    ReleaseSRWLockExclusive(&lock);
}

/* A frame that is well-formed, but no answer to this call. */
static void bend_blocks(storm_dice *dice, uint32_t kind, hp_frame *reply) {
    static const unsigned char plenty[1 << 15];
    hp_frame_block *block = &reply->block[0];
    const uint32_t more = 1 + storm_roll(dice, sizeof plenty / 2);
    const uint16_t few =
        storm_once_in(dice, 2) ? 0 : (uint16_t)(2 + storm_roll(dice, HP_FRAME_MAX_WORDS - 1));
    if (kind == 4 || reply->blocks == 0) {
        reply->words = few;
    } else if (kind == 5) {
        reply->blocks = 0;
    } else if (kind == 6) { /* more than there is room for */
        block->capacity += more;
        block->size = block->capacity < sizeof plenty ? block->capacity : sizeof plenty;
        block->data = plenty;
    } else if (kind == 7) {
        block->parameter = block->parameter == 0 ? HP_FRAME_RESULT : 0;
    } else if (kind == 8) {
        *block = (hp_frame_block){.parameter = block->parameter, .flags = HP_FRAME_NULL};
    } else { /* an empty block where none was asked for */
        reply->block[1] = (hp_frame_block){.parameter = (uint16_t)(block->parameter + 1), .capacity = more};
        reply->blocks = block->parameter == HP_FRAME_RESULT ? 0 : 2;
    }
}

void chaos_bend(storm_dice *dice, uint32_t kind, hp_frame *reply) {
    if (kind == 10)
        reply->kind = HP_FRAME_CALL;
    else if (kind == 11)
        reply->arch = HP_X64 ? HP_ARCH_X86 : HP_ARCH_X64;
    else
        bend_blocks(dice, kind, reply);
}

static void give_bent(storm_dice *dice, uint32_t kind, VARIANT *result) {
    hp_frame reply;
    SAFEARRAY *made = NULL, *right = V_ARRAY(result);
    if (FAILED(hp_frame_read(right->pvData, right->rgsabound[0].cElements, HP_ARCH_HERE, HP_FRAME_REPLY,
                             &reply)))
        return;
    chaos_bend(dice, kind, &reply);
    const HRESULT hr = hp_array_make(&reply, &made);
    VariantClear(result); /* reply pointed into it */
    if (SUCCEEDED(hr)) {
        V_VT(result) = VT_ARRAY | VT_UI1;
        V_ARRAY(result) = made;
    }
}

/* Codes of COM's among them that say that the update is gone, or that the call was not run. It was not. */
HRESULT chaos_code(storm_dice *dice) {
    static const HRESULT codes[] = {E_FAIL,
                                    E_OUTOFMEMORY,
                                    E_POINTER,
                                    RPC_E_SERVER_DIED_DNE,
                                    RPC_E_CALL_REJECTED,
                                    RPC_E_SERVERCALL_RETRYLATER,
                                    RPC_E_DISCONNECTED,
                                    CO_E_OBJNOTCONNECTED,
                                    DISP_E_MEMBERNOTFOUND,
                                    DISP_E_TYPEMISMATCH,
                                    HRESULT_FROM_WIN32(RPC_S_CALL_FAILED_DNE),
                                    HRESULT_FROM_WIN32(RPC_S_SERVER_TOO_BUSY),
                                    HRESULT_FROM_WIN32(ERROR_SHUTDOWN_IN_PROGRESS),
                                    S_FALSE};
    const uint32_t at = storm_roll(dice, sizeof codes / sizeof *codes + 2);
    return at < sizeof codes / sizeof *codes ? codes[at] : (HRESULT)storm_bits(dice);
}

static HRESULT give_exception(storm_dice *dice, EXCEPINFO *exception) {
    static const SCODE codes[] = {0, 1, E_FAIL, DISP_E_EXCEPTION, RPC_E_CALL_REJECTED, E_ACCESSDENIED};
    if (exception == NULL || storm_once_in(dice, 4))
        return DISP_E_EXCEPTION;
    memset(exception, 0, sizeof *exception);
    exception->wCode = (WORD)storm_bits(dice);
    exception->wReserved = (WORD)storm_bits(dice);
    exception->dwHelpContext = (DWORD)storm_bits(dice);
    exception->scode = codes[storm_roll(dice, 6)];
    BSTR *texts[] = {&exception->bstrSource, &exception->bstrDescription, &exception->bstrHelpFile};
    for (int i = 0; i < 3; i++) {
        const UINT length = storm_roll(dice, storm_once_in(dice, 8) ? 100000 : 1000);
        *texts[i] = storm_once_in(dice, 3) ? NULL : SysAllocStringLen(NULL, length);
        for (UINT at = 0; *texts[i] != NULL && at < length; at++)
            (*texts[i])[at] = (wchar_t)storm_bits(dice);
    }
    return DISP_E_EXCEPTION;
}

/* Of a call that was run and answered well. */
static HRESULT disguise(storm_dice *dice, uint32_t kind, VARIANT *result, EXCEPINFO *exception) {
    if (kind == 0)
        give_noise(dice, result);
    else if (kind <= 3)
        give_damaged(dice, kind, result);
    else if (kind <= 11)
        give_bent(dice, kind, result);
    else if (kind == 12)
        give_other_type(dice, result);
    else if (kind == 13)
        VariantClear(result);
    else if (kind == 14)
        return (HRESULT)(storm_bits(dice) & 0x7fffffff); /* success of some kind, and a right reply */
    else {
        VariantClear(result);
        return kind == 15 ? give_exception(dice, exception) : E_FAIL;
    }
    return S_OK;
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name
HRESULT __wrap_hp_invoke_member(hp_object *object, DISPID id, WORD flags, const DISPPARAMS *parameters,
                                LCID locale, VARIANT *result, EXCEPINFO *exception, UINT *bad) {
    const int deed = id == HP_DISPID_CALL ? CHAOS_GARBAGE : CHAOS_NO_OFFER;
    if (result == NULL || id == HP_DISPID_DISCONNECT || chaos_take_order(deed, deed) == CHAOS_ANSWER)
        return __real_hp_invoke_member(object, id, flags, parameters, locale, result, exception, bad);
    storm_dice dice = chaos_throw_dice();
    const uint32_t kind = storm_roll(&dice, DISGUISES + 1);
    InterlockedIncrement(&chaos_shared->garbled[kind]);
    if (kind == DISGUISES || id != HP_DISPID_CALL) {
        VariantInit(result);
        if (storm_once_in(&dice, 2))
            give_noise(&dice, result);
        return chaos_code(&dice);
    }
    const HRESULT hr = __real_hp_invoke_member(object, id, flags, parameters, locale, result, exception, bad);
    return hr == S_OK && V_VT(result) == (VT_ARRAY | VT_UI1) ? disguise(&dice, kind, result, exception) : hr;
}
