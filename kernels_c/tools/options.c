/* options.c - the table of options: parsing, checking, usage. */
#include "options.h"

#include "tool.h"

#include "live/address.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 96 };

typedef struct unit {
    const char *name;
    int64_t scale;
} unit;

static const unit rate_units[] = {{"bps", 1}, {"kbps", 1000}, {"Mbps", 1000000}, {"Gbps", 1000000000}, {NULL, 0}};
static const unit size_units[] = {{"B", 1}, {"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000}, {NULL, 0}};
static const unit time_units[] = {
    {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000}, {"h", 3600000000000}, {NULL, 0},
};

static const char *const wanted[] = {
    [NENC_OPTION_INTEGER] = "a whole number",
    [NENC_OPTION_NUMBER] = "a number",
    [NENC_OPTION_RATE] = "a rate with its unit, such as 50Mbps or 1.5Gbps",
    [NENC_OPTION_TIME] = "a time with its unit, such as 20ms or 1.5s",
    [NENC_OPTION_SIZE] = "a size with its unit, such as 1200B or 250kB",
    [NENC_OPTION_RATIO] = "a ratio, such as 1% or 0.01",
    [NENC_OPTION_TO] = "an address, such as 192.0.2.1:5004, [2001:db8::1]:5004 or name:5004",
    [NENC_OPTION_LISTEN] = "an address, such as :5004, 127.0.0.1:5004 or [::1]:5004",
};

/* Reads a decimal number >= 0 and multiplies it by the scale of its unit, exactly. Rejects values that are not whole or do not
 * fit. */
static bool parse_scaled(const char *text, const unit *units, int64_t *into)
{
    const int64_t largest = INT64_MAX / 2;
    int64_t digits = 0, below = 1; /* value = digits / below */
    bool point = false, any = false;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (digits > (largest - 9) / 10 || below > largest / 10) return false;
        any = true;
        digits = 10 * digits + (*text - '0');
        if (point) below *= 10;
    }
    for (; any && units->name; units++) {
        if (strcmp(text, units->name) != 0) continue;
        const __int128 whole = (__int128)digits * units->scale;
        if (whole % below != 0 || whole / below > largest) return false;
        *into = (int64_t)(whole / below);
        return true;
    }
    return false;
}

static bool parse_number(const char *text, double *into)
{
    char *end;
    if (!*text || strspn(text, "0123456789.eE+-") != strlen(text))
        return false; /* rejects spaces, nan and hexadecimal, which strtod accepts */
    *into = strtod(text, &end);
    return !*end && isfinite(*into);
}

static bool parse_ratio(const char *text, double *into)
{
    char number[32];
    size_t length = strlen(text);
    const bool percent = length && text[length - 1] == '%';
    if (length >= sizeof number) return false;
    memcpy(number, text, length + 1);
    if (percent) number[length - 1] = '\0';
    if (!parse_number(number, into)) return false;
    if (percent) *into /= 100.0;
    return *into >= 0.0 && *into <= 1.0;
}

static bool parse_integer(const char *text, int64_t *into)
{
    char *end;
    if (!*text || strspn(text, "0123456789-") != strlen(text)) return false;
    errno = 0;
    *into = strtoll(text, &end, 10);
    return !*end && errno == 0;
}

static bool parse_choice(const char *text, const char *words, int *into)
{
    const size_t length = strlen(text);
    for (int place = 0; *words; place++) {
        const size_t word = strcspn(words, "|");
        if (word == length && memcmp(words, text, length) == 0) {
            *into = place;
            return true;
        }
        words += word + (words[word] == '|');
    }
    return false;
}

/* The value as a number to compare with min and max; NAN when it is not a number. */
static bool parse(const nenc_option *option, const char *text, char *into, double *value)
{
    int64_t *integer = (int64_t *)(void *)into;
    double *real = (double *)(void *)into;
    nenc_endpoint *endpoint = (nenc_endpoint *)(void *)into;
    bool good = false;
    *value = NAN;
    switch (option->kind) {
    case NENC_OPTION_FLAG: return *(bool *)into = true;
    case NENC_OPTION_TEXT: *(const char **)(void *)into = text; return *text != '\0';
    case NENC_OPTION_CHOICE: return parse_choice(text, option->value, (int *)(void *)into);
    case NENC_OPTION_TO: return nenc_endpoint_parse(text, endpoint) && *endpoint->host && endpoint->port;
    case NENC_OPTION_LISTEN: return nenc_endpoint_parse(text, endpoint);
    case NENC_OPTION_NUMBER:
    case NENC_OPTION_RATIO:
        good = option->kind == NENC_OPTION_RATIO ? parse_ratio(text, real) : parse_number(text, real);
        if (good) *value = *real;
        return good;
    case NENC_OPTION_INTEGER: good = parse_integer(text, integer); break;
    case NENC_OPTION_RATE: good = parse_scaled(text, rate_units, integer); break;
    case NENC_OPTION_TIME: good = parse_scaled(text, time_units, integer); break;
    case NENC_OPTION_SIZE: good = parse_scaled(text, size_units, integer); break;
    }
    if (good) *value = (double)*integer;
    return good;
}

static const unit *units_of(const nenc_option *option)
{
    switch (option->kind) {
    case NENC_OPTION_RATE: return rate_units;
    case NENC_OPTION_TIME: return time_units;
    case NENC_OPTION_SIZE: return size_units;
    default: return NULL;
    }
}

const char *nenc_option_shown(const nenc_option *option, double value, char text[32])
{
    const unit *best = NULL;
    for (const unit *each = units_of(option); each && each->name; each++)
        if (!best || (value >= (double)each->scale && each->scale <= 1000000000)) best = each;
    if (option->kind == NENC_OPTION_RATIO) snprintf(text, 32, "%g%%", 100.0 * value);
    else if (best) snprintf(text, 32, "%.12g%s", value / (double)best->scale, best->name);
    else snprintf(text, 32, "%.15g", value);
    return text;
}

static bool is_taken(const nenc_command *command, const nenc_option *option)
{
    return command->take && (size_t)(option - command->options) >= command->own;
}

static int read_value(const nenc_command *command, const nenc_option *option, const char *text, char *into)
{
    double value;
    char low[32], high[32], why[200];
    union {
        int64_t integer;
        double real;
        const char *text;
        int choice;
        bool flag;
    } unused;
    const bool taken = is_taken(command, option);
    if (!parse(option, text, taken ? (char *)&unused : into + option->at, &value)) {
        if (option->kind == NENC_OPTION_CHOICE)
            return nenc_complain(command->name, NENC_EXIT_INPUT, "--%s: '%s' is not one of %s", option->name, text,
                                 option->value);
        if (option->kind == NENC_OPTION_TEXT)
            return nenc_complain(command->name, NENC_EXIT_INPUT, "--%s: the value is empty; give %s", option->name,
                                 option->value);
        return nenc_complain(command->name, NENC_EXIT_INPUT, "--%s: '%s' is not %s", option->name, text, wanted[option->kind]);
    }
    const bool bounded = option->min != 0.0 || option->max != 0.0;
    if (bounded && (value < option->min || value > option->max))
        return nenc_complain(command->name, NENC_EXIT_INPUT, "--%s: '%s' is out of range: %s to %s", option->name, text,
                             nenc_option_shown(option, option->min, low), nenc_option_shown(option, option->max, high));
    if (taken && command->take(into, option, text, value, why, sizeof why))
        return nenc_complain(command->name, NENC_EXIT_INPUT, "--%s: '%s': %s", option->name, text, why);
    return NENC_EXIT_OK;
}

/* Counts the leading characters that two words share. */
static size_t shared(const char *left, const char *right)
{
    size_t count = 0;
    while (left[count] && left[count] == right[count]) count++;
    return count;
}

static int unknown(const nenc_command *command, const char *word)
{
    const nenc_option *near = NULL;
    size_t best = 1;
    for (const nenc_option *each = command->options; each->name; each++) {
        const size_t same = shared(each->name, word + 2);
        if (same > best) {
            best = same;
            near = each;
        }
    }
    if (near) return nenc_complain(command->name, NENC_EXIT_INPUT, "unknown option %s; did you mean --%s?", word, near->name);
    return nenc_complain(command->name, NENC_EXIT_INPUT, "unknown option %s; nenc %s --help lists them", word, command->name);
}

/* Prints text in lines of at most 100 characters, each indented to where the first one begins. */
static void print_wrapped(const char *text, size_t indent)
{
    size_t column = indent;
    for (const char *at = text; *at;) {
        const size_t word = strcspn(at, " ");
        if (at != text) {
            const bool fits = column + 1 + word <= 100;
            if (fits) putchar(' ');
            else printf("\n%*s", (int)indent, "");
            column = fits ? column + 1 : indent;
        }
        printf("%.*s", (int)word, at);
        column += word;
        at += word + strspn(at + word, " ");
    }
}

static void usage(const nenc_command *command)
{
    printf("usage: nenc %s [OPTION...]\n%s\n\n", command->name, command->about);
    for (const nenc_option *each = command->options; each->name; each++) {
        char left[80];
        const bool valued = each->kind != NENC_OPTION_FLAG;
        snprintf(left, sizeof left, "--%s%s%s", each->name, valued ? " " : "", valued ? each->value : "");
        printf("  %-24s%s", left, strlen(left) > 23 ? "\n                          " : "");
        print_wrapped(each->help, 26);
        if (each->initial) printf(" [%s]", each->initial);
        puts(each->required ? " (required)" : "");
    }
    if (command->more) printf("\n%s\n", command->more);
}

static bool ends(int *status, int with)
{
    *status = with;
    return false;
}

bool nenc_options_read(const nenc_command *command, int argc, char **argv, void *into, int *status)
{
    bool given[MOST_OPTIONS] = {false};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            usage(command);
            return ends(status, NENC_EXIT_OK);
        }
        if (strncmp(word, "--", 2) != 0)
            return ends(status, nenc_complain(command->name, NENC_EXIT_INPUT, "'%s' is not an option; nenc %s --help lists them",
                                              word, command->name));
        const char *equals = strchr(word, '=');
        const size_t length = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
        size_t at = 0;
        while (command->options[at].name &&
               (strlen(command->options[at].name) != length || memcmp(command->options[at].name, word + 2, length) != 0))
            at++;
        const nenc_option *option = &command->options[at];
        if (!option->name || at >= MOST_OPTIONS) return ends(status, unknown(command, word));
        if (given[at]) return ends(status, nenc_complain(command->name, NENC_EXIT_INPUT, "--%s is given twice", option->name));
        given[at] = true;
        const char *value = equals ? equals + 1 : NULL;
        if (option->kind == NENC_OPTION_FLAG) {
            if (value) return ends(status, nenc_complain(command->name, NENC_EXIT_INPUT, "--%s takes no value", option->name));
        } else if (!value && ++i < argc) {
            value = argv[i];
        }
        if (option->kind != NENC_OPTION_FLAG && !value)
            return ends(status,
                        nenc_complain(command->name, NENC_EXIT_INPUT, "--%s needs a value: %s", option->name, option->value));
        if ((*status = read_value(command, option, value ? value : "", into))) return false;
    }
    for (size_t at = 0; command->options[at].name; at++) {
        const nenc_option *option = &command->options[at];
        if (given[at]) continue;
        if (option->required)
            return ends(status, nenc_complain(command->name, NENC_EXIT_INPUT, "--%s %s is required; see nenc %s --help",
                                              option->name, option->value, command->name));
        if (option->initial && !is_taken(command, option) && (*status = read_value(command, option, option->initial, into)))
            return false;
    }
    return true;
}
