/**
 * @file hotpatch.h
 * Everything: for a source file that is built as app and as update.
 */
#ifndef HOTPATCH_HOTPATCH_H
#define HOTPATCH_HOTPATCH_H

#include "hotpatch/client.h"
#include "hotpatch/server.h"

#endif
