// Updates that must not serve and not be registered: one defect each, chosen by the build.
#include <hotpatch/server.h>

#define FIXTURE_NONE 1       // no function table at all
#define FIXTURE_PATCHABLE 2  // a table without an export
#define FIXTURE_DUPLICATE 3  // two exports of one name
#define FIXTURE_LONG 4       // a name of 256 characters
#define FIXTURE_IDENTIFIER 5 // a name that is no identifier
#define FIXTURE_SIGNATURE 6  // a signature that cannot be read
#define FIXTURE_POINTER 7    // a signature that returns a pointer

#define C16 "cccccccccccccccc"
#define C64 C16 C16 C16 C16

#if FIXTURE != FIXTURE_NONE
HP_PATCHABLE(int, fixture_fine, (int a)) {
    return a;
}
#endif

#if FIXTURE >= FIXTURE_DUPLICATE
HP_EXPORT(fixture_fine, "i32(i32 a)");
#endif

#if FIXTURE == FIXTURE_DUPLICATE
HP_EXPORT_AS("fixture_fine", fixture_fine, "i32(i32 a)");
#elif FIXTURE == FIXTURE_LONG
HP_EXPORT_AS(C64 C64 C64 C64, fixture_fine, "i32(i32 a)");
#elif FIXTURE == FIXTURE_IDENTIFIER
HP_EXPORT_AS("9 lives", fixture_fine, "i32(i32 a)");
#elif FIXTURE == FIXTURE_SIGNATURE
HP_EXPORT_AS("fixture_malformed", fixture_fine, "i32(i32 a, i33 b)");
#elif FIXTURE == FIXTURE_POINTER
HP_EXPORT_AS("fixture_pointer", fixture_fine, "i32*(i32 a)");
#endif

int main(void) {
    static const hp_server_class update = {
        .size = sizeof update, .progid = L"Hotpatch.FixtureBroken", .version = 1, .idle_ms = 5000};
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
