/*
 * matrix.exe         calls everything and compares the results
 * matrix.exe table   prints the table in this EXE; wrong is a function that cannot be redirected
 * matrix.exe patch   redirects every function, by its name in the table, to one that counts: are all calls
 *                    counted?
 * Exit code: 0, or 1 with what is wrong on stdout. It is compiled with the tested options as well.
 */
#include <stdio.h>
#include <string.h>
#include <hotpatch/patch.h>
#include <windows.h>

#include "idl/protocol.h"
#include "proxygen/table.h"
#include "tests/prepare/own/matrix.h"

enum { REPLACED = 100, CHANGED = 77 };

/* clang calls a function whose result it knows, also a marked one, and does not look at what it returns. */
#if defined(MATRIX_FAST) && defined(__clang__)
enum { UNREAD_RESULT = MATRIX_constant };
#else
enum { UNREAD_RESULT = -1 };
#endif

static int hits[MATRIX_COUNT];
static int wrong;

/* A callee may leave anything in these registers. */
static void spoil_registers(void) {
#if defined(__x86_64__)
    __asm__ volatile(
        "mov $-1, %%rax; mov %%rax, %%rcx; mov %%rax, %%rdx; mov %%rax, %%r8; mov %%rax, %%r9\n\t"
        "mov %%rax, %%r10; mov %%rax, %%r11; pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm1, %%xmm1\n\t"
        "pcmpeqd %%xmm2, %%xmm2; pcmpeqd %%xmm3, %%xmm3; pcmpeqd %%xmm4, %%xmm4; pcmpeqd %%xmm5, %%xmm5" ::
            : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
              "cc", "memory");
#else
    __asm__ volatile("mov $-1, %%eax; mov %%eax, %%ecx; mov %%eax, %%edx" ::
                         : "eax", "ecx", "edx", "cc", "memory");
#endif
}

static int count(int which) {
    hits[which]++;
    spoil_registers();
    return REPLACED;
}

#define NEW_CALLED(convention, result, name, parameters, ...)                                                \
    static result convention new_##name parameters {                                                         \
        __VA_ARGS__;                                                                                         \
        return (result)count(MATRIX_##name);                                                                 \
    }
#define NEW(result, name, parameters, ...) NEW_CALLED(, result, name, parameters, __VA_ARGS__)
/* Arguments that are not as the caller gave them. */
#define EXPECT(what) wrong |= (what) ? 0 : (printf("%s: %s does not hold\n", __func__, #what), 1)

NEW(int, leaf, (int a), EXPECT(a == 3 || a == 6))
NEW(int, constant, (void), (void)0)
NEW(int, scaled, (int a, int factor), EXPECT(a == 3 && factor == 7))
NEW(int, ignored, (int a), EXPECT(a == 3))
NEW(int, unread, (int a, int b), EXPECT(a == 3 && b == 5))
NEW(int, behind, (const int *value), EXPECT(*value == 3))
NEW(int, guarded, (const int *values, int n), EXPECT(n == 0 ? values == NULL : n == 3 && values[1] == 3))
NEW(int, twice, (const char *text), EXPECT(strcmp(text, "abcdef") == 0))
NEW(int, sum_to, (int n), EXPECT(n == 3))
NEW(int, tail, (int a), EXPECT(a == 3))
NEW(int, peek, (matrix_box * box), EXPECT(box->at.x == 5); box->at.x = CHANGED)
NEW(int, registers, (int a), EXPECT(a == 3))
NEW(double, mixed, (double a, float b, int c), EXPECT(a == 2.5 && b == 2.0f && c == 6))
NEW(unsigned char, small, (signed char a, unsigned short b, _Bool c), EXPECT(a == -1 && b == 1 && c))
NEW(int64_t, large, (int64_t a, uint64_t b), EXPECT(a == INT64_C(3) << 32 && b == 3))
NEW(matrix_color, painted, (matrix_color color), EXPECT(color == MATRIX_GREEN))
NEW(int, inside, (matrix_point point), EXPECT(point.x == 3 && point.y == 4))
NEW(int, called_back, (int a), EXPECT(a == 3))
NEW_CALLED(MATRIX_STDCALL, int, by_stdcall, (int a, int b), EXPECT(a == 3 && b == 4))
NEW_CALLED(MATRIX_FASTCALL, int, by_fastcall, (int a, int b, int c), EXPECT(a == 1 && b == 2 && c == 3))
NEW(int, abroad, (int a), EXPECT(a == 7))
NEW(int, abroad_static, (int a), EXPECT(a == 3))

static matrix_point new_moved(const matrix_box *box, int by) {
    EXPECT(box->at.x == 1 && by == 2);
    const matrix_point there = {count(MATRIX_moved), 0};
    return there;
}

static const struct {
    const char *name;
    int calls;
    double sum;
    void *replacement;
} functions[] = {
#define X(name, calls, sum) {#name, calls, sum, (void *)new_##name},
    MATRIX_FUNCTIONS(X)
#undef X
};

static void say_wrong(const char *name, const char *what, double got, double expected) {
    if (got != expected) {
        printf("%s: %s %.0f instead of %.0f\n", name, what, got, expected);
        wrong = 1;
    }
}

static void run_original(void) {
    double result[MATRIX_RESULTS];
    matrix_calls(3, result);
    for (int i = 0; i < MATRIX_COUNT; i++)
        say_wrong(functions[i].name, "results are", result[i], functions[i].sum);
    say_wrong("peek", "memory is", result[MATRIX_MEMORY], 5);
    say_wrong("registers", "kept is", result[MATRIX_KEPT], 15);
}

static void run_replaced(void) {
    double result[MATRIX_RESULTS];
    memset(hits, 0, sizeof hits);
    matrix_calls(3, result);
    for (int i = 0; i < MATRIX_COUNT; i++) {
        /* tail is replaced, so it does not call leaf */
        const int calls = i == MATRIX_leaf ? functions[i].calls - 1 : functions[i].calls;
        say_wrong(functions[i].name, "calls counted are", hits[i], calls);
        if (i != MATRIX_ignored && i != UNREAD_RESULT)
            say_wrong(functions[i].name, "new results are", result[i], REPLACED * functions[i].calls);
    }
    say_wrong("peek", "memory is", result[MATRIX_MEMORY], CHANGED);
    say_wrong("registers", "kept is", result[MATRIX_KEPT], 15);
}

static int failed(const char *what, hp_patch *patch, HRESULT hr) {
    hp_patch_trouble trouble = {.size = sizeof trouble};
    if (SUCCEEDED(hr))
        return 0;
    hp_patch_explain(patch, &trouble);
    printf("%s: 0x%08lx %s %s\n", what, (unsigned long)hr, trouble.name, trouble.detail);
    return wrong = 1;
}

static void patch_all(void) {
    hp_patch *patch = NULL;
    failed("open", patch, hp_patch_open(&patch));
    for (int i = 0; i < MATRIX_COUNT; i++) {
        const hp_patch_function function = {
            .size = sizeof function, .name = functions[i].name, .replacement = functions[i].replacement};
        failed(functions[i].name, patch, hp_patch_add(patch, &function));
    }
    if (wrong || failed("commit", patch, hp_patch_commit(patch)))
        return;
    run_replaced();
    if (!failed("revert", patch, hp_patch_revert(patch)))
        run_original();
    hp_patch_close(patch);
}

static void print_table(void) {
    HRSRC resource = FindResourceW(NULL, L"HOTPATCHDATA", (const wchar_t *)RT_RCDATA);
    hp_table table;
    const char *reason = "there is none";
    if (resource == NULL || FAILED(hp_table_open(LockResource(LoadResource(NULL, resource)),
                                                 SizeofResource(NULL, resource), &table, &reason))) {
        printf("the table: %s\n", reason);
        wrong = 1;
        return;
    }
    for (uint32_t i = 0; i < table.count; i++) {
        hp_table_function f;
        char signature[HP_SIGNATURE_MAX + 1];
        hp_table_get(&table, i, &f);
        hp_table_signature(&table, i, signature, sizeof signature);
        printf("%s: %s%s\n", f.name, FAILED(f.callable) ? "not callable: " : "", signature);
        if (FAILED(f.patchable)) {
            printf("%s: %s\n", f.name, hp_error_symbol(f.patchable));
            wrong = 1;
        }
    }
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "table") == 0)
        print_table();
    else if (strcmp(mode, "patch") == 0)
        patch_all();
    else
        run_original();
    printf(wrong ? "not as it should be\n" : "all is well\n");
    return wrong;
}
