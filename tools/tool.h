/**
 * @file tool.h
 * What all subcommands of `hotpatch` share: exit codes, messages, options. Results go to stdout, everything
 * else to stderr. Not thread-safe: a command line tool has one thread.
 */
#ifndef HP_TOOLS_TOOL_H
#define HP_TOOLS_TOOL_H

#include <getopt.h>

#include "idl/trouble.h"

/** Exit codes, documented in `hotpatch --help`. */
enum {
    HP_TOOL_OK = 0, /**< done; the answer is yes */
    HP_TOOL_NO =
        1, /**< done; the answer is no: a check failed, something cannot be replaced, nothing is there */
    HP_TOOL_USAGE = 2,  /**< the command line cannot be understood; nothing was done */
    HP_TOOL_FAILED = 3, /**< it could not be done; nothing was changed */
};

/** A subcommand: argv[0] is its name; returns an exit code. Texts are UTF-8. */
typedef int hp_tool_command(int argc, char **argv);

/* One file each, "tools/<name>.c". */
hp_tool_command hp_prepare_main, hp_list_main, hp_diff_main, hp_register_main, hp_unregister_main,
    hp_names_main, hp_signature_main, hp_call_main, hp_status_main;

/** Say a failure on stderr, "hotpatch prepare: app.exe: what (HP_E_..., 0x...): todo". @return HP_TOOL_FAILED
 */
int hp_tool_fail(const char *command, const hp_trouble *trouble);

/** Say on stderr what is wrong with the command line and where help is. @return HP_TOOL_USAGE */
int hp_tool_misuse(const char *command, const char *format, ...) HP_PRINTF(2, 3);

/**
 * getopt_long for a subcommand: reports what is wrong by hp_tool_misuse, and prints help for --help and -h.
 *
 * @param options  ended by zeros, without help; one whose val is a letter can be given by it ("-o")
 * @param help     the whole text for --help
 * @param code     receives the exit code if it returns -2
 * @return an option's val; -1 at the end (operands begin at optind); -2: end with *code
 */
int hp_tool_option(int argc, char **argv, const struct option *options, const char *help, int *code);

/** The same, but options end at the first operand: what follows may begin with "-", as a negative number
 * does. */
int hp_tool_option_first(int argc, char **argv, const struct option *options, const char *help, int *code);

/** The name that was probably meant; NULL if none is near. */
const char *hp_tool_nearest(const char *word, const char *const *names, size_t count);

/** A file's contents, malloc'ed, at most 1 GiB. @return S_OK; a wrapped Win32 error, E_OUTOFMEMORY */
HRESULT hp_tool_read_file(const char *path, unsigned char **bytes, size_t *size, hp_trouble *trouble);

/** UTF-16 of a UTF-8 text, malloc'ed; NULL if there is no memory. And back. */
wchar_t *hp_tool_wide(const char *text);
char *hp_tool_utf8(const wchar_t *text);

#endif
