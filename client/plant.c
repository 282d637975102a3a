#include "client/plant.h"

#include <string.h>

#if HP_X64
#include "client/instruction.h"
#endif

enum {
    HOP = HP_X64 ? 0xF8EB : 0xF9EB, /* jmp short to the beginning of the jump */
    FILLER = 0x90,
    INT3 = 0xCC,
};

static uint16_t load_word(const unsigned char *at) {
    uint16_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static uint64_t load_room(const unsigned char *entry) {
    uint64_t room;
    memcpy(&room, entry - HP_PLANT_ROOM, sizeof room);
    return room;
}

/* Executable pages come in long runs: one question for many functions. */
static int is_code(hp_plant_image *image, const unsigned char *at) {
    MEMORY_BASIC_INFORMATION info;
    const DWORD executable =
        PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    if ((uintptr_t)at >= image->code_start && (uintptr_t)at < image->code_end)
        return 1;
    if (VirtualQuery(at, &info, sizeof info) != sizeof info || info.State != MEM_COMMIT ||
        (info.Protect & executable) == 0)
        return 0;
    image->code_start = (uintptr_t)info.BaseAddress;
    image->code_end = image->code_start + info.RegionSize;
    return 1;
}

#if HP_X64
/* Of the pages that were looked at last: behind them there may be nothing. */
static const unsigned char *end_of_code(const hp_plant_image *image) {
    uintptr_t end = (uintptr_t)image->base + image->size;
    return (const unsigned char *)(image->code_end < end ? image->code_end : end);
}
#endif

static HRESULT explain(const unsigned char *entry, HRESULT hr, hp_trouble *trouble) {
    if (hr == HP_E_ENTRY_MISALIGNED)
        return hp_trouble_set(trouble, hr, NULL, "the entry is not 8-aligned");
    if (hr == HP_E_FOREIGN_BYTES)
        return hp_trouble_set(trouble, hr, NULL, "it begins with the jump %02X %02X", entry[0], entry[1]);
    if (hr == HP_E_PAD_OCCUPIED)
        return hp_trouble_set(trouble, hr, NULL, "%d bytes of 90 or CC are needed", HP_PLANT_JUMP);
    return hp_trouble_set(trouble, hr, NULL, "it begins with %02X %02X %02X %02X", entry[0], entry[1],
                          entry[2], entry[3]);
}

HRESULT hp_plant_inspect(hp_plant_image *image, unsigned char *entry, hp_plant *plant, hp_trouble *trouble) {
    *plant = (hp_plant){.entry = entry};
    uintptr_t offset = (uintptr_t)entry - (uintptr_t)image->base;
    if ((uintptr_t)entry < (uintptr_t)image->base || offset < HP_PLANT_ROOM || offset > image->size ||
        image->size - offset < HP_PROLOGUE_AFTER)
        return hp_trouble_set(trouble, HP_E_NOT_PATCHABLE, NULL,
                              "the address lies outside of the image's code");
    if (!is_code(image, entry - HP_PLANT_ROOM) || !is_code(image, entry))
        return hp_trouble_set(trouble, HP_E_NOT_PATCHABLE, NULL, "the address does not hold code");
    hp_prologue_look look;
    HRESULT hr = hp_prologue_inspect(HP_ARCH_HERE, entry, HP_PLANT_ROOM, (uintptr_t)entry, &look);
    if (FAILED(hr))
        return explain(entry, hr, trouble);
    uint32_t length = look.length;
#if HP_X64
    if (look.form == HP_FORM_INSTRUCTION)
        hr = hp_instruction_check(entry, end_of_code(image), &length, trouble);
    if (FAILED(hr))
        return hr;
#endif
    plant->prologue = (uint8_t)((unsigned)look.form & 7u);
    plant->length = (uint8_t)(length & 15u);
    plant->int3 = look.int3;
    plant->word = load_word(entry);
    return S_OK;
}

HRESULT hp_plant_reach(const hp_plant *plant, const void *aim) {
    int64_t distance = (int64_t)((uintptr_t)aim - (uintptr_t)plant->entry);
    return HP_X64 && distance != (int32_t)distance ? HP_E_NO_ROOM_NEAR : S_OK;
}

/* The room with other bytes where the jump belongs; what lies before them is not ours. */
static uint64_t with_jump_bytes(uint64_t room, const unsigned char *bytes) {
    memcpy((unsigned char *)&room + HP_PLANT_ROOM - HP_PLANT_JUMP, bytes, HP_PLANT_JUMP);
    return room;
}

static uint64_t with_jump(const hp_plant *plant, const void *aim, uint64_t room) {
    unsigned char bytes[HP_PLANT_JUMP] = {HP_X64 ? 0xFF : 0xE9, 0x25};
    /* The jump ends where the function begins. */
    uint32_t relative = (uint32_t)((uintptr_t)aim - (uintptr_t)plant->entry);
    memcpy(bytes + HP_PLANT_JUMP - sizeof relative, &relative, sizeof relative);
    return with_jump_bytes(room, bytes);
}

static uint64_t with_filler(const hp_plant *plant, uint64_t room) {
    unsigned char bytes[HP_PLANT_JUMP];
    for (unsigned i = 0; i < HP_PLANT_JUMP; i++)
        bytes[HP_PLANT_JUMP - 1 - i] = (plant->int3 >> i & 1) != 0 ? INT3 : FILLER;
    return with_jump_bytes(room, bytes);
}

typedef uint64_t room_maker(const hp_plant *plant, const void *aim, uint64_t room);

static uint64_t renew_filler(const hp_plant *plant, const void *aim, uint64_t room) {
    (void)aim;
    return with_filler(plant, room);
}

/* Both sides of the loop are aligned: one locked instruction, seen by other processors as a whole. */
static void store_room(const hp_plant *plant, const void *aim, room_maker *make) {
    volatile LONG64 *at = (volatile LONG64 *)(void *)(plant->entry - HP_PLANT_ROOM);
    for (LONG64 seen = (LONG64)load_room(plant->entry), before;; seen = before) {
        before = InterlockedCompareExchange64(at, (LONG64)make(plant, aim, (uint64_t)seen), seen);
        if (before == seen)
            return;
    }
}

static void store_word(unsigned char *entry, uint16_t word) {
    *(volatile uint16_t *)(void *)entry = word;
    MemoryBarrier();
}

void hp_plant_commit(hp_plant *plant, const void *aim) {
    store_room(plant, aim, with_jump);
    store_word(plant->entry, (uint16_t)HOP);
    plant->planted = 1;
}

static int has_jump(const hp_plant *plant, const void *aim) {
    uint64_t room = load_room(plant->entry);
    return room == with_jump(plant, aim, room);
}

int hp_plant_intact(const hp_plant *plant, const void *aim) {
    return plant->planted && load_word(plant->entry) == (uint16_t)HOP && has_jump(plant, aim);
}

void hp_plant_revert(hp_plant *plant) {
    store_word(plant->entry, plant->word);
    plant->planted = 0;
}

/* A thread that stands at the jump would run on into int3, had the original room come back under it. */
void hp_plant_tidy(const hp_plant *plant, const void *aim) {
    if (plant->int3 == 0)
        store_room(plant, aim, renew_filler);
}

int hp_plant_is_idle(const hp_plant *plant, const void *aim) {
    uint64_t room = load_room(plant->entry);
    return !plant->planted && load_word(plant->entry) == plant->word &&
           (room == with_filler(plant, room) || has_jump(plant, aim));
}

static int32_t load_int(const unsigned char *at) {
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* The same bytes, but for a displacement from rip that leads to the same place. */
static int is_moved(const unsigned char *from, const unsigned char *to, int length) {
    int at = 0;
    while (at < length && from[at] == to[at])
        at++;
    /* The first byte that differs is one of the displacement's four. */
    for (int start = at - 3; start <= at; start++)
        if (start >= 1 && start + 4 <= length && memcmp(from, to, (size_t)start) == 0 &&
            memcmp(from + start + 4, to + start + 4, (size_t)(length - start - 4)) == 0 &&
            (uintptr_t)from + (uintptr_t)(intptr_t)load_int(from + start) ==
                (uintptr_t)to + (uintptr_t)(intptr_t)load_int(to + start))
            return 1;
    return at == length;
}

int hp_plant_has_body(const hp_plant *plant, const void *body) {
    if (plant->prologue == HP_FORM_LEA_RSP)
        return hp_prologue_is_lea_rsp(plant->entry);
    return plant->prologue != HP_FORM_INSTRUCTION || is_moved(plant->entry, body, plant->length);
}

/* What cannot be read ends the search. */
static int read_code(const void *at, void *bytes, size_t size) {
    SIZE_T got = 0;
    return ReadProcessMemory(GetCurrentProcess(), at, bytes, size, &got) && got == size;
}

const void *hp_plant_destination(const unsigned char *entry) {
    const unsigned char *at = entry;
    unsigned char code[6];
    for (int hops = 0; hops < 8 && read_code(at, code, sizeof code); hops++) {
        int32_t relative;
        if (code[0] == 0xEB) {
            at += 2 + (int8_t)code[1];
        } else if (code[0] == 0xE9) {
            memcpy(&relative, code + 1, sizeof relative);
            at += 5 + relative;
        } else if (code[0] == 0xFF && code[1] == 0x25) {
            memcpy(&relative, code + 2, sizeof relative);
            const unsigned char *slot =
                HP_X64 ? at + 6 + relative : (const unsigned char *)(uintptr_t)(uint32_t)relative;
            if (!read_code(slot, &at, sizeof at))
                return slot;
        } else {
            return at == entry ? NULL : at;
        }
    }
    return at == entry ? NULL : at;
}
