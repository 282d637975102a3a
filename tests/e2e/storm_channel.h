/**
 * @file storm_channel.h
 * A hostile client's end of a channel: messages whose parts contradict each other. Failures end the running
 * test.
 */
#ifndef HP_TESTS_E2E_STORM_CHANNEL_H
#define HP_TESTS_E2E_STORM_CHANNEL_H

#include "e2e/server_process.h"
#include "e2e/storm_dice.h"
#include "idl/channel.h"

/**
 * Have a live update serve a channel.
 *
 * @param object  of the update, connected to this process
 */
void storm_channel_open(const server *update, IDispatch *object, hp_channel *channel);

/** The same with handles that are mostly none; whatever the update says to it, nothing is left. */
void storm_channel_open_garbage(const server *update, IDispatch *object, storm_dice *dice);

/** Post a head and bytes, in as many pieces as these bytes need; gives up when the channel is closed. */
HRESULT storm_channel_post(hp_channel *channel, const hp_channel_head *head, const unsigned char *bytes,
                           uint32_t size);

/** Write at random into what is shared; the channel is of no more use. */
void storm_channel_scribble(hp_channel *channel, storm_dice *dice);

/** Threads of a process. */
int storm_channel_threads(DWORD pid);

#endif
