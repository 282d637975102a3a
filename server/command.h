/**
 * @file command.h
 * The command line of an update: what hp_com_main is asked to do. Pure.
 */
#ifndef HP_SERVER_COMMAND_H
#define HP_SERVER_COMMAND_H

#include <wchar.h>

#include "hotpatch/error.h"

typedef enum hp_command_action {
    HP_COMMAND_NONE = 0,   /**< not ours: the program starts normally */
    HP_COMMAND_REGISTER,   /**< /regserver */
    HP_COMMAND_UNREGISTER, /**< /unregserver */
    HP_COMMAND_EMBED,      /**< /Embedding */
} hp_command_action;

typedef struct hp_command {
    hp_command_action action;
    uintptr_t ready;  /**< handle value of HP_READY_ARGUMENT, 0 without one; only next to HP_COMMAND_EMBED */
    uintptr_t object; /**< handle value of HP_OBJECT_ARGUMENT, likewise */
} hp_command;

/**
 * Understand a command line. An option begins with `/` or `-` and is spelled in any case; it may stand
 * anywhere, and arguments that mean nothing here are the program's own.
 *
 * @param argc     number of arguments
 * @param argv     the arguments, [0] being the program
 * @param command  receives the action; HP_COMMAND_NONE on failure
 * @param reason   receives on failure which contradiction it is, static ASCII; may be NULL
 * @return S_OK; HP_E_COMMAND_LINE: two different actions, a handle that is no number or given twice
 */
HRESULT hp_command_parse(int argc, const wchar_t *const *argv, hp_command *command, const char **reason);

#endif
