/* tool.h - what the subcommands of `nenc` share: exit codes, complaints, their entries. */
#ifndef NENC_TOOLS_TOOL_H
#define NENC_TOOLS_TOOL_H

#include <stdint.h>

/* The lab's exit codes. */
enum {
    NENC_EXIT_OK = 0,
    NENC_EXIT_INPUT = 2,       /* bad input: the message names option, value and what would be right */
    NENC_EXIT_ENVIRONMENT = 3, /* this machine cannot do it: the message says what is missing */
    NENC_EXIT_INTERNAL = 4,
};

/* "nenc cross: " and the text on stderr; returns `status`, so that it can be returned. */
__attribute__((format(printf, 3, 4))) int nenc_complain(const char *command, int status, const char *format, ...);

/* 0, or a complaint when `fd` (of --control; -1: none) cannot be a steering socket. */
int nenc_check_control(const char *command, int64_t fd);

/* Each is given its own name as argv[0] and returns an exit code. */
int nenc_cross_main(int argc, char **argv);
int nenc_recv_main(int argc, char **argv);
int nenc_send_main(int argc, char **argv);
int nenc_sink_main(int argc, char **argv);

#endif
