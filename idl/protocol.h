/**
 * @file protocol.h
 * Numbers that app and update agree on.
 */
#ifndef HP_IDL_PROTOCOL_H
#define HP_IDL_PROTOCOL_H

/** Changes when a frame or a method changes its meaning. Both sides must have the same one. */
#define HP_PROTOCOL_VERSION 1

/** Longest function name in bytes, without the terminator. */
#define HP_NAME_MAX 255

/** Longest signature text in bytes, without the terminator. */
#define HP_SIGNATURE_MAX 4096

/** Largest frame in bytes. */
#define HP_FRAME_MAX (256u << 20)

/** Member ids of IHotPatch, as in hotpatch.idl; a test compares them with the type library. */
enum hp_dispid {
    HP_DISPID_GET_NAMES = 71001,
    HP_DISPID_CALL = 71002,
    HP_DISPID_GET_SIGNATURE = 71003,
    HP_DISPID_PROCESS_ID = 71004,
    HP_DISPID_PROTOCOL_VERSION = 71005,
    HP_DISPID_IMAGE_IDENTITY = 71006,
    HP_DISPID_CONNECT = 71007,
    HP_DISPID_DISCONNECT = 71008,
    HP_DISPID_OPEN_CHANNEL = 71009,
};

/**
 * Member id of the first replacement as a method, in the order of GetNames; the others follow. They are good
 * for one object, got from GetIDsOfNames. No update has so many that they would meet another use of ids.
 */
#define HP_DISPID_FUNCTION_BASE 0x1000000

/**
 * Extra arguments that an app gives an update which it starts itself, each with the decimal value of an
 * inherited handle: an event that the update sets once it can be called, and the app, having reset it, once
 * it has let go of the update's object; and the section that its class object is handed over in
 * (handover.h).
 */
#define HP_READY_ARGUMENT L"HotpatchReady:"
#define HP_OBJECT_ARGUMENT L"HotpatchObject:"

#endif
