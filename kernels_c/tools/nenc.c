/* nenc.c - the program `nenc`: its table of subcommands. */
#include "tool.h"

#include "nenc/nenc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
    const char *name, *about;
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name */
} commands[] = {
    {"send", "encodes, paces and sends one stream, and adapts its rate", nenc_send_main},
    {"recv", "receives one stream, sends feedback on it, writes it to a file", nenc_recv_main},
    {"cross", "sends competing traffic over a path under test", nenc_cross_main},
    {"sink", "receives and counts what `nenc cross` sends", nenc_sink_main},
    {NULL, NULL, NULL},
};

int nenc_complain(const char *command, int status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fprintf(stderr, "nenc %s%s", command, *command ? ": " : "");
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    return status;
}

int nenc_check_control(const char *command, int64_t fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    if (fd < 0 || (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)) return NENC_EXIT_OK;
    return nenc_complain(command, NENC_EXIT_INPUT, "--control %d: this file descriptor is not a SOCK_SEQPACKET socket", (int)fd);
}

static int usage(FILE *to, int status)
{
    fputs("usage: nenc COMMAND [OPTION...]\n\n", to);
    for (size_t i = 0; commands[i].name; i++) fprintf(to, "  %-6s  %s\n", commands[i].name, commands[i].about);
    fputs("\nUse nenc COMMAND --help for its options, and nenc --version for the version.\n", to);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2) return usage(stderr, NENC_EXIT_INPUT);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return usage(stdout, NENC_EXIT_OK);
    if (strcmp(argv[1], "--version") == 0) return printf("nenc %s\n", nenc_version()) < 0;
    for (size_t i = 0; commands[i].name; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "nenc: there is no command %s\n", argv[1]);
    return usage(stderr, NENC_EXIT_INPUT);
}
