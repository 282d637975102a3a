// One source file as app and as update, built against the installed package only, with its functions in
// sections of their own and unreferenced sections dropped: the table of functions has to survive what
// careful vendors do to their EXEs.
#include <hotpatch/hotpatch.h>

#include <stdio.h>

static int bonus; // 100 in the process that serves

HP_PATCHABLE(int, score_add, (int score, int points)) {
    return score + points + bonus;
}
HP_EXPORT(score_add, "i32(i32 score, i32 points)");

// Replaceable without a word about it: hotpatch_target in CMakeLists.txt.
int score_double(int score);
int score_double(int score) {
    return 2 * score + bonus;
}

static int check(const char *what, int got, int expected) {
    printf("%s: %d\n", what, got);
    return got == expected ? 0 : 1;
}

int main(int argc, char **argv) {
    static const hp_server_class update = {
        .size = sizeof(hp_server_class), .progid = L"Hotpatch.Test.Consumer", .version = 1};
    bonus = argc > 1 ? 100 : 0;
    int code = hp_com_main(&update);
    if (code != HP_NOT_A_SERVER)
        return code;
    (void)argv;

    BOOL resources = FindResourceW(NULL, MAKEINTRESOURCEW(1), L"TYPELIB") != NULL &&
                     FindResourceW(NULL, MAKEINTRESOURCEW(7), MAKEINTRESOURCEW(10)) != NULL;
    int wrong = check("resources of both", resources, 1);
    wrong |= check("before", score_add(2, 3), 5);
    // Every process counts as elevated under Wine.
    static const hp_attach_options options = {.size = sizeof(hp_attach_options),
                                              .flags = HP_ATTACH_ALLOW_ELEVATED};
    HRESULT hr = hp_com_attach_ex(L"Hotpatch.Test.Consumer", &options, NULL);
    printf("attach: 0x%08lx\n", (unsigned long)hr);
    wrong |= hr != S_OK;
    wrong |= check("attached", score_add(2, 3), 105);
    wrong |= check("attached, without a macro", score_double(4), 108);
    hr = hp_com_unregister(L"Hotpatch.Test.Consumer");
    printf("unregister: 0x%08lx\n", (unsigned long)hr);
    wrong |= hr != S_OK;
    wrong |= check("after", score_add(2, 3), 5);
    wrong |= check("after, without a macro", score_double(4), 8);
    return wrong;
}
