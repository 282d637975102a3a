/**
 * @file log.h
 * What Hotpatch says while it works. Each failure is said once, where the name of the thing is known.
 */
#ifndef HOTPATCH_LOG_H
#define HOTPATCH_LOG_H

#include "hotpatch/base.h"

/** How important a line is. */
typedef enum hp_log_level {
    HP_LOG_ERROR = 1,   /**< something that was asked for did not happen */
    HP_LOG_WARNING = 2, /**< it happened, but the reader should know more */
    HP_LOG_INFO = 3,    /**< attach, detach, loss and return of an update */
    HP_LOG_DEBUG = 4,   /**< each step */
} hp_log_level;

/**
 * Receives a line.
 *
 * @param context  as given to hp_log_set
 * @param level    how important
 * @param line     UTF-8, without a line break; valid during the call
 *
 * Called on whatever thread has something to say, also on several at once. It must not call Hotpatch.
 */
typedef void hp_log_sink(void *context, hp_log_level level, const char *line);

HP_BEGIN_DECLS

/**
 * Where lines go, and from which importance on. Without a call, errors and warnings go to the debugger
 * (OutputDebugString) on Windows and nowhere else.
 *
 * @param sink     the receiver, NULL for the default one
 * @param context  handed to it. hp_log_set does not wait for lines that other threads are just handing to
 *                 the former sink, so the sink's code and the context must stay valid until no thread can be
 *                 inside any more: best for as long as the process lives, as static data does
 * @param most     the least important level that is still said
 *
 * Thread-safe.
 */
void hp_log_set(hp_log_sink *sink, void *context, hp_log_level most);

HP_END_DECLS

#endif
