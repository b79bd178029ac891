/* parse.c - reads a fault plan. */
#include "parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const call_names[CALLS] = {
    [CALL_INITIALIZE] = "vaInitialize",
    [CALL_CREATE_CONFIG] = "vaCreateConfig",
    [CALL_CREATE_SURFACES] = "vaCreateSurfaces",
    [CALL_CREATE_CONTEXT] = "vaCreateContext",
    [CALL_CREATE_BUFFER] = "vaCreateBuffer",
    [CALL_DERIVE_IMAGE] = "vaDeriveImage",
    [CALL_PUT_IMAGE] = "vaPutImage",
    [CALL_EXPORT] = "vaExportSurfaceHandle",
    [CALL_BEGIN] = "vaBeginPicture",
    [CALL_RENDER] = "vaRenderPicture",
    [CALL_END] = "vaEndPicture",
    [CALL_SYNC_SURFACE] = "vaSyncSurface",
    [CALL_SYNC_SURFACE2] = "vaSyncSurface2",
    [CALL_SYNC_BUFFER] = "vaSyncBuffer",
    [CALL_MAP] = "vaMapBuffer",
    [CALL_MAP_IMAGE] = "vaMapBuffer/other",
    [CALL_ALLOC] = "alloc",
};

/* The call to which an action applies; for a bare word, the first of several. */
#define AT(call) (1u << (call))
static const unsigned anywhere = ~AT(CALL_ALLOC) & (AT(CALLS) - 1);

static const struct {
    const char *name;
    fault_action action;
    VAStatus status;
    unsigned calls;
    int shorthand; /* the call that a bare word means, or -1 */
} actions[] = {
    {"fail", FAULT_STATUS, VA_STATUS_ERROR_OPERATION_FAILED, AT(CALLS) - 1, -1},
    {"hang", FAULT_HANG, 0, anywhere, -1},
    {"slow", FAULT_SLOW, 0, anywhere, CALL_END},
    {"abort", FAULT_ABORT, 0, anywhere, CALL_END},
    {"ignore-rate", FAULT_IGNORE_RATE, 0, AT(CALL_END), CALL_END},
    {"empty", FAULT_EMPTY, 0, AT(CALL_MAP), CALL_MAP},
    {"null", FAULT_NULL, 0, AT(CALL_MAP), CALL_MAP},
    {"bad-bitstream", FAULT_BAD_BITSTREAM, 0, AT(CALL_MAP), CALL_MAP},
    {"two-segments", FAULT_TWO_SEGMENTS, 0, AT(CALL_MAP), CALL_MAP},
    {"corrupt", FAULT_CORRUPT, 0, AT(CALL_MAP), CALL_MAP},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

/* The names in va.h, without VA_STATUS_ERROR_. */
static const struct {
    const char *name;
    VAStatus status;
} statuses[] = {
#define NAMED(name) {#name, VA_STATUS_ERROR_##name}
    NAMED(OPERATION_FAILED),
    NAMED(ALLOCATION_FAILED),
    NAMED(INVALID_DISPLAY),
    NAMED(INVALID_CONFIG),
    NAMED(INVALID_CONTEXT),
    NAMED(INVALID_SURFACE),
    NAMED(INVALID_BUFFER),
    NAMED(INVALID_IMAGE),
    NAMED(INVALID_SUBPICTURE),
    NAMED(ATTR_NOT_SUPPORTED),
    NAMED(MAX_NUM_EXCEEDED),
    NAMED(UNSUPPORTED_PROFILE),
    NAMED(UNSUPPORTED_ENTRYPOINT),
    NAMED(UNSUPPORTED_RT_FORMAT),
    NAMED(UNSUPPORTED_BUFFERTYPE),
    NAMED(SURFACE_BUSY),
    NAMED(FLAG_NOT_SUPPORTED),
    NAMED(INVALID_PARAMETER),
    NAMED(RESOLUTION_NOT_SUPPORTED),
    NAMED(UNIMPLEMENTED),
    NAMED(SURFACE_IN_DISPLAYING),
    NAMED(INVALID_IMAGE_FORMAT),
    NAMED(DECODING_ERROR),
    NAMED(ENCODING_ERROR),
    NAMED(INVALID_VALUE),
    NAMED(UNSUPPORTED_FILTER),
    NAMED(INVALID_FILTER_CHAIN),
    NAMED(HW_BUSY),
    NAMED(UNSUPPORTED_MEMORY_TYPE),
    NAMED(NOT_ENOUGH_BUFFER),
    NAMED(TIMEDOUT),
    NAMED(UNKNOWN),
#undef NAMED
};

/* A part of the plan, parsed from left to right. */
typedef struct reader {
    const char *at, *end;
} reader;

static void skip_blanks(reader *text)
{
    while (text->at < text->end && isspace((unsigned char)*text->at)) text->at++;
}

static int take(reader *text, char c)
{
    skip_blanks(text);
    if (text->at == text->end || *text->at != c) return 0;
    text->at++;
    return 1;
}

/* Returns the length of a word of letters, digits and - _ /. */
static size_t take_word(reader *text, const char **word)
{
    skip_blanks(text);
    *word = text->at;
    while (text->at < text->end && (isalnum((unsigned char)*text->at) || strchr("-_/", *text->at))) text->at++;
    return (size_t)(text->at - *word);
}

static int take_number(reader *text, uint64_t *number)
{
    const char *digits = text->at;
    *number = 0;
    while (text->at < text->end && isdigit((unsigned char)*text->at) && *number < UINT32_MAX)
        *number = *number * 10 + (uint64_t)(*text->at++ - '0');
    return text->at > digits && *number <= UINT32_MAX;
}

static int is(const char *word, size_t length, const char *name) { return strlen(name) == length && !memcmp(word, name, length); }

static int find_call(const char *word, size_t length)
{
    for (int call = 0; call < CALLS; call++)
        if (is(word, length, call_names[call])) return call;
    if (is(word, length, "vaCreateSurfaces2")) return CALL_CREATE_SURFACES; /* two names of one function */
    return -1;
}

static int find_action(const char *word, size_t length)
{
    for (int number = 0; number < ACTIONS; number++)
        if (is(word, length, actions[number].name)) return number;
    return -1;
}

static int find_status(const char *word, size_t length, VAStatus *status)
{
    static const char prefix[] = "VA_STATUS_ERROR_";
    if (length > sizeof prefix - 1 && !memcmp(word, prefix, sizeof prefix - 1)) {
        word += sizeof prefix - 1;
        length -= sizeof prefix - 1;
    }
    for (size_t number = 0; number < sizeof statuses / sizeof *statuses; number++)
        if (is(word, length, statuses[number].name)) {
            *status = statuses[number].status;
            return 1;
        }
    return 0;
}

static const char *take_range(reader *text, fault_line *line)
{
    skip_blanks(text);
    if (!take_number(text, &line->first) || !line->first) return "@ must be followed by a number from 1";
    line->last = line->first;
    skip_blanks(text);
    if (text->end - text->at < 2 || memcmp(text->at, "..", 2)) return NULL;
    text->at += 2;
    skip_blanks(text);
    line->last = UINT64_MAX;
    if (text->at < text->end && isdigit((unsigned char)*text->at) &&
        (!take_number(text, &line->last) || line->last < line->first))
        return "the range ends before it begins";
    return NULL;
}

/* Parses an action: a word, with its milliseconds if it takes any, or a status. */
static const char *take_action(reader *text, fault_line *line, int *number)
{
    const char *word;
    size_t length = take_word(text, &word);
    *number = find_action(word, length);
    if (*number < 0) {
        line->what = (fault){.action = FAULT_STATUS};
        return length && find_status(word, length, &line->what.status) ? NULL : "unknown action or VAStatus";
    }
    line->what = (fault){.action = actions[*number].action, .status = actions[*number].status};
    if (line->what.action != FAULT_SLOW) return NULL;
    uint64_t ms;
    if (!take(text, ':') || !take_number(text, &ms) || ms > 600000) return "slow needs milliseconds: slow:40";
    line->what.ms = (unsigned)ms;
    return NULL;
}

/* Returns what is wrong with the plan, or NULL. */
static const char *take_line(reader *text, fault_line *line)
{
    reader start = *text;
    const char *word, *wrong;
    size_t length = take_word(text, &word);
    int call = find_call(word, length), action;
    const int alone = call < 0;
    if (alone) {
        *text = start;
        if ((wrong = take_action(text, line, &action))) return action < 0 ? "unknown call or action" : wrong;
        if (action < 0 || actions[action].shorthand < 0) return "the action needs a call before it: CALL@N=ACTION";
        call = actions[action].shorthand;
    }
    line->call = (fault_call)call;
    if (!take(text, '@')) return "the word must be followed by @ and the number of the call";
    if ((wrong = take_range(text, line))) return wrong;
    if (!alone) {
        if (!take(text, '=')) return "the number must be followed by = and an action";
        if ((wrong = take_action(text, line, &action))) return wrong;
        if (action >= 0 && !(actions[action].calls & AT(call))) return "this action does not apply to that call";
    } else if (line->what.action == FAULT_IGNORE_RATE && line->last == line->first) {
        line->last = UINT64_MAX; /* a rate that is ignored only once would come again with the next picture */
    }
    skip_blanks(text);
    return text->at == text->end ? NULL : "faults must be separated by ;";
}

int fault_parse(const char *text, fault_plan *plan, char why[FAULT_TEXT])
{
    plan->count = 0;
    while (*text) {
        const char *end = strchr(text, ';');
        if (!end) end = text + strlen(text);
        reader line = {text, end};
        skip_blanks(&line);
        if (line.at < end) {
            const char *wrong = plan->count == FAULT_LINES ? "too many faults" : take_line(&line, &plan->lines[plan->count]);
            if (wrong) {
                while (end > text && isspace((unsigned char)end[-1])) end--;
                while (isspace((unsigned char)*text)) text++;
                snprintf(why, FAULT_TEXT, "fault plan: '%.*s': %s", (int)(end - text > 60 ? 60 : end - text), text, wrong);
                return -1;
            }
            plan->count++;
            end = line.end;
        }
        text = *end ? end + 1 : end;
    }
    return 0;
}
