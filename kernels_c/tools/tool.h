/* tool.h - what the subcommands of `nenc` share: exit codes, error messages, entry points. */
#ifndef NENC_TOOLS_TOOL_H
#define NENC_TOOLS_TOOL_H

#include <stdint.h>

/* The exit codes, which are those of ./lab. */
enum {
    NENC_EXIT_OK = 0,
    NENC_EXIT_INPUT = 2,       /* bad input: the message names the option, the value and what would be right */
    NENC_EXIT_ENVIRONMENT = 3, /* this machine lacks something, which the message names */
    NENC_EXIT_INTERNAL = 4,
};

/* Prints "nenc COMMAND: " and the text on stderr; returns `status`, for use in a return statement. */
__attribute__((format(printf, 3, 4))) int nenc_complain(const char *command, int status, const char *format, ...);

/* Returns 0, or complains when `fd` (of --control; -1: none) cannot be a control socket. */
int nenc_check_control(const char *command, int64_t fd);

/* Each is given its own name as argv[0] and returns an exit code. */
int nenc_cross_main(int argc, char **argv);
int nenc_recv_main(int argc, char **argv);
int nenc_send_main(int argc, char **argv);
int nenc_sink_main(int argc, char **argv);

#endif
