#include "client/reply.h"

#include "idl/protocol.h"

HRESULT hp_reply_read(const hp_marshal *marshal, hp_channel *channel, const unsigned char *payload,
                      uint32_t bytes, hp_frame *reply) {
    if (payload == channel->room)
        return hp_frame_read(payload, bytes, HP_ARCH_HERE, HP_FRAME_REPLY, reply);
    HRESULT hr = hp_frame_read_shared(payload, bytes, HP_ARCH_HERE, HP_FRAME_REPLY, reply);
    for (uint16_t i = 0; SUCCEEDED(hr) && i < reply->blocks; i++) {
        hp_frame_block *block = &reply->block[i];
        if (block->size > 0 && hp_marshal_looks_at(marshal, block))
            block->data = hp_channel_keep(channel, payload, (uint32_t)(block->data - payload), block->size);
    }
    return hr;
}
