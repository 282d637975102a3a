// Writes one byte behind a block of the heap, and returns 1 if the system's heap check sees that, else 0.
#include <windows.h>

int main(void) {
    HANDLE heap = GetProcessHeap();
    volatile unsigned char *block = HeapAlloc(heap, 0, 24);
    if (block == NULL || !HeapValidate(heap, 0, (const void *)(uintptr_t)block))
        return 2;
    block[24] ^= 0x55;
    int seen = !HeapValidate(heap, 0, (const void *)(uintptr_t)block);
    block[24] ^= 0x55;
    HeapFree(heap, 0, (void *)(uintptr_t)block);
    return seen;
}
