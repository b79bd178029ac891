/* plan.c - which call fails at which count, and with what. */
#include "plan.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16, NAMES = 64 };

typedef struct rule {
    char call[64];
    long first, last;
    int status;
} rule;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static rule rules[MOST];
static size_t rule_count;
static struct {
    const char *call;
    long count;
} counts[NAMES];
static long all;
static int ready;

static int number_of(const char *status)
{
    static const char *const names[] = {
        "SUCCESS",
        "NO_ENCODE_DEVICE",
        "UNSUPPORTED_DEVICE",
        "INVALID_ENCODERDEVICE",
        "INVALID_DEVICE",
        "DEVICE_NOT_EXIST",
        "INVALID_PTR",
        "INVALID_EVENT",
        "INVALID_PARAM",
        "INVALID_CALL",
        "OUT_OF_MEMORY",
        "ENCODER_NOT_INITIALIZED",
        "UNSUPPORTED_PARAM",
        "LOCK_BUSY",
        "NOT_ENOUGH_BUFFER",
        "INVALID_VERSION",
        "MAP_FAILED",
        "NEED_MORE_INPUT",
        "ENCODER_BUSY",
        "EVENT_NOT_REGISTERD",
        "GENERIC",
        "INCOMPATIBLE_CLIENT_KEY",
        "UNIMPLEMENTED",
        "RESOURCE_REGISTER_FAILED",
        "RESOURCE_NOT_REGISTERED",
        "RESOURCE_NOT_MAPPED",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], status) == 0) return (int)i;
    return atoi(status);
}

static void read_rule(char *text)
{
    rule *made = &rules[rule_count];
    char *at = strchr(text, '@'), *is = strchr(text, '='), *to;
    if (!at || !is || at > is || rule_count == MOST || at - text >= (long)sizeof made->call || number_of(is + 1) < 1) {
        fprintf(stderr, "nvenc stub: no fault plan: %s\n", text);
        abort();
    }
    *at = *is = '\0';
    snprintf(made->call, sizeof made->call, "%s", text);
    made->first = made->last = strtol(at + 1, &to, 10);
    if (strncmp(to, "..", 2) == 0) made->last = strtol(to + 2, NULL, 10);
    made->status = number_of(is + 1);
    rule_count++;
}

static void read_plan(const char *plan)
{
    char text[1024], *rest = text, *one;
    if (!plan) plan = getenv("NENC_NVENC_FAULTS");
    snprintf(text, sizeof text, "%s", plan ? plan : "");
    rule_count = 0;
    all = 0;
    memset(counts, 0, sizeof counts);
    ready = 1;
    while ((one = strsep(&rest, "; ")))
        if (*one) read_rule(one);
}

void stub_plan(const char *plan)
{
    pthread_mutex_lock(&lock);
    read_plan(plan);
    pthread_mutex_unlock(&lock);
}

static long counted(const char *call)
{
    size_t i = 0;
    while (counts[i].call && strcmp(counts[i].call, call) != 0) i++;
    counts[i].call = call;
    return ++counts[i].count;
}

int stub_fault(const char *call)
{
    int status = 0;
    pthread_mutex_lock(&lock);
    if (!ready) read_plan(NULL);
    const long number = counted(call);
    all++;
    for (size_t i = 0; i < rule_count; i++) {
        const long at = strcmp(rules[i].call, "*") == 0 ? all : strcmp(rules[i].call, call) == 0 ? number : 0;
        if (at >= rules[i].first && at <= rules[i].last) status = rules[i].status;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

long stub_calls(void)
{
    pthread_mutex_lock(&lock);
    long calls = all;
    pthread_mutex_unlock(&lock);
    return calls;
}
