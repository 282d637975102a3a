/**
 * @file attach_fake.h
 * What the test and its fake update (fixture_fake.c) share: memory in which the test writes, before and while
 * the fake runs, how each of its members shall behave, and in which the fake leaves a handle of its process.
 */
#ifndef HP_TESTS_E2E_ATTACH_FAKE_H
#define HP_TESTS_E2E_ATTACH_FAKE_H

#include <windows.h>

/** Environment variable, inherited by the fake: name of the shared memory. */
#define FAKE_VARIABLE L"HP_FAKE"

/** What a fake does once it is started. */
typedef enum fake_start {
    FAKE_SERVE = 0,
    FAKE_LEAVE,       /**< exit at once with exit_code */
    FAKE_DAWDLE,      /**< live, but never register the class object */
    FAKE_NO_DISPATCH, /**< serve objects that have no IDispatch */
    FAKE_NO_OBJECT,   /**< serve a class object that refuses to make objects, with exit_code as its HRESULT */
    FAKE_STUCK,       /**< serve a class object that never returns from making an object */
} fake_start;

/** What a member does. */
typedef enum fake_deed {
    FAKE_GOOD = 0,
    FAKE_CODE,           /**< fail with code */
    FAKE_EXCEPTION,      /**< DISP_E_EXCEPTION, code as scode, text as description */
    FAKE_BARE_EXCEPTION, /**< DISP_E_EXCEPTION without information */
    FAKE_WRONG_TYPE,     /**< succeed with a VARIANT of type code */
    FAKE_NUMBER,         /**< give code as VT_I4 */
    FAKE_TEXT,           /**< give text as VT_BSTR */
    FAKE_FILLED_TEXT,    /**< give a text of code letters */
    FAKE_DIE,            /**< end the process during the call */
    FAKE_HANG,           /**< never return */
    FAKE_BYTES,          /**< give reply, reply_size bytes, as an array */
    FAKE_NULL_ARRAY,     /**< an array of bytes that is NULL */
    FAKE_TWO_DIMENSIONS, /**< reply as an array of two dimensions */
    FAKE_WIDE_ARRAY,     /**< reply as an array of VT_UI2 */
} fake_deed;

typedef struct fake_order {
    volatile LONG deed;
    volatile LONG code;
} fake_order;

enum {
    FAKE_MEMBERS = 9,
    FAKE_STARTS = 16,
    FAKE_TEXT_CHARS = 8192,
    FAKE_NAMES_CHARS = 32768,
    FAKE_REPLY_BYTES = 65536
};

typedef struct fake_orders {
    CLSID clsid;
    DWORD app; /**< process id of the test */
    LONG start, exit_code;
    fake_order member[FAKE_MEMBERS]; /**< by member id less HP_DISPID_GET_NAMES */
    wchar_t odd_name[64]; /**< GetSignature keeps its order for this name only, if it is not empty */
    LONG text_length, names_length; /**< characters; NULs inside count */
    wchar_t text[FAKE_TEXT_CHARS];
    wchar_t names[FAKE_NAMES_CHARS]; /**< what a good GetNames gives */
    LONG reply_size;
    unsigned char reply[FAKE_REPLY_BYTES];
    /* Written by the fake. */
    volatile LONG started;                /**< processes so far */
    volatile LONG64 process[FAKE_STARTS]; /**< handle of each, valid in the test, SYNCHRONIZE */
    volatile LONG calls;                  /**< of Call */
} fake_orders;

/** What the good fake adds to err_add's sum, and fills err_fill's buffer with. */
#define FAKE_ADDS 1000
#define FAKE_FILLS 'U'

#endif
