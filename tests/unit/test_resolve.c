// From names and addresses to entries: in this very program and in the system's DLLs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "client/resolve.h"

HP_PATCHABLE(int, resolve_plain, (int a)) {
    return a + 1;
}
HP_EXPORT(resolve_plain, "i32(i32 a)");
HP_EXPORT_AS("resolve_replacement_only", resolve_plain, "i32(i32 a)");

HP_PATCHABLE(int, resolve_twice, (void)) {
    return 2;
}

HP_PATCHABLE(int, resolve_folded_a, (void)) {
    return 3;
}
HP_PATCHABLE_AS("resolve_folded_b", resolve_folded_a);
HP_PATCHABLE_AS("resolve_folded_c", resolve_folded_a);

// Marked, and in the export table of the EXE under the same name.
HP_PATCHABLE(__declspec(dllexport) int, resolve_marked_export, (void)) {
    return 4;
}
__declspec(dllexport) int resolve_only_exported(void) {
    return 5;
}
HP_PATCHABLE_AS("resolve_twice", resolve_only_exported);

// What a linker makes of a function's address when it links incrementally.
#if HP_X64
#define SYMBOL(name) #name
#else
#define SYMBOL(name) "_" #name
#endif
// clang-format off
__asm__(".text\n\t"
        ".p2align 4\n\t"
        ".globl " SYMBOL(resolve_thunk) ", " SYMBOL(resolve_variable) "\n"
        SYMBOL(resolve_thunk) ":\t.byte 0xE9\n\t"
        ".long " SYMBOL(resolve_plain) " - . - 4\n\t"
        ".data\n"
        SYMBOL(resolve_variable) ":\t.long 0xC3C3C3C3\n\t"
        ".text\n");
// clang-format on
extern int resolve_thunk(int a);
extern void resolve_variable(void); // claims to be a function
HP_PATCHABLE_AS("resolve_thunk", resolve_thunk);
HP_PATCHABLE_AS("resolve_variable", resolve_variable);

static hp_resolver resolver;
static hp_resolved found;
static hp_trouble trouble;

static int begin(void **state) {
    (void)state;
    hp_resolve_begin(&resolver);
    return 0;
}

static int end(void **state) {
    (void)state;
    hp_resolve_end(&resolver);
    return resolver.images != NULL;
}

static const void *address_of(void (*function)(void)) {
    return (const void *)(uintptr_t)function;
}
#define ADDRESS(function) address_of((void (*)(void))(function))

static HRESULT find(HMODULE module, const char *name) {
    memset(&found, 0xA5, sizeof found);
    const hp_resolved before = found;
    trouble = (hp_trouble){0};
    HRESULT hr = hp_resolve_name(&resolver, module, name, &found, &trouble);
    assert_int_equal(trouble.result, FAILED(hr) ? hr : 0);
    if (FAILED(hr)) {
        assert_memory_equal(&found, &before, sizeof found);
        assert_string_equal(trouble.thing, hr == E_INVALIDARG ? "" : name);
    }
    return hr;
}

static HRESULT find_at(const void *address) {
    trouble = (hp_trouble){0};
    HRESULT hr = hp_resolve_address(&resolver, (void *)(uintptr_t)address, &found, &trouble);
    assert_int_equal(trouble.result, FAILED(hr) ? hr : 0);
    if (FAILED(hr)) {
        char text[32];
        snprintf(text, sizeof text, "%p", (void *)(uintptr_t)address);
        assert_string_equal(trouble.thing, text);
    } else {
        assert_ptr_equal(found.entry, address);
    }
    return hr;
}

// --- this program ---

static void assert_in_module(const char *name, HMODULE module, const void *address) {
    const unsigned char *base = (const void *)module;
    const IMAGE_NT_HEADERS *nt = (const void *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    assert_int_equal(find(module, name), S_OK);
    assert_ptr_equal(found.base, base);
    assert_ptr_equal(found.entry, address);
    assert_int_equal(found.size, nt->OptionalHeader.SizeOfImage);
    assert_int_equal(found.identity.timestamp, nt->FileHeader.TimeDateStamp);
    assert_int_equal(found.identity.arch, HP_ARCH_HERE);
}

static void marked_function_of_the_exe_is_found(void **state) {
    (void)state;
    assert_in_module("resolve_plain", GetModuleHandleW(NULL), ADDRESS(resolve_plain));
    assert_int_equal(find(NULL, "resolve_plain"), S_OK);
    assert_ptr_equal(found.entry, ADDRESS(resolve_plain));
    assert_ptr_equal(found.base, GetModuleHandleW(NULL));
}

static void function_that_is_marked_and_exported_is_no_alias_of_itself(void **state) {
    (void)state;
    assert_non_null(GetProcAddress(GetModuleHandleW(NULL), "resolve_marked_export"));
    assert_int_equal(find(NULL, "resolve_marked_export"), S_OK);
    assert_ptr_equal(found.entry, ADDRESS(resolve_marked_export));
}

static void what_is_not_marked_is_looked_for_among_the_exports(void **state) {
    (void)state;
    assert_int_equal(find(NULL, "resolve_only_exported"), S_OK);
    assert_ptr_equal(found.entry, ADDRESS(resolve_only_exported));
}

static void unknown_names_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"resolve_plai", "resolve_plain_", "Resolve_plain", " ", "~~~"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(find(NULL, names[i]), HP_E_NAME_UNKNOWN);
        assert_int_equal(find(GetModuleHandleW(L"ntdll.dll"), names[i]), HP_E_NAME_UNKNOWN);
    }
    assert_int_equal(find(NULL, NULL), E_INVALIDARG);
    assert_int_equal(find(NULL, ""), E_INVALIDARG);
}

static void same_name_twice_is_refused(void **state) {
    (void)state;
    assert_int_equal(find(NULL, "resolve_twice"), HP_E_NAME_DUPLICATE);
}

static void replacement_is_no_target(void **state) {
    (void)state;
    assert_int_equal(find(NULL, "resolve_replacement_only"), HP_E_NOT_PATCHABLE);
    assert_non_null(strstr(trouble.detail, "HP_EXPORT"));
}

static void folded_functions_name_each_other(void **state) {
    (void)state;
    static const char *const names[][2] = {{"resolve_folded_a", "resolve_folded_b"},
                                           {"resolve_folded_b", "resolve_folded_a"},
                                           {"resolve_folded_c", "resolve_folded_a"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(find(NULL, names[i][0]), HP_E_ADDRESS_SHARED);
        assert_string_equal(trouble.detail, names[i][1]);
    }
}

static void incremental_link_thunk_is_refused_with_where_it_leads(void **state) {
    (void)state;
    char target[32];
    snprintf(target, sizeof target, "%p", (void *)(uintptr_t)resolve_plain);
    assert_int_equal(resolve_thunk(1), 2);
    assert_int_equal(find(NULL, "resolve_thunk"), HP_E_LINK_THUNK);
    assert_string_equal(trouble.detail, target);
    assert_int_equal(find_at(ADDRESS(resolve_thunk)), HP_E_LINK_THUNK);
    assert_string_equal(trouble.detail, target);
}

static void marked_variable_is_refused(void **state) {
    (void)state;
    assert_int_equal(find(NULL, "resolve_variable"), HP_E_NOT_PATCHABLE);
}

// --- addresses ---

static void address_is_traced_to_its_image(void **state) {
    (void)state;
    const void *in_ntdll = (const void *)(uintptr_t)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtClose");
    for (int round = 0; round < 3; round++) {
        assert_int_equal(find_at(ADDRESS(resolve_plain)), S_OK);
        assert_ptr_equal(found.base, GetModuleHandleW(NULL));
        assert_int_equal(find_at(in_ntdll), S_OK); // its two names do not matter here
        assert_ptr_equal(found.base, GetModuleHandleW(L"ntdll.dll"));
        assert_int_equal(find(NULL, "resolve_plain"), S_OK);
    }
}

static void address_without_image_or_code_is_refused(void **state) {
    (void)state;
    static int variable;
    void *page = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READ);
    assert_non_null(page);
    const void *const addresses[] = {
        NULL, (void *)(uintptr_t)1, (void *)UINTPTR_MAX,           &variable, &addresses,
        page, "a string",           (void *)GetModuleHandleW(NULL)};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        assert_int_equal(find_at(addresses[i]), HP_E_NOT_PATCHABLE);
    VirtualFree(page, 0, MEM_RELEASE);
}

// --- the system's DLLs ---

static void forwarder_says_whereto(void **state) {
    (void)state;
    assert_int_equal(find(GetModuleHandleW(L"kernel32.dll"), "HeapAlloc"), HP_E_FORWARDER);
    assert_int_equal(_stricmp(trouble.detail, "ntdll.RtlAllocateHeap"), 0);
}

static void exported_data_is_refused(void **state) {
    (void)state;
    HMODULE msvcrt = LoadLibraryW(L"msvcrt.dll");
    assert_non_null(GetProcAddress(msvcrt, "_acmdln"));
    assert_int_equal(find(msvcrt, "_acmdln"), HP_E_NOT_PATCHABLE);
    assert_int_equal(find(msvcrt, "_environ"), HP_E_NOT_PATCHABLE);
    FreeLibrary(msvcrt);
}

static void two_names_of_one_export_name_each_other(void **state) {
    (void)state;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    assert_ptr_equal(GetProcAddress(ntdll, "NtClose"), GetProcAddress(ntdll, "ZwClose"));
    assert_int_equal(find(ntdll, "ZwClose"), HP_E_ADDRESS_SHARED);
    assert_string_equal(trouble.detail, "NtClose");
    assert_int_equal(find(ntdll, "NtClose"), HP_E_ADDRESS_SHARED);
    assert_string_equal(trouble.detail, "ZwClose");
}

typedef struct tally {
    unsigned good, forwarded, shared, data, thunks;
} tally;

// The loader's answer is the measure.
static void compare_with_the_loader(HMODULE module, const char *name, tally *all) {
    const HRESULT hr = find(module, name);
    const unsigned char *address = (const void *)(uintptr_t)GetProcAddress(module, name);
    MEMORY_BASIC_INFORMATION region = {0};
    VirtualQuery(address, &region, sizeof region);
    const int is_code = region.Protect == PAGE_EXECUTE_READ;
    if (hr == S_OK) {
        all->good++;
        assert_ptr_equal(found.entry, address);
        assert_true(is_code);
    } else if (hr == HP_E_FORWARDER) {
        all->forwarded++;
        assert_non_null(strchr(trouble.detail, '.'));
        assert_ptr_not_equal(region.AllocationBase, module);
    } else if (hr == HP_E_ADDRESS_SHARED) {
        all->shared++;
        assert_string_not_equal(trouble.detail, name);
        assert_ptr_equal(GetProcAddress(module, trouble.detail), address);
        assert_true(is_code);
    } else if (hr == HP_E_LINK_THUNK) {
        all->thunks++;
        assert_int_equal(*address, 0xE9);
    } else {
        all->data++;
        assert_int_equal(hr, HP_E_NOT_PATCHABLE);
        assert_false(is_code);
    }
}

static void every_export_of_the_system_is_found_as_the_loader_finds_it(void **state) {
    (void)state;
    static const wchar_t *const names[] = {L"ntdll.dll", L"kernel32.dll", L"kernelbase.dll", L"msvcrt.dll"};
    tally all = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        HMODULE module = LoadLibraryW(names[i]);
        assert_non_null(module);
        const unsigned char *base = (const void *)module;
        const IMAGE_NT_HEADERS *nt = (const void *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
        const IMAGE_EXPORT_DIRECTORY *exports =
            (const void *)(base + nt->OptionalHeader.DataDirectory[0].VirtualAddress);
        const DWORD *texts = (const void *)(base + exports->AddressOfNames);
        assert_true(exports->NumberOfNames > 100);
        for (DWORD name = 0; name < exports->NumberOfNames; name++)
            compare_with_the_loader(module, (const char *)base + texts[name], &all);
        FreeLibrary(module);
    }
    print_message("# good %u, forwarded %u, shared %u, data %u, thunks %u\n", all.good, all.forwarded,
                  all.shared, all.data, all.thunks);
    assert_true(all.good > 1000 && all.forwarded > 10 && all.shared > 100 && all.data > 10);
}

static void modules_that_take_turns_are_not_mixed_up(void **state) {
    (void)state;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll"), kernel = GetModuleHandleW(L"kernel32.dll");
    for (int round = 0; round < 3; round++) {
        assert_in_module("RtlAllocateHeap", ntdll,
                         (const void *)(uintptr_t)GetProcAddress(ntdll, "RtlAllocateHeap"));
        assert_int_equal(find(kernel, "RtlAllocateHeap"), HP_E_NAME_UNKNOWN);
        assert_int_equal(find(kernel, "HeapAlloc"), HP_E_FORWARDER);
        assert_int_equal(find(ntdll, "HeapAlloc"), HP_E_NAME_UNKNOWN);
        assert_in_module("resolve_plain", GetModuleHandleW(NULL), ADDRESS(resolve_plain));
        assert_int_equal(find(ntdll, "resolve_plain"), HP_E_NAME_UNKNOWN);
    }
}

static void module_that_was_looked_into_stays_until_the_end(void **state) {
    (void)state;
    static const wchar_t name[] = L"lz32.dll"; // of no use to anybody
    if (GetModuleHandleW(name) != NULL)
        skip();
    HMODULE module = LoadLibraryW(name);
    assert_non_null(module);
    assert_int_equal(find(module, "no such function"), HP_E_NAME_UNKNOWN);
    assert_int_equal(find(module, "no such function"), HP_E_NAME_UNKNOWN);
    FreeLibrary(module);
    assert_ptr_equal(GetModuleHandleW(name), module);
    assert_int_equal(find(module, "no such function"), HP_E_NAME_UNKNOWN); // its table is still there
    hp_resolve_end(&resolver);
    assert_null(GetModuleHandleW(name));
    assert_int_equal(find(module, "no such function"), HP_E_TABLE_DAMAGED);
    module = LoadLibraryW(name); // the same with an address
    assert_non_null(module);
    assert_int_equal(find_at((const void *)module), HP_E_NOT_PATCHABLE); // its headers
    FreeLibrary(module);
    assert_ptr_equal(GetModuleHandleW(name), module);
    hp_resolve_end(&resolver);
    assert_null(GetModuleHandleW(name));
}

// An unpacker may leave such headers behind.
static void address_that_the_headers_deny_is_refused(void **state) {
    (void)state;
    unsigned char *base = (unsigned char *)LoadLibraryW(L"lz32.dll");
    assert_non_null(base);
    IMAGE_NT_HEADERS *nt = (void *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    DWORD before, size = nt->OptionalHeader.SizeOfImage;
    assert_true(VirtualProtect(nt, sizeof *nt, PAGE_READWRITE, &before));
    nt->OptionalHeader.SizeOfImage = 0x1000;
    const HRESULT hr = find_at(base + 0x1000);
    nt->OptionalHeader.SizeOfImage = size;
    assert_true(VirtualProtect(nt, sizeof *nt, before, &before));
    assert_int_equal(hr, HP_E_TABLE_DAMAGED);
    assert_null(resolver.images);
    FreeLibrary((HMODULE)base);
}

static void handle_that_is_no_base_is_refused(void **state) {
    (void)state;
    const uintptr_t base = (uintptr_t)GetModuleHandleW(L"kernel32.dll");
    const uintptr_t handles[] = {base + 1, base + 2, base + 0x1000, 0x10, 0x10000, UINTPTR_MAX};
    assert_int_equal(find((HMODULE)base, "HeapAlloc"), HP_E_FORWARDER); // so that it is known
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        assert_int_equal(find((HMODULE)handles[i], "HeapAlloc"), HP_E_TABLE_DAMAGED);
    assert_int_equal(find((HMODULE)base, "HeapAlloc"), HP_E_FORWARDER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(marked_function_of_the_exe_is_found),
        TEST(function_that_is_marked_and_exported_is_no_alias_of_itself),
        TEST(what_is_not_marked_is_looked_for_among_the_exports),
        TEST(unknown_names_are_refused),
        TEST(same_name_twice_is_refused),
        TEST(replacement_is_no_target),
        TEST(folded_functions_name_each_other),
        TEST(incremental_link_thunk_is_refused_with_where_it_leads),
        TEST(marked_variable_is_refused),
        TEST(address_is_traced_to_its_image),
        TEST(address_without_image_or_code_is_refused),
        TEST(forwarder_says_whereto),
        TEST(exported_data_is_refused),
        TEST(two_names_of_one_export_name_each_other),
        TEST(every_export_of_the_system_is_found_as_the_loader_finds_it),
        TEST(modules_that_take_turns_are_not_mixed_up),
        TEST(module_that_was_looked_into_stays_until_the_end),
        TEST(address_that_the_headers_deny_is_refused),
        TEST(handle_that_is_no_base_is_refused),
    };
    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
