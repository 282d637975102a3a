// An image file, whatever it claims: it is read within its bounds; a resource that is added can be found, and
// leaves all sections as they are, and the headers where they are unless the section table fills them; taken
// away again, it leaves the file as it was.
#include "tools/image/pe_write.h"

#include <stdlib.h>
#include <string.h>

#define NAME "HOTPATCHDATA"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void check(int good) {
    if (!good)
        abort();
}

static unsigned sum_of(hp_span span) {
    unsigned sum = 0;
    for (size_t i = 0; i < span.size; i++)
        sum += span.at[i];
    return sum;
}

// Touches every byte that is given out.
static unsigned walk(const hp_pe *pe) {
    hp_pe_section section;
    hp_pe_symbol symbol;
    size_t at = 0;
    unsigned sum = (unsigned)hp_pe_fingerprint(pe);
    for (uint16_t i = 0; i < pe->section_count; i++) {
        hp_pe_section_get(pe, i, &section);
        sum += sum_of((hp_span){pe->bytes + section.raw, section.raw_size});
        check(strlen(section.name) < sizeof section.name);
        check(section.size == 0 || hp_pe_section_at(pe, section.rva, &section));
    }
    for (unsigned i = 0; i <= 16; i++)
        sum += sum_of(hp_pe_directory(pe, i));
    while (hp_pe_symbol_next(pe, &at, &symbol)) {
        sum += sum_of((hp_span){(const unsigned char *)symbol.name, symbol.length});
        check(symbol.rva <= pe->image_size);
    }
    return sum + sum_of(hp_pe_rcdata(pe, NAME)) + sum_of(pe->strings);
}

// One of our sections, or our resource: what follows then replaces what was there.
static int is_prepared(const hp_pe *pe) {
    static const char name[] = NAME;
    for (size_t i = 0; i + 6 <= pe->size; i++) {
        if (memcmp(pe->bytes + i, "HPRSRC", 6) == 0)
            return 1;
        size_t k = 0;
        while (i + 2 * k < pe->size && k < sizeof name - 1 && pe->bytes[i + 2 * k] == (unsigned char)name[k])
            k++;
        if (k == sizeof name - 1)
            return 1;
    }
    return 0;
}

// The new section's header stands behind the table; or, where the headers moved down, ends where that did.
static void expect_headers_kept(const hp_pe *before, const hp_pe *after) {
    enum { NEW_HEADER = 60, DOS_HEADER = 64, SECTION_HEADER = 40 };
    size_t end = before->sections + (size_t)before->section_count * SECTION_HEADER;
    check(after->headers == before->headers || after->headers + SECTION_HEADER == before->headers);
    if (after->headers == before->headers)
        end += SECTION_HEADER;
    check(memcmp(before->bytes, after->bytes, NEW_HEADER) == 0);
    check(memcmp(before->bytes + DOS_HEADER, after->bytes + DOS_HEADER, after->headers - DOS_HEADER) == 0);
    check(memcmp(before->bytes + end, after->bytes + end, before->size - end) == 0);
}

static void expect_kept(const hp_pe *before, const hp_pe *after) {
    hp_pe_section section;
    expect_headers_kept(before, after);
    check(after->size >= before->size && after->section_count == before->section_count + 1);
    for (uint16_t i = 0; i < before->section_count; i++) {
        hp_pe_section_get(before, i, &section);
        check(memcmp(before->bytes + section.raw, after->bytes + section.raw, section.raw_size) == 0);
    }
    check(hp_pe_fingerprint(before) == hp_pe_fingerprint(after));
    // A table that was cut off may find its end in a longer file.
    check(before->symbol_count == 0 || before->symbol_count == after->symbol_count);
    check(before->strings.size == 0 || before->strings.size == after->strings.size);
}

static void add_and_remove(const hp_pe *pe) {
    static const unsigned char data[100] = {'d', 'a', 't', 'a', 7};
    unsigned char *added, *again, *away;
    size_t added_size, size, place;
    const char *reason = NULL;
    const HRESULT hr = hp_pe_write_rcdata(pe, NAME, data, sizeof data, &added, &added_size, &place, &reason);
    check((hr == S_OK) == (reason == NULL));
    if (hr != S_OK)
        return;
    hp_pe one;
    check(hp_pe_open(added, added_size, &one, NULL) == S_OK);
    const hp_span found = hp_pe_rcdata(&one, NAME);
    check(found.at == added + place && found.size == sizeof data);
    check(memcmp(found.at, data, sizeof data) == 0);
    check(hp_pe_write_rcdata(&one, NAME, data, sizeof data, &again, &size, NULL, NULL) == S_OK);
    check(size == added_size && memcmp(again, added, size) == 0);
    check(hp_pe_write_rcdata(&one, NAME, NULL, 0, &away, &size, NULL, NULL) == S_OK);
    if (!is_prepared(pe)) {
        expect_kept(pe, &one);
        check(size == pe->size && memcmp(away, pe->bytes, size) == 0);
    }
    free(added);
    free(again);
    free(away);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    // A copy of exactly this size: the sanitizer sees one byte too many.
    unsigned char *bytes = malloc(length ? length : 1);
    if (!bytes)
        return 0;
    memcpy(bytes, input, length);
    hp_pe pe;
    if (hp_pe_open(bytes, length, &pe, NULL) == S_OK) {
        check(walk(&pe) != 1 || length != 0); // or the compiler could leave it out
        add_and_remove(&pe);
    }
    free(bytes);
    return 0;
}
