// What C++ has to add.
extern "C" {
#include "kinds.h"
}

namespace acme {
struct Error {
    int code[4];
};
} // namespace acme

static volatile int cleaned, unclean;

struct Cleaner {
    Cleaner() {
        unclean = unclean + 1;
    }
    ~Cleaner() {
        unclean = unclean - 1;
        cleaned = cleaned + 1;
    }
};

static void __attribute__((noinline)) fail(int how) {
    Cleaner cleaner;
    if (how == KIND_CXX_INT)
        throw 5;
    if (how == KIND_CXX_IN_CATCH) {
        try {
            throw 6;
        } catch (int) {
            throw acme::Error();
        }
    }
    throw acme::Error();
}

static void __attribute__((noinline)) must_not_throw(int how) noexcept {
    fail(how);
}

// What earlier throws should have destroyed tells by what is thrown instead.
extern "C" int kinds_throw(int how) {
    if (unclean)
        throw 'x';
    Cleaner cleaner;
    if (how == KIND_TERMINATE)
        must_not_throw(how);
    if (how != KIND_CXX_CAUGHT)
        fail(how);
    try {
        fail(how);
    } catch (const acme::Error &) {
        return 0;
    }
    return 1;
}
