#include "client/instruction.h"

#include <Zydis/Decoder.h>
#include <string.h>

enum {
    HOP = 2,           /* bytes that are replaced at the entry */
    REACH = 64 * 1024, /* of a function whose end nobody knows; such functions are small */
    JUMP_NEAR = 5,     /* jmp rel32 */
    JUMP_FAR = 14,     /* jmp [rip+0], and the address behind it */
    INT3 = 0xCC,
    CHAINED = 4, /* UNW_FLAG_CHAININFO */
};

_Static_assert(ZYDIS_MAX_INSTRUCTION_LENGTH + JUMP_FAR <= HP_INSTRUCTION_COPY, "a copy always has room");

/* A function, as far as it is known. */
typedef struct function {
    const unsigned char *entry;
    const unsigned char *limit; /* nothing of it lies here or behind */
    const unsigned char *reach; /* without unwind data: the furthest place that its jumps lead to */
    int known;                  /* limit comes from its unwind data */
    uint32_t length;            /* of its first instruction */
} function;

static ZyanStatus decode(const unsigned char *at, const unsigned char *end, ZydisDecodedInstruction *it) {
    ZydisDecoder decoder;
    size_t room = (size_t)(end - at);
    if (room > ZYDIS_MAX_INSTRUCTION_LENGTH)
        room = ZYDIS_MAX_INSTRUCTION_LENGTH;
    ZYAN_CHECK(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64));
    ZYAN_CHECK(ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE));
    return ZydisDecoderDecodeInstruction(&decoder, NULL, at, room, it);
}

static int is_relative_branch(const ZydisDecodedInstruction *it) {
    return it->raw.imm[0].is_relative;
}

/* Intel SDM vol. 2, 2.2.1.6: mod 0 and r/m 5 mean a displacement from the next instruction. */
static int has_rip_operand(const ZydisDecodedInstruction *it) {
    return (it->attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 && it->raw.modrm.mod == 0 &&
           it->raw.modrm.rm == 5 && it->raw.disp.size == 32;
}

/* What speaks against running it elsewhere, or against its being a function's beginning; NULL: nothing. */
static const char *objection(const unsigned char *entry, const ZydisDecodedInstruction *it) {
    if (is_relative_branch(it))
        return "it is a relative jump or call";
    if (entry[0] == 0 && entry[1] == 0)
        return "it is zeros, not code";
    if (has_rip_operand(it) && it->address_width != 64)
        return "its operand is relative to the lower half of rip";
    switch (it->mnemonic) {
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_CALL:
        return "it is a jump or call";
    case ZYDIS_MNEMONIC_INT3:
        return "it is int3: a breakpoint, or filler";
    case ZYDIS_MNEMONIC_INT:
    case ZYDIS_MNEMONIC_INT1:
    case ZYDIS_MNEMONIC_SYSCALL:
    case ZYDIS_MNEMONIC_SYSENTER:
        return "it calls the system";
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
        return "it only raises an exception";
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
        return "it returns from an interrupt";
    default:
        return NULL;
    }
}

/* No thread goes on behind it. */
static int ends_flow(const ZydisDecodedInstruction *it) {
    switch (it->mnemonic) {
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_IRETQ:
        return 1;
    default:
        return 0;
    }
}

/* The unwind data that a piece of a function is chained to, NULL if it is the first piece. Layout: "x64
 * exception handling", struct UNWIND_INFO. */
static const RUNTIME_FUNCTION *chained_to(DWORD64 base, const RUNTIME_FUNCTION *piece) {
    const unsigned char *unwind = (const unsigned char *)(uintptr_t)(base + piece->UnwindData);
    MEMORY_BASIC_INFORMATION info;
    /* A packer may have left anything here. 4 bytes, at most 256 codes, and the entry that is chained to. */
    if ((piece->UnwindData & 3) != 0 || VirtualQuery(unwind, &info, sizeof info) != sizeof info ||
        info.State != MEM_COMMIT || (info.Protect & (PAGE_NOACCESS | PAGE_GUARD)) != 0 ||
        (uintptr_t)info.BaseAddress + info.RegionSize - (uintptr_t)unwind < 4 + 2 * 256 + sizeof *piece)
        return NULL;
    if ((unwind[0] >> 3 & CHAINED) == 0)
        return NULL;
    const size_t codes = (unwind[2] + (size_t)1) & ~(size_t)1; /* 2 bytes each, an even number of them */
    return (const RUNTIME_FUNCTION *)(const void *)(unwind + 4 + 2 * codes);
}

static const RUNTIME_FUNCTION *lookup(const unsigned char *at, DWORD64 *base) {
    return RtlLookupFunctionEntry((DWORD64)(uintptr_t)at, base, NULL);
}

/* Where the function ends. One that is compiled as several pieces in a row has several entries. */
static HRESULT find_limit(function *it, const unsigned char *end, hp_trouble *trouble) {
    DWORD64 base = 0, next_base = 0;
    const RUNTIME_FUNCTION *first = lookup(it->entry, &base), *next;
    if (first == NULL) {
        it->limit = (size_t)(end - it->entry) > REACH ? it->entry + REACH : end;
        return S_OK;
    }
    const unsigned char *begin = (const unsigned char *)(uintptr_t)(base + first->BeginAddress);
    if (begin != it->entry || chained_to(base, first) != NULL)
        return hp_trouble_set(trouble, HP_E_INSTRUCTION, NULL,
                              "the address is inside of a function, not its entry (unwind data of %p)",
                              (const void *)begin);
    it->known = 1;
    it->limit = (const unsigned char *)(uintptr_t)(base + first->EndAddress);
    while (it->limit < end && (next = lookup(it->limit, &next_base)) != NULL && next_base == base) {
        const RUNTIME_FUNCTION *to = chained_to(base, next);
        if (to == NULL || to->BeginAddress != first->BeginAddress || next->EndAddress <= next->BeginAddress)
            break;
        it->limit = (const unsigned char *)(uintptr_t)(base + next->EndAddress);
    }
    if (it->limit > end)
        it->limit = end;
    return S_OK;
}

/* A branch at "at" that leads to "target": is it harmless? A call of the entry is a recursion, and calls
 * whatever is there, like any call. */
static HRESULT check_branch(function *it, const unsigned char *at, const unsigned char *target, int is_call,
                            hp_trouble *trouble) {
    DWORD64 base;
    if ((uintptr_t)target - (uintptr_t)it->entry < it->length && !(is_call && target == it->entry))
        return hp_trouble_set(trouble, HP_E_INSTRUCTION, NULL,
                              "the function itself leads into the bytes that would be replaced: from %p "
                              "(entry+0x%X) to entry+0x%X",
                              (const void *)at, (unsigned)(at - it->entry), (unsigned)(target - it->entry));
    /* What has unwind data is another function: that jump is a call of it at our end. */
    if (!it->known && !is_call && target > it->reach && target < it->limit && lookup(target, &base) == NULL)
        it->reach = target;
    return S_OK;
}

/*
 * Every branch of the function, in the order of addresses. Where there is unwind data, what cannot be
 * decoded is data among the code (a jump table), and decoding starts again behind it. Without, the function
 * ends where no thread goes on and no jump leads further.
 */
static HRESULT check_branches(function *it, const unsigned char *end, hp_trouble *trouble) {
    ZydisDecodedInstruction code;
    const unsigned char *at = it->entry + it->length;
    for (; at < it->limit; at += code.length) {
        if (!ZYAN_SUCCESS(decode(at, it->known ? it->limit : end, &code))) {
            if (!it->known)
                return hp_trouble_set(trouble, HP_E_INSTRUCTION, NULL,
                                      "the function's code cannot be read at %p (entry+0x%X)",
                                      (const void *)at, (unsigned)(at - it->entry));
            code.length = 1;
            continue;
        }
        const unsigned char *next = at + code.length;
        if (is_relative_branch(&code)) {
            const uintptr_t target = (uintptr_t)next + (uintptr_t)code.raw.imm[0].value.s;
            HRESULT hr = check_branch(it, at, (const unsigned char *)target,
                                      code.mnemonic == ZYDIS_MNEMONIC_CALL, trouble);
            if (FAILED(hr))
                return hr;
        }
        if (!it->known && ends_flow(&code) && next > it->reach)
            return S_OK;
    }
    if (!it->known && it->limit < end)
        return hp_trouble_set(trouble, HP_E_INSTRUCTION, NULL,
                              "the function has no unwind data, and no end within %d bytes", REACH);
    return S_OK;
}

static HRESULT check_first(const unsigned char *entry, const unsigned char *end, uint32_t *length,
                           hp_trouble *trouble) {
    ZydisDecodedInstruction first;
    if (entry >= end || end - entry < HOP)
        return hp_trouble_set(trouble, HP_E_TOO_SHORT, NULL, "the code ends at %p", (const void *)end);
    ZyanStatus status = decode(entry, end, &first);
    if (!ZYAN_SUCCESS(status))
        return hp_trouble_set(trouble, HP_E_INSTRUCTION, NULL,
                              status == ZYDIS_STATUS_NO_MORE_DATA ? "the code ends inside of it (%02X %02X)"
                                                                  : "%02X %02X is no known instruction",
                              entry[0], entry[1]);
    const char *why = objection(entry, &first);
    if (why != NULL)
        return hp_trouble_set(trouble, HP_E_INSTRUCTION, NULL, "%s (%02X %02X)", why, entry[0], entry[1]);
    if (first.mnemonic == ZYDIS_MNEMONIC_RET)
        return hp_trouble_set(trouble, HP_E_TOO_SHORT, NULL, "it only returns (%02X)", entry[0]);
    if (first.length < HOP)
        return hp_trouble_set(trouble, HP_E_TOO_SHORT, NULL, "its first instruction is one byte (%02X)",
                              entry[0]);
    *length = first.length;
    return S_OK;
}

HRESULT hp_instruction_check(const unsigned char *entry, const unsigned char *end, uint32_t *length,
                             hp_trouble *trouble) {
    function it = {.entry = entry};
    HRESULT hr = check_first(entry, end, &it.length, trouble);
    if (FAILED(hr))
        return hr;
    it.reach = entry + it.length - 1;
    hr = find_limit(&it, end, trouble);
    if (FAILED(hr))
        return hr;
    if (it.limit <= entry + it.length)
        return hp_trouble_set(trouble, HP_E_TOO_SHORT, NULL, "it ends with its first instruction");
    hr = check_branches(&it, end, trouble);
    if (SUCCEEDED(hr))
        *length = it.length;
    return hr;
}

/* Unwinding knows nothing of the copy and takes it for a leaf. That is right wherever an exception can arise:
 * at the instruction itself, which has not moved the stack pointer yet. */
HRESULT hp_instruction_copy(const unsigned char *entry, uint32_t length, unsigned char *place) {
    unsigned char code[HP_INSTRUCTION_COPY];
    ZydisDecodedInstruction first;
    if (length > ZYDIS_MAX_INSTRUCTION_LENGTH || !ZYAN_SUCCESS(decode(entry, entry + length, &first)) ||
        first.length != length)
        return E_INVALIDARG;
    memset(code, INT3, sizeof code);
    memcpy(code, entry, length);
    /* Both ends move by as much, so the displacement and the jump back share their distance. */
    const int64_t moved = (int64_t)((uintptr_t)entry - (uintptr_t)place);
    if (has_rip_operand(&first)) {
        const int64_t far_off = first.raw.disp.value + moved;
        const int32_t displacement = (int32_t)far_off;
        if (displacement != far_off)
            return HP_E_NO_ROOM_NEAR;
        memcpy(code + first.raw.disp.offset, &displacement, sizeof displacement);
    }
    unsigned char *jump = code + length;
    const int32_t near_by = (int32_t)(moved - JUMP_NEAR);
    if (near_by == moved - JUMP_NEAR) {
        *jump = 0xE9;
        memcpy(jump + 1, &near_by, sizeof near_by);
    } else {
        const uint64_t back = (uint64_t)(uintptr_t)(entry + length);
        memcpy(jump, "\xFF\x25\0\0\0\0", JUMP_FAR - sizeof back);
        memcpy(jump + JUMP_FAR - sizeof back, &back, sizeof back);
    }
    memcpy(place, code, sizeof code);
    return S_OK;
}
