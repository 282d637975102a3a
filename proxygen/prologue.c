#include "proxygen/prologue.h"

#include <string.h>

enum { NOP = 0x90, INT3 = 0xCC };

int hp_prologue_is_lea_rsp(const unsigned char *entry) {
    static const unsigned char lea_rsp[HP_PROLOGUE_LEA_RSP] = {0x48, 0x8D, 0xA4, 0x24, 0, 0, 0, 0};
    return memcmp(entry, lea_rsp, sizeof lea_rsp) == 0;
}

static void measure_room(const unsigned char *entry, size_t before, unsigned jump, hp_prologue_look *look) {
    for (size_t i = 1; i <= before && look->room < UINT8_MAX; i++) {
        const unsigned char byte = *(entry - i);
        if (byte != NOP && byte != INT3)
            return;
        if (byte == INT3 && i <= jump)
            look->int3 |= (uint8_t)(1u << (i - 1));
        look->room++;
    }
}

static void find_form(hp_arch arch, const unsigned char *entry, hp_prologue_look *look) {
    look->length = 2;
    if (entry[0] == NOP && entry[1] == NOP) {
        look->form = HP_FORM_NOPS;
    } else if (entry[0] == 0x66 && entry[1] == NOP) {
        look->form = HP_FORM_NOP2;
    } else if (arch == HP_ARCH_X86 && entry[0] == 0x8B && entry[1] == 0xFF) {
        look->form = HP_FORM_MOV_EDI;
    } else if (arch == HP_ARCH_X64 && hp_prologue_is_lea_rsp(entry)) {
        look->form = HP_FORM_LEA_RSP;
        look->length = HP_PROLOGUE_LEA_RSP;
    } else {
        look->form = HP_FORM_NONE;
        look->length = 0;
    }
}

/* Patches of others begin a function with one of these. */
static int is_jump(const unsigned char *entry) {
    return entry[0] == 0xE9 || entry[0] == 0xEB || (entry[0] == 0xFF && entry[1] == 0x25);
}

HRESULT hp_prologue_inspect(hp_arch arch, const unsigned char *entry, size_t before, uint64_t address,
                            hp_prologue_look *look) {
    const unsigned jump = arch == HP_ARCH_X64 ? HP_PROLOGUE_JUMP_X64 : HP_PROLOGUE_JUMP_X86;
    *look = (hp_prologue_look){.form = HP_FORM_NONE};
    measure_room(entry, before, jump, look);
    find_form(arch, entry, look);
    if (address % HP_PROLOGUE_ALIGN != 0)
        return HP_E_ENTRY_MISALIGNED;
    if (look->form == HP_FORM_NONE && is_jump(entry))
        return HP_E_FOREIGN_BYTES;
    const int has_room = look->room >= jump;
    if (look->form != HP_FORM_NONE)
        return has_room ? S_OK : HP_E_PAD_OCCUPIED;
    if (arch != HP_ARCH_X64 || !has_room)
        return HP_E_NOT_PATCHABLE;
    look->form = HP_FORM_INSTRUCTION;
    return S_OK;
}
