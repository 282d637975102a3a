// What a running update offers through COM: members, names, calls with every kind of value, and what it
// refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/hostile.h"

#include "hotpatch/error.h"
#include "hotpatch_h.h"
#include "idl/protocol.h"

#include <objbase.h>
#include <oleauto.h>

#include <cmocka.h>

static server running;
static IDispatch *object;

static int start_server(void **state) {
    (void)state;
    running = server_start(0);
    object = server_object(&running);
    return 0;
}

static int stop_server(void **state) {
    (void)state;
    IDispatch_Release(object);
    server_expect_end(&running);
    return 0;
}

static void ids_are_those_of_the_type_library_in_any_case(void **state) {
    (void)state;
    static const struct {
        const wchar_t *name;
        DISPID id;
    } members[] = {
        {L"GetNames", HP_DISPID_GET_NAMES},
        {L"GETNAMES", HP_DISPID_GET_NAMES},
        {L"Call", HP_DISPID_CALL},
        {L"call", HP_DISPID_CALL},
        {L"GetSignature", HP_DISPID_GET_SIGNATURE},
        {L"ProcessId", HP_DISPID_PROCESS_ID},
        {L"ProtocolVersion", HP_DISPID_PROTOCOL_VERSION},
        {L"ImageIdentity", HP_DISPID_IMAGE_IDENTITY},
        {L"Connect", HP_DISPID_CONNECT},
        {L"Disconnect", HP_DISPID_DISCONNECT},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; ++i) {
        LPOLESTR name = (LPOLESTR)members[i].name;
        DISPID id = 0;
        assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_NULL, &name, 1, LOCALE_NEUTRAL, &id), S_OK);
        assert_int_equal(id, members[i].id);
    }
}

static void unknown_member_has_no_id(void **state) {
    (void)state;
    LPOLESTR name = (LPOLESTR)L"GetName";
    DISPID id = 0;
    assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_NULL, &name, 1, LOCALE_NEUTRAL, &id),
                     DISP_E_UNKNOWNNAME);
    assert_int_equal(id, DISPID_UNKNOWN);
    name = (LPOLESTR)L"";
    assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_NULL, &name, 1, LOCALE_NEUTRAL, &id),
                     DISP_E_UNKNOWNNAME);
    expect_alive(object);
}

static void parameters_of_a_member_have_ids(void **state) {
    (void)state;
    LPOLESTR names[] = {(LPOLESTR)L"Call", (LPOLESTR)L"frame", (LPOLESTR)L"name"};
    DISPID ids[3];
    assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_NULL, names, 3, LOCALE_NEUTRAL, ids), S_OK);
    assert_int_equal(ids[0], HP_DISPID_CALL);
    assert_int_equal(ids[1], 1);
    assert_int_equal(ids[2], 0);
}

static void type_information_describes_the_interface(void **state) {
    (void)state;
    UINT count = 0;
    assert_int_equal(IDispatch_GetTypeInfoCount(object, &count), S_OK);
    assert_int_equal(count, 1);
    ITypeInfo *info = NULL;
    assert_int_equal(IDispatch_GetTypeInfo(object, 0, LOCALE_NEUTRAL, &info), S_OK);
    TYPEATTR *attributes;
    assert_int_equal(ITypeInfo_GetTypeAttr(info, &attributes), S_OK);
    assert_true(IsEqualGUID(&attributes->guid, &DIID_IHotPatch));
    assert_int_equal(attributes->typekind, TKIND_DISPATCH);
    ITypeInfo_ReleaseTypeAttr(info, attributes);
    ITypeInfo_Release(info);
    info = (ITypeInfo *)object;
    assert_int_equal(IDispatch_GetTypeInfo(object, 1, LOCALE_NEUTRAL, &info), DISP_E_BADINDEX);
    assert_null(info);
}

static void expect_text(DISPID id, WORD flags, VARIANT *argument, const wchar_t *expected) {
    VARIANT result;
    VariantInit(&result);
    assert_int_equal(invoke(object, id, flags, argument, argument != NULL, &result, NULL, NULL), S_OK);
    assert_int_equal(V_VT(&result), VT_BSTR);
    if (wcscmp(V_BSTR(&result), expected) != 0)
        fail_msg("\"%ls\" and not \"%ls\"", V_BSTR(&result), expected);
    VariantClear(&result);
}

static void names_are_sorted_and_only_exports(void **state) {
    (void)state;
    expect_text(
        HP_DISPID_GET_NAMES, DISPATCH_METHOD, NULL,
        L"fixture::stay fixture_add fixture_fail fixture_mix fixture_reverse fixture_shout fixture_weigh");
}

static void signature_is_the_text_of_the_source(void **state) {
    (void)state;
    VARIANT name = string_of(L"fixture_weigh");
    expect_text(HP_DISPID_GET_SIGNATURE, DISPATCH_METHOD, &name,
                L"stdcall i64(i8 a, u16 b, i64 c, i32 d, u32 e, i64 f)");
    VariantClear(&name);
}

static void properties_say_who_serves(void **state) {
    (void)state;
    VARIANT result;
    VariantInit(&result);
    assert_int_equal(invoke(object, HP_DISPID_PROCESS_ID, DISPATCH_PROPERTYGET, NULL, 0, &result, NULL, NULL),
                     S_OK);
    assert_int_equal(V_VT(&result), VT_I4);
    assert_int_equal((DWORD)V_I4(&result), running.pid);
    assert_int_equal(
        invoke(object, HP_DISPID_PROTOCOL_VERSION, DISPATCH_PROPERTYGET, NULL, 0, &result, NULL, NULL), S_OK);
    assert_int_equal(V_VT(&result), VT_I4);
    assert_int_equal(V_I4(&result), HP_PROTOCOL_VERSION);
    assert_int_equal(
        invoke(object, HP_DISPID_IMAGE_IDENTITY, DISPATCH_PROPERTYGET, NULL, 0, &result, NULL, NULL), S_OK);
    assert_int_equal(V_VT(&result), VT_BSTR);
    assert_int_equal(wcsncmp(V_BSTR(&result), HP_ARCH_HERE == HP_ARCH_X64 ? L"x64-" : L"x86-", 4), 0);
    VariantClear(&result);
}

static void integers_of_all_widths_and_signs_cross(void **state) {
    (void)state;
    const uint64_t words[] = {(uint8_t)-5,  65535,       (uint64_t)-4000000000000ll,
                              (uint32_t)-7, 4294967295u, 1ull << 60};
    VARIANT result;
    hp_frame reply;
    assert_int_equal(run_function(object, L"fixture_weigh", words_of(6, words), &result, &reply), S_OK);
    long long expected =
        -5 + 2 * 65535ll - 3 * 4000000000000ll - 4 * 7ll + 5 * 4294967295ll + 6 * (1ll << 60);
    assert_true((long long)reply.word[0] == expected);
    VariantClear(&result);
}

static void floats_and_integers_mixed_cross(void **state) {
    (void)state;
    float a = 0.25f;
    double b = -1.5;
    uint64_t words[] = {0, 0, (uint16_t)-3, 200};
    memcpy(&words[0], &a, sizeof a);
    memcpy(&words[1], &b, sizeof b);
    VARIANT result;
    hp_frame reply;
    assert_int_equal(run_function(object, L"fixture_mix", words_of(4, words), &result, &reply), S_OK);
    double mixed;
    memcpy(&mixed, &reply.word[0], sizeof mixed);
    assert_true(mixed == 0.25 - 15 - 300 + 200000);
    VariantClear(&result);
}

static void text_goes_in_and_comes_out(void **state) {
    (void)state;
    static const wchar_t text[] = L"quiet, please";
    hp_frame frame = {
        .arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 3, .word = {0, 0, 10}, .blocks = 2};
    frame.block[0] = (hp_frame_block){
        .parameter = 0, .size = sizeof text, .capacity = sizeof text, .data = (const void *)text};
    frame.block[1] = (hp_frame_block){.parameter = 1, .capacity = 10};
    VARIANT result;
    hp_frame reply;
    assert_int_equal(run_function(object, L"fixture_shout", frame_of(&frame), &result, &reply), S_OK);
    assert_int_equal(reply.word[0], 9);
    assert_int_equal(reply.blocks, 1);
    assert_int_equal(reply.block[0].parameter, 1);
    assert_memory_equal(reply.block[0].data, "QUIET, PL", 10);
    VariantClear(&result);
}

static void large_buffer_is_changed_in_place(void **state) {
    (void)state;
    uint32_t size = 3u << 20;
    unsigned char *data = malloc(size);
    assert_non_null(data);
    for (uint32_t i = 0; i < size; ++i)
        data[i] = (unsigned char)(i * 7 + (i >> 9));
    hp_frame frame = {
        .arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .word = {0, size}, .blocks = 1};
    frame.block[0] = (hp_frame_block){.parameter = 0, .size = size, .capacity = size, .data = data};
    VARIANT result;
    hp_frame reply;
    assert_int_equal(run_function(object, L"fixture_reverse", frame_of(&frame), &result, &reply), S_OK);
    assert_int_equal(reply.blocks, 1);
    assert_int_equal(reply.block[0].size, size);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < size; ++i)
        wrong += reply.block[0].data[i] != data[size - 1 - i];
    assert_int_equal(wrong, 0);
    VariantClear(&result);
    free(data);
}

// The length that the frame claims and the memory that it brings must agree, or the
// function would run past the end.
static void buffer_smaller_than_its_length_is_refused(void **state) {
    (void)state;
    static const unsigned char data[8] = {1};
    static const uint64_t lengths[] = {0, 7, 9, 0x7fffffff, 0xffffffff, 0x100000008};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; ++i) {
        hp_frame frame = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .blocks = 1};
        frame.word[1] = lengths[i];
        frame.block[0] = (hp_frame_block){.parameter = 0, .size = 8, .capacity = 8, .data = data};
        VARIANT result;
        hp_frame reply;
        assert_int_equal(run_function(object, L"fixture_reverse", frame_of(&frame), &result, &reply),
                         DISP_E_EXCEPTION);
    }
    expect_alive(object);
}

static void wrong_arguments_are_refused_and_the_server_lives(void **state) {
    (void)state;
    hostile_run(object, 0);
}

static void failure_says_which_function_and_what_to_do(void **state) {
    (void)state;
    VARIANT name = string_of(L"fixture_typo");
    VARIANT result;
    VariantInit(&result);
    EXCEPINFO exception = {0};
    assert_int_equal(
        invoke(object, HP_DISPID_GET_SIGNATURE, DISPATCH_METHOD, &name, 1, &result, &exception, NULL),
        DISP_E_EXCEPTION);
    assert_int_equal(exception.scode, HP_E_NAME_UNKNOWN);
    assert_non_null(wcsstr(exception.bstrDescription, L"fixture_typo"));
    assert_non_null(wcsstr(exception.bstrDescription, L"HP_E_NAME_UNKNOWN"));
    assert_non_null(wcsstr(exception.bstrDescription, L"HP_EXPORT"));
    exception_clear(&exception);
    VariantClear(&name);
}

// stop_server sees whether a reference was lost: then the server would not end.
static void fault_in_a_replacement_says_what_and_where(void **state) {
    (void)state;
    unsigned char data[64] = {1};
    for (int i = 0; i < 10; ++i) {
        hp_frame frame = {
            .arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .word = {0, sizeof data}, .blocks = 1};
        frame.block[0] =
            (hp_frame_block){.parameter = 0, .size = sizeof data, .capacity = sizeof data, .data = data};
        VARIANT arguments[2] = {frame_of(&frame), string_of(L"fixture_fail")};
        VARIANT result;
        EXCEPINFO exception = {0};
        VariantInit(&result);
        assert_int_equal(
            invoke(object, HP_DISPID_CALL, DISPATCH_METHOD, arguments, 2, &result, &exception, NULL),
            DISP_E_EXCEPTION);
        assert_int_equal(V_VT(&result), VT_EMPTY);
        assert_int_equal(exception.scode, HP_E_REPLACEMENT_FAULT);
        if (!wcsstr(exception.bstrDescription, L"fixture_fail: ") ||
            !wcsstr(exception.bstrDescription, L"access violation writing address 0x") ||
            !wcsstr(exception.bstrDescription, HP_X64 ? L" (0xC0000005) at fixture_fail+0x" : L" at ") ||
            !wcsstr(exception.bstrDescription, L"fixture_update.exe+0x"))
            fail_msg("\"%ls\"", exception.bstrDescription);
        exception_clear(&exception);
        VariantClear(&arguments[0]);
        VariantClear(&arguments[1]);
        expect_alive(object);
    }
    assert_int_equal(data[0], 1);
}

static DWORD WINAPI stay(void *context) {
    (void)context;
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    static const wchar_t entered[] = L"hotpatch-test-entered-0";
    static const wchar_t leave[] = L"hotpatch-test-leave-0";
    wchar_t entered_here[32];
    wchar_t leave_here[32];
    memcpy(entered_here, entered, sizeof entered);
    memcpy(leave_here, leave, sizeof leave);
    entered_here[sizeof entered / 2 - 2] = (wchar_t)(L'0' + (int)(intptr_t)context);
    leave_here[sizeof leave / 2 - 2] = (wchar_t)(L'0' + (int)(intptr_t)context);
    hp_frame frame = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .blocks = 2};
    frame.block[0] = (hp_frame_block){.parameter = 0,
                                      .size = sizeof entered,
                                      .capacity = sizeof entered,
                                      .data = (const void *)entered_here};
    frame.block[1] = (hp_frame_block){
        .parameter = 1, .size = sizeof leave, .capacity = sizeof leave, .data = (const void *)leave_here};
    VARIANT result;
    hp_frame reply;
    HRESULT hr = run_function(object, L"fixture::stay", frame_of(&frame), &result, &reply);
    DWORD answer = SUCCEEDED(hr) ? (DWORD)reply.word[0] : (DWORD)hr;
    VariantClear(&result);
    CoUninitialize();
    return answer;
}

// Three calls are inside at the same time, a fourth passes them, and they leave in the reverse order.
static void calls_run_side_by_side(void **state) {
    (void)state;
    HANDLE entered[3];
    HANDLE leave[3];
    HANDLE thread[3];
    for (intptr_t i = 0; i < 3; ++i) {
        wchar_t name[32];
        swprintf(name, 32, L"hotpatch-test-entered-%d", (int)i);
        entered[i] = CreateEventW(NULL, TRUE, FALSE, name);
        swprintf(name, 32, L"hotpatch-test-leave-%d", (int)i);
        leave[i] = CreateEventW(NULL, TRUE, FALSE, name);
        thread[i] = CreateThread(NULL, 0, stay, (void *)i, 0, NULL);
        assert_true(entered[i] && leave[i] && thread[i]);
    }
    assert_int_equal(WaitForMultipleObjects(3, entered, TRUE, PATIENCE_MS), WAIT_OBJECT_0);
    expect_alive(object);
    for (int i = 2; i >= 0; --i) {
        DWORD answer = 99;
        assert_int_equal(WaitForSingleObject(thread[i], 0), WAIT_TIMEOUT);
        SetEvent(leave[i]);
        assert_int_equal(WaitForSingleObject(thread[i], PATIENCE_MS), WAIT_OBJECT_0);
        assert_true(GetExitCodeThread(thread[i], &answer));
        assert_int_equal(answer, 1);
        CloseHandle(thread[i]);
        CloseHandle(entered[i]);
        CloseHandle(leave[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_those_of_the_type_library_in_any_case),
        cmocka_unit_test(unknown_member_has_no_id),
        cmocka_unit_test(parameters_of_a_member_have_ids),
        cmocka_unit_test(type_information_describes_the_interface),
        cmocka_unit_test(names_are_sorted_and_only_exports),
        cmocka_unit_test(signature_is_the_text_of_the_source),
        cmocka_unit_test(properties_say_who_serves),
        cmocka_unit_test(integers_of_all_widths_and_signs_cross),
        cmocka_unit_test(floats_and_integers_mixed_cross),
        cmocka_unit_test(text_goes_in_and_comes_out),
        cmocka_unit_test(large_buffer_is_changed_in_place),
        cmocka_unit_test(buffer_smaller_than_its_length_is_refused),
        cmocka_unit_test(wrong_arguments_are_refused_and_the_server_lives),
        cmocka_unit_test(failure_says_which_function_and_what_to_do),
        cmocka_unit_test(fault_in_a_replacement_says_what_and_where),
        cmocka_unit_test(calls_run_side_by_side),
    };
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failed = cmocka_run_group_tests(tests, start_server, stop_server);
    CoUninitialize();
    return failed;
}
