/**
 * @file route.h
 * The way of a call: through a channel where the session has one that is free, else over COM.
 */
#ifndef HP_CLIENT_ROUTE_H
#define HP_CLIENT_ROUTE_H

#include "client/session.h"

/** The hp_transport of sessions that may use shared memory. */
hp_transport hp_route_run;

/**
 * What the options, or the environment variable HOTPATCH_TRANSPORT in place of AUTO, ask for. (The variable
 * chooses between two ways that are equally safe; so it may be anybody's.)
 */
hp_transport_kind hp_route_choose(hp_transport_kind wanted);

#endif
