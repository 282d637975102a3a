// .gnu_debuglink: GDB manual, "Debugging Information in Separate Files".
#include "tools/debug/facts.h"
#include "tools/debug/facts_cursor.h"

hp_span hp_facts_link_name(const hp_pe *pe, uint32_t *checksum) {
    hp_pe_section link;
    if (!hp_pe_section_find(pe, ".gnu_debuglink", &link))
        return (hp_span){0};
    const hp_span bytes = {.at = pe->bytes + link.raw, .size = link.raw_size};
    const unsigned char *nul = bytes.size ? memchr(bytes.at, 0, bytes.size) : NULL;
    const size_t length = nul ? (size_t)(nul - bytes.at) : 0;
    if (length == 0 || memchr(bytes.at, '/', length) || memchr(bytes.at, '\\', length))
        return (hp_span){0};
    hp_cursor cursor = hp_cursor_open(bytes, (length / 4 + 1) * 4);
    *checksum = hp_cursor_u32(&cursor);
    if (cursor.failed)
        return (hp_span){0};
    return (hp_span){.at = bytes.at, .size = length};
}

uint32_t hp_facts_link_checksum(const void *bytes, size_t size) {
    uint32_t table[256], sum = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (unsigned bit = 0; bit < 8; bit++)
            table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0xEDB88320u : 0);
    }
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        sum = (sum >> 8) ^ table[(sum ^ at[i]) & 0xff];
    return ~sum;
}
