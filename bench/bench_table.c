/*
 * What a prepared image costs: preparing one of 10,000 functions, bytes of table a function, opening a table,
 * and looking a name up in tables of different sizes. Checks that what it measures happens.
 *
 * prepared_program.exe and hotpatch.exe stand beside it (CMakeLists.txt).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "bench/bench_clock.h"
#include "proxygen/table_shared.h"
#include "tools/image/pe.h"
#include "tools/tool.h"

enum { SIZES = 3, LOOKUPS = 20000, NAME = 40, GOAL = 48 };

/** A table of so many functions, and the names in it in an order of their own. */
typedef struct sample {
    unsigned count;
    hp_table table;
    unsigned char *bytes;
    size_t size;
    char (*names)[NAME];
    unsigned at;
    hp_bench_figure open, find;
} sample;

static HRESULT make(sample *it) {
    hp_table_function *functions = calloc(it->count, sizeof *functions);
    it->names = calloc(it->count, sizeof *it->names);
    if (functions == NULL || it->names == NULL) {
        free(functions);
        return E_OUTOFMEMORY;
    }
    for (unsigned i = 0; i < it->count; i++) {
        snprintf(it->names[i], NAME, "module_%u::function_%u", i % 97, i * 7919u % 1000003u);
        functions[i] = (hp_table_function){.name = it->names[i],
                                           .signature = "i32(i32,i32)",
                                           .rva = 0x1000 + 16 * i,
                                           .size = 16,
                                           .form = HP_FORM_NOPS,
                                           .room = 16,
                                           .short_length = (uint8_t)strlen(it->names[i]),
                                           .compiler = HP_COMPILER_GNU};
    }
    const hp_table_about about = {.arch = HP_ARCH_HERE, .image_size = 0x10000000, .writer = "bench"};
    HRESULT hr = hp_table_make(&about, functions, it->count, &it->bytes, &it->size, NULL);
    free(functions);
    return SUCCEEDED(hr) ? hp_table_open(it->bytes, it->size, &it->table, NULL) : hr;
}

static unsigned failures;

static void find(void *context, unsigned count) {
    sample *it = context;
    for (unsigned i = 0; i < count; i++) {
        uint32_t index;
        it->at = (it->at + 7919) % it->count;
        const char *name = it->names[it->at];
        failures += hp_table_find(&it->table, name, strlen(name), &index) != S_OK;
    }
}

static void open_table(void *context, unsigned count) {
    sample *it = context;
    for (unsigned i = 0; i < count; i++) {
        hp_table table;
        failures += hp_table_open(it->bytes, it->size, &table, NULL) != S_OK;
    }
}

static HRESULT measure(sample *it) {
    HRESULT hr = make(it);
    if (FAILED(hr)) {
        free(it->bytes);
        free(it->names);
        return hr;
    }
    it->find = hp_bench_clock_one(find, it, LOOKUPS);
    it->open = hp_bench_clock_one(open_table, it, 100000 / it->count);
    free(it->bytes);
    free(it->names);
    return failures ? E_UNEXPECTED : S_OK;
}

/** One image, prepared. */
typedef struct prepared {
    double seconds;
    uint32_t functions;
    double bytes;      /* of table a function, functions' names not counted */
    double structural; /* the same without any name: of types, members, parameters and files neither */
} prepared;

static double now_s(void) {
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart / (double)frequency.QuadPart;
}

static HRESULT run(wchar_t *command) {
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = 1;
    if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return HRESULT_FROM_WIN32(GetLastError());
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return code == 0 ? S_OK : E_FAIL;
}

static int compare_texts(const void *a, const void *b) {
    const char *const *x = a, *const *y = b;
    return (*x > *y) - (*x < *y);
}

/* Bytes of a signature that the source gave a name: all words but the language's own. */
static size_t names_in(const char *text) {
    static const char language[] =
        " void bool i8 u8 i16 u16 i32 u32 i64 u64 f32 f64 handle in out inout str wstr struct enum stdcall "
        "fastcall thiscall ";
    size_t bytes = 0;
    while (*text != '\0') {
        const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
        char word[300];
        snprintf(word, sizeof word, " %.*s ", (int)length, text);
        if (length > 0 && (*text > '9' || *text == '_') && strstr(language, word) == NULL)
            bytes += length;
        text += length > 0 ? length : 1;
    }
    return bytes;
}

/* Each text once. */
static size_t names_in_all(const char **texts, size_t count) {
    size_t bytes = 0;
    qsort((void *)texts, count, sizeof *texts, compare_texts);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || texts[i] != texts[i - 1])
            bytes += names_in(texts[i]);
    return bytes;
}

/* As the table has it: with references. */
static const char *text_at(const hp_table *table, const unsigned char *field) {
    return table->signature + hp_table_u32(field);
}

static HRESULT weigh_table(const hp_table *table, size_t size, prepared *it) {
    const char **texts = malloc(((size_t)table->count + table->definitions + 1) * sizeof *texts);
    size_t names = 0, count = 0;
    if (texts == NULL)
        return E_OUTOFMEMORY;
    for (uint32_t i = 0; i < table->definitions; i++)
        texts[count++] = text_at(table, table->definition + (size_t)i * HP_TABLE_DEFINITION);
    for (uint32_t i = 0; i < table->count; i++) {
        hp_table_function function;
        hp_table_get(table, i, &function);
        names += strlen(function.name) + 1;
        if (SUCCEEDED(function.callable))
            texts[count++] = text_at(table, hp_table_function_at(table, i) + HP_TABLE_AT_SIGNATURE);
    }
    it->functions = table->count;
    it->bytes = (double)(size - names) / table->count;
    it->structural = (double)(size - names - names_in_all(texts, count)) / table->count;
    free((void *)texts);
    return S_OK;
}

static HRESULT weigh(const char *path, prepared *it) {
    unsigned char *bytes;
    size_t size;
    hp_pe pe;
    hp_table table;
    HRESULT hr = hp_tool_read_file(path, &bytes, &size, NULL);
    if (FAILED(hr))
        return hr;
    hr = hp_pe_open(bytes, size, &pe, NULL);
    const hp_span data = SUCCEEDED(hr) ? hp_pe_rcdata(&pe, HP_TABLE_RESOURCE) : (hp_span){0};
    if (SUCCEEDED(hr))
        hr = hp_table_open(data.at, data.size, &table, NULL);
    if (SUCCEEDED(hr))
        hr = weigh_table(&table, data.size, it);
    free(bytes);
    return hr;
}

static HRESULT prepare(prepared *it) {
    wchar_t folder[MAX_PATH] = L"", command[4 * MAX_PATH], image[2 * MAX_PATH];
    const DWORD length = GetModuleFileNameW(NULL, folder, MAX_PATH);
    wchar_t *last = length > 0 && length < MAX_PATH ? wcsrchr(folder, L'\\') : NULL;
    if (last == NULL)
        return E_UNEXPECTED;
    *last = L'\0';
    swprintf(image, 2 * MAX_PATH, L"%ls\\prepared_program.prepared.exe", folder);
    /* Its sources are named relative to nothing: they are generated. */
    swprintf(command, 4 * MAX_PATH,
             L"\"%ls\\hotpatch.exe\" prepare --quiet --sources / -o \"%ls\" \"%ls\\prepared_program.exe\"",
             folder, image, folder);
    const double start = now_s();
    HRESULT hr = run(command);
    it->seconds = now_s() - start;
    char *path = hp_tool_utf8(image);
    if (SUCCEEDED(hr))
        hr = path != NULL ? weigh(path, it) : E_OUTOFMEMORY;
    DeleteFileW(image);
    free(path);
    return hr;
}

int main(int argc, char **argv) {
    static const char *const arch = HP_X64 ? "x64" : "x86";
    sample samples[SIZES] = {{.count = 100}, {.count = 10000}, {.count = 100000}};
    prepared image = {0};
    HRESULT hr = S_OK;
    for (int i = 0; i < SIZES && SUCCEEDED(hr); i++)
        hr = measure(&samples[i]);
    if (SUCCEEDED(hr))
        hr = prepare(&image);
    if (FAILED(hr)) {
        fprintf(stderr, "bench_table: failed (0x%08lX)\n", (unsigned long)hr);
        return 1;
    }
    const int json = argc > 1 && strcmp(argv[1], "--json") == 0;
    puts(json ? "[" : "arch functions  look a name up (quartiles)  open the table, a function");
    for (int i = 0; i < SIZES; i++)
        printf(
            json ? "  {\"arch\": \"%s\", \"table_functions\": %u, \"find_ns\": %.1f, \"find_ns_quartiles\": "
                   "[%.1f, %.1f], \"open_ns\": %.1f},\n"
                 : "%-4s %9u  %8.1f ns (%.1f - %.1f)  %15.1f ns\n",
            arch, samples[i].count, samples[i].find.median, samples[i].find.low, samples[i].find.high,
            samples[i].open.median / samples[i].count);
    if (!json)
        printf("arch functions  hotpatch prepare  bytes a function beyond its name (goal: at most %d)  "
               "beyond all names\n",
               GOAL);
    printf(json ? "  {\"arch\": \"%s\", \"prepared_functions\": %u, \"prepare_s\": %.2f, \"table_bytes\": "
                  "%.1f, \"table_bytes_without_names\": %.1f}\n]\n"
                : "%-4s %9u  %13.2f s  %50.1f  %15.1f\n",
           arch, (unsigned)image.functions, image.seconds, image.bytes, image.structural);
    return 0;
}
