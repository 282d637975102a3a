// The update's EXE must be signed with a certificate that the app names.
#include "e2e/trust_world.h"

#include <windows.h>

static unsigned char signer[32];

/* Wine 8 verifies only where its crypt32.dll can be loaded: 32-bit processes without a 32-bit Wine cannot.
 * The answer is no then, as for everything that is not known. */
static int can_verify(void) {
    return LoadLibraryW(L"wintrust.dll") != NULL;
}

static void refused(const wchar_t *file, const char *detail) {
    hp_attach_options options = session_options();
    options.signer = signer;
    session_register(file);
    trust_expect_refused(&options, can_verify() ? detail : "this system cannot verify signatures");
    session_expect_no_process(file);
    options.signer = NULL; /* it is a good update otherwise: nothing was damaged that hurts */
    trust_expect_good(&options);
    session_unregister(file);
}

static void signed_update_is_served(void **state) {
    (void)state;
    if (!can_verify()) {
        refused(L"trust_signed.exe", "");
        return;
    }
    hp_attach_options options = session_options();
    options.signer = signer;
    session_register(L"trust_signed.exe");
    trust_expect_good(&options);
    unsigned char sha256[32];
    trust_hash(L"trust_signed.exe", sha256);
    options.sha256 = sha256;
    trust_expect_good(&options);
    sha256[31] ^= 1;
    trust_expect_refused(&options, "its SHA-256 is");
    session_unregister(L"trust_signed.exe");
}

static void unsigned_update_is_refused(void **state) {
    (void)state;
    refused(L"session_v1.exe", "it is not signed");
}

static void another_certificate_of_the_same_name_is_refused(void **state) {
    (void)state;
    refused(L"trust_stranger.exe", "its signer's certificate has the SHA-256");
}

static void image_changed_after_signing_is_refused(void **state) {
    (void)state;
    refused(L"trust_broken.exe", "it was changed after it was signed");
}

static void forged_signature_is_refused(void **state) {
    (void)state;
    refused(L"trust_forged.exe", "its signature cannot be relied on");
}

static void refusals_keep_no_handle(void **state) {
    (void)state;
    hp_attach_options options = session_options();
    options.signer = signer;
    session_register(L"trust_broken.exe");
    DWORD before = 0;
    for (int i = 0; i < 20; i++) {
        hp_report *report;
        assert_int_equal(hp_com_attach_ex(SESSION, &options, &report), HP_E_IMAGE_UNTRUSTED);
        hp_report_free(report);
        if (i == 4)
            before = session_handles();
    }
    assert_true(session_handles() <= before + 4);
    session_unregister(L"trust_broken.exe");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_update_is_served),
        cmocka_unit_test(unsigned_update_is_refused),
        cmocka_unit_test(another_certificate_of_the_same_name_is_refused),
        cmocka_unit_test(image_changed_after_signing_is_refused),
        cmocka_unit_test(forged_signature_is_refused),
        cmocka_unit_test(refusals_keep_no_handle),
    };
    trust_read(L"trust_signer.bin", signer, sizeof signer);
    return cmocka_run_group_tests_name("trust-signer", tests, NULL, NULL);
}
