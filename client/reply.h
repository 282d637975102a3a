/**
 * @file reply.h
 * Reading a reply that has come through a channel, and may have stayed in memory that the update writes to.
 */
#ifndef HP_CLIENT_REPLY_H
#define HP_CLIENT_REPLY_H

#include "idl/channel.h"
#include "proxygen/marshal.h"

/**
 * Read a reply: hostile until checked. What is checked, here and by hp_marshal_accept, does not change any
 * more, wherever the payload is; the rest may, and is to be copied once.
 *
 * @param marshal  of the function that was called
 * @param payload  as hp_channel_look gave it
 * @param bytes    as the message's head says
 * @param reply    receives the content; blocks point into the channel, and are good until it is used again
 * @return as hp_frame_read
 */
HRESULT hp_reply_read(const hp_marshal *marshal, hp_channel *channel, const unsigned char *payload,
                      uint32_t bytes, hp_frame *reply);

#endif
