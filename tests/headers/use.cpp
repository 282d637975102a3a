// What an app and an update write, in C++: all macros of the public headers, on functions as C++ has them.
// Compiled by "headers-cxx"; "cxx-macros" runs it.
#include <hotpatch/hotpatch.h>
#include <hotpatch/patch.h>

// A name without a namespace; the linker's name, _Z9use_plainii, does not matter.
HP_PATCHABLE(int, use_plain, (int a, int b)) {
    return a + b;
}
HP_EXPORT(use_plain, "i32(i32 a, i32 b)");

extern "C" {
HP_PATCHABLE(int, use_c, (int a)) {
    return 2 * a;
}
HP_EXPORT(use_c, "i32(i32 a)");
}

// HP_PATCHABLE says "twice" here; HP_PATCHABLE_AS and HP_EXPORT_AS give the whole name.
namespace use {
HP_PATCHABLE(int, twice, (int a)) {
    return 2 * a;
}
} // namespace use
HP_EXPORT_AS("use::twice", use::twice, "i32(i32 a)");

HP_PATCHABLE(static int HP_STDCALL, use_standard, (const wchar_t *name)) {
    return name[0];
}
HP_EXPORT_AS("use::standard", use_standard, "stdcall i32(in wstr name)");

// Of overloads only the first can have HP_PATCHABLE; a cast tells which one another macro means.
HP_PATCHABLE(int, use_overloaded, (int a)) {
    return a + 1;
}
static double use_overloaded(double a) noexcept {
    return a;
}
HP_PATCHABLE_AS("use_overloaded(f64)", static_cast<double (*)(double)>(use_overloaded));

// A static member is a function like any other.
struct Use {
    static int HP_FASTCALL member(int a);
};
int HP_FASTCALL Use::member(int a) {
    return a;
}
HP_OFFER(Use::member);

static const char *use_symbol(HRESULT hr) {
    switch (hr) { // the codes are constants
    case HP_E_UPDATE_GONE:
        return "gone";
    default:
        return hp_error_symbol(hr);
    }
}

int use_server();
int use_server() {
    hp_server_class update = {}; // C++17 has no .size = sizeof update
    update.size = sizeof update;
    update.version = 2;
    update.progid = L"Acme.Game.Update";
    return hp_com_main(&update);
}

static hp_failure_action use_decide(void *, const hp_failure *failure, hp_policy_value *value) {
    value->integer = failure->tries;
    return HP_FAILURE_VALUE;
}

HRESULT use_client();
HRESULT use_client() {
    hp_policy policy = {};
    policy.size = sizeof policy;
    policy.flags = HP_POLICY_IDEMPOTENT;
    policy.decide = use_decide;
    hp_attach_options options = {};
    options.size = sizeof options;
    options.flags = HP_ATTACH_PARTIAL | HP_ATTACH_ALLOW_ELEVATED;
    options.policy = &policy;
    HRESULT hr = hp_com_attach_ex(L"Acme.Game.Update", &options, nullptr);
    return hr == HP_S_PARTIAL || use_symbol(hr)[0] == 'H' ? use_standard(L"x") : hr;
}

// For the test, which is C.
extern "C" int use_call(int which, int a);
extern "C" int use_call(int which, int a) {
    switch (which) {
    case 0:
        return use_plain(a, 1);
    case 1:
        return use_c(a);
    case 2:
        return use::twice(a);
    default:
        return use_overloaded(a);
    }
}
