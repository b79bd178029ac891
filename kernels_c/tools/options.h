/* options.h - long options of `nenc`: one table from which they are parsed, checked and printed as usage. */
#ifndef NENC_TOOLS_OPTIONS_H
#define NENC_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Type of the field that an option's text becomes, at offset `at` of the struct it is read into. */
typedef enum nenc_option_kind {
    NENC_OPTION_FLAG,    /* bool; the option takes no value */
    NENC_OPTION_TEXT,    /* const char *, points into argv */
    NENC_OPTION_CHOICE,  /* int, the position of the word in `value`: "cbr|onoff" */
    NENC_OPTION_INTEGER, /* int64_t */
    NENC_OPTION_NUMBER,  /* double */
    NENC_OPTION_RATE,    /* int64_t bit/s: 50Mbps */
    NENC_OPTION_TIME,    /* int64_t ns: 20ms */
    NENC_OPTION_SIZE,    /* int64_t bytes: 1200B, 250kB */
    NENC_OPTION_RATIO,   /* double 0..1: 1%, 0.01 */
    NENC_OPTION_TO,      /* nenc_endpoint: HOST:PORT */
    NENC_OPTION_LISTEN,  /* nenc_endpoint: [HOST]:PORT; port 0 is allowed */
} nenc_option_kind;

typedef struct nenc_option {
    const char *name; /* without dashes */
    nenc_option_kind kind;
    size_t at;
    const char *value; /* placeholder in the usage, such as "NS"; for a choice, its words */
    const char *help;
    const char *initial; /* default; NULL: the field stays as the caller set it */
    bool required;
    double min, max; /* range of a number, in internal units; both 0: only the kind limits it */
} nenc_option;

typedef struct nenc_command {
    const char *name;  /* "cross" */
    const char *about; /* one line */
    const nenc_option *options; /* ends with a NULL name */
    const char *more; /* printed below the options; may be NULL */
    /* When `take` is not NULL, options from number `own` on are not fields of the struct. `take` gets their text, and a number in
     * internal units, and returns 0, or nonzero with the reason in `why`. It is not called for options that are not given;
     * their `initial` is only printed. */
    int (*take)(void *into, const nenc_option *option, const char *text, double number, char *why, size_t size);
    size_t own;
} nenc_command;

/* Reads argv[1..] into the struct. Returns false when the program must exit with *status: 0 after --help, 2 for bad input, which
 * has been reported on stderr. Accepts both `--name value` and `--name=value`, and each option only once. */
bool nenc_options_read(const nenc_command *command, int argc, char **argv, void *into, int *status);

/* Formats a number as a user would write it, in the largest unit of the option in which it is at least 1; returns text. */
const char *nenc_option_shown(const nenc_option *option, double value, char text[32]);

#endif
