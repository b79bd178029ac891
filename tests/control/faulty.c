/* faulty.c - a controller that goes wrong on order: knobs say where, the how-manieth call of it, and how. */
#include <nenc/controller.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { IN_CREATE, IN_RECORD, IN_STEP, IN_DESTROY, IN_SET_GAINS };
enum { SEGV, ABORT, EXIT, HANG, IS_NAN, IS_INF, NEGATIVE, TOO_HIGH, UNTOUCHED, STATUS, KILLED, STACK, CLOSED, NOTHING };

static int where = -1, nth = 1, how = NOTHING, calls;
static double start_bps;

static int deeper(volatile int *depth)
{
    volatile char page[4096];
    page[0] = (char)*depth;
    return ++*depth > 0 ? deeper(depth) + page[0] : 0;
}

static int goes_wrong(int here)
{
    if (here != where || ++calls != nth) return NOTHING;
    int depth = 0;
    switch (how) {
    case SEGV: raise(SIGSEGV); break;
    case ABORT: abort();
    case EXIT: exit(7);
    case HANG:
        for (volatile int forever = 1; forever;) {
        }
        break;
    case KILLED: kill(getpid(), SIGKILL); break;
    case STACK: return deeper(&depth);
    case CLOSED:
        for (int fd = 3; fd < 64; fd++) close(fd);
        break;
    }
    return how;
}

static void *create(const nenc_controller_config *config, char *why, size_t why_size)
{
    (void)why, (void)why_size;
    for (uint32_t i = 0; i < config->knob_count; i++) {
        int value = (int)config->knobs[i].value;
        if (config->knobs[i].name[0] == 'w') where = value;
        if (config->knobs[i].name[0] == 'n') nth = value;
        if (config->knobs[i].name[0] == 'h') how = value;
    }
    start_bps = config->rate_start_bps;
    calls = 0;
    return goes_wrong(IN_CREATE) == UNTOUCHED ? NULL : &start_bps;
}

static void record(void *self, const nenc_sample *sample)
{
    (void)self, (void)sample;
    goes_wrong(IN_RECORD);
}

static int step(void *self, int64_t now_ns, nenc_decision *decision)
{
    (void)self;
    if (now_ns == 0) puts("a controller may print");
    decision->rate_bps = start_bps;
    switch (goes_wrong(IN_STEP)) {
    case IS_NAN: decision->rate_bps = NAN; break;
    case IS_INF: decision->rate_bps = INFINITY; break;
    case NEGATIVE: decision->rate_bps = -1; break;
    case TOO_HIGH: decision->rate_bps = 1e12; break;
    case UNTOUCHED: decision->rate_bps = NAN; break;
    case STATUS: return -5;
    }
    return 0;
}

static int set_gains(void *self, double kp, double ki, double kd)
{
    (void)self, (void)kp, (void)ki, (void)kd;
    return goes_wrong(IN_SET_GAINS) == STATUS;
}

static void destroy(void *self)
{
    (void)self;
    goes_wrong(IN_DESTROY);
}

const struct nenc_controller_v1 nenc_controller_v1 = {
    .abi_version = NENC_CONTROLLER_ABI, .size = sizeof(struct nenc_controller_v1), .name = "faulty",
    .create = create, .record = record, .step = step, .set_gains = set_gains, .destroy = destroy,
};
