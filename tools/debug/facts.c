#include "tools/debug/facts.h"

#include <stdlib.h>

const hp_fact *hp_facts_find(const hp_facts *facts, uint32_t rva) {
    size_t low = 0, high = facts->with_code;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (facts->items[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low < facts->with_code && facts->items[low].rva == rva ? &facts->items[low] : NULL;
}

void hp_facts_free(hp_facts *facts) {
    free(facts->items);
    free(facts->texts);
    free(facts->enums);
    free(facts->enum_texts);
    *facts = (hp_facts){0};
}
