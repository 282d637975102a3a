#include "tests/fuzz/made_play.h"

#include "tests/fuzz/made_call.h"
#include "tests/fuzz/made_signature.h"
#include "tests/fuzz/made_spoil.h"
#include "tests/fuzz/made_update.h"

#include "idl/protocol.h"

#include <string.h>

/* As much memory as one input may cost. */
enum { AFFORDABLE = 4 << 20 };

static uint64_t memory_of(const hp_frame *frame) {
    uint64_t total = 0;
    for (unsigned i = 0; i < frame->blocks; i++)
        total += frame->block[i].capacity;
    return total;
}

static int read_signature(made_source *source, int is_text, hp_compiler compiler, hp_marshal *marshal) {
    static char text[MADE_SIGNATURE];
    if (is_text) {
        const uint8_t *end = source->left ? memchr(source->at, '\n', source->left) : NULL;
        const size_t length = end ? (size_t)(end - source->at) : source->left;
        if (length >= sizeof text)
            return 0;
        memcpy(text, source->at, length);
        text[length] = '\0';
        source->at += length;
        source->left -= length;
        made_byte(source);
    } else {
        made_source part = made_part(source);
        made_signature(&part, text);
    }
    hp_signature_error error;
    const HRESULT hr = hp_signature_parse(text, HP_ARCH_HERE, &marshal->signature, &error);
    if (!is_text && hr != S_OK && hr != HP_E_SIGNATURE_LIMIT) {
        fprintf(stderr, "%s: %s\n", text, error.reason);
        abort();
    }
    if (hr == S_OK)
        hp_layout_compute(&marshal->signature, compiler, &marshal->layout);
    return hr == S_OK;
}

static unsigned char *write_frame(hp_frame *frame, uint32_t *size) {
    if (hp_frame_measure(frame, size) != S_OK)
        return NULL;
    unsigned char *bytes = malloc(*size);
    MADE_REQUIRE(bytes && hp_frame_write(frame, bytes, *size) == S_OK);
    return bytes;
}

static made_outcome take_call(const hp_marshal *marshal, made_source *source, const unsigned char *bytes,
                              uint32_t size) {
    hp_frame call, reply;
    unsigned char *answer;
    uint32_t answer_size;
    if (hp_frame_read(bytes, size, HP_ARCH_HERE, HP_FRAME_CALL, &call) != S_OK)
        return MADE_UNREADABLE;
    if (memory_of(&call) > AFFORDABLE && memory_of(&call) <= HP_FRAME_MAX)
        return MADE_NOTHING;
    const HRESULT hr = made_update_answer(marshal, &call, source, &answer, &answer_size);
    if (FAILED(hr)) {
        MADE_REQUIRE(hr == HP_E_FRAME_MALFORMED);
        return MADE_REFUSED;
    }
    // Whatever an update can be made to answer, the app that called it so can take.
    made_call app;
    made_call_of_frame(&app, marshal, &call);
    MADE_REQUIRE(hp_frame_read(answer, answer_size, HP_ARCH_HERE, HP_FRAME_REPLY, &reply) == S_OK);
    MADE_REQUIRE(made_call_accept(&app, &call, &reply) == S_OK);
    made_call_free(&app);
    free(answer);
    return MADE_TAKEN;
}

static made_outcome take_reply(made_call *app, const hp_frame *call, const unsigned char *bytes,
                               uint32_t size) {
    hp_frame reply;
    if (hp_frame_read(bytes, size, HP_ARCH_HERE, HP_FRAME_REPLY, &reply) != S_OK)
        return MADE_UNREADABLE;
    return SUCCEEDED(made_call_accept(app, call, &reply)) ? MADE_TAKEN : MADE_REFUSED;
}

static unsigned char *copy(const uint8_t *bytes, size_t size) {
    unsigned char *exact = malloc(size ? size : 1); // the sanitizer sees one byte too many
    MADE_REQUIRE(exact);
    if (size)
        memcpy(exact, bytes, size);
    return exact;
}

/* The reply that an update really gives. */
static unsigned char *answer(made_call *app, hp_frame *call, made_source *source, uint32_t *size) {
    made_source part = made_part(source);
    hp_frame there;
    uint32_t call_size;
    unsigned char *reply, *sent = write_frame(call, &call_size);
    MADE_REQUIRE(sent && hp_frame_read(sent, call_size, HP_ARCH_HERE, HP_FRAME_CALL, &there) == S_OK);
    MADE_REQUIRE(made_update_answer(app->marshal, &there, &part, &reply, size) == S_OK);
    free(sent);
    return reply;
}

/* Change a frame, first as a frame and then as bytes; NULL: it cannot be written any more. */
static unsigned char *spoil(const hp_frame *frame, made_source *source, uint32_t *size) {
    hp_frame changed = *frame;
    made_spoil_frame(source, &changed);
    unsigned char *bytes = write_frame(&changed, size);
    return bytes ? made_spoil_bytes(source, bytes, size) : NULL;
}

static made_outcome play_spoilt(made_call *app, hp_frame *call, made_source *source, int is_reply) {
    hp_frame reply = {0};
    uint32_t size;
    unsigned char *real = is_reply ? answer(app, call, source, &size) : NULL;
    if (real)
        MADE_REQUIRE(hp_frame_read(real, size, HP_ARCH_HERE, HP_FRAME_REPLY, &reply) == S_OK);
    const int untouched = source->left == 0;
    unsigned char *bytes = spoil(real ? &reply : call, source, &size);
    made_outcome outcome = MADE_UNREADABLE;
    if (bytes)
        outcome = real ? take_reply(app, call, bytes, size) : take_call(app->marshal, source, bytes, size);
    MADE_REQUIRE(!untouched || outcome == MADE_TAKEN);
    free(bytes);
    free(real);
    return outcome;
}

made_outcome made_play(const uint8_t *input, size_t length) {
    made_source source = {input, length};
    const unsigned mode = made_byte(&source);
    const made_way way = (made_way)(mode & 3);
    static const hp_compiler compilers[] = {HP_COMPILER_GNU, HP_COMPILER_CLANG, HP_COMPILER_MSVC};
    hp_marshal marshal;
    if (!read_signature(&source, (mode & 0x80) != 0, compilers[(mode >> 3 & 3) % 3], &marshal))
        return MADE_NOTHING;

    made_source values = made_part(&source);
    made_call app = {0};
    hp_frame call;
    made_outcome outcome;
    unsigned char *bytes = way == MADE_CALL || way == MADE_REPLY ? copy(source.at, source.left) : NULL;
    const uint32_t size = (uint32_t)source.left;
    if (way == MADE_CALL) {
        outcome = take_call(&marshal, &values, bytes, size);
    } else {
        made_call_make(&app, &marshal, &values);
        const HRESULT hr = hp_marshal_gather(&marshal, &app.registers, &call);
        MADE_REQUIRE(hr == app.expected);
        if (hr != S_OK)
            outcome = MADE_NO_CALL;
        else
            outcome = way == MADE_REPLY ? take_reply(&app, &call, bytes, size)
                                        : play_spoilt(&app, &call, &source, way == MADE_REPLY_SPOILT);
    }
    made_call_free(&app);
    free(bytes);
    return outcome;
}
