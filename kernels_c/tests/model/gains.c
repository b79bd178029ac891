/* gains.c - the box of gains: a writer puts sets, the thread that ticks takes whole ones, each once, and the last in the end. */
#include "core/gains.h"

#include "protocols.h"

static nenc_gains_box box;
static uint64_t to_put, to_take;

static nenc_gains numbered(uint64_t n) { return (nenc_gains){(double)n, (double)n + 0.25, (double)n + 0.5}; }

static void write_sets(void)
{
    for (uint64_t n = 1; n <= to_put; n++) {
        nenc_gains gains = numbered(n);
        nenc_gains_put(&box, &gains);
    }
}

/* All that the taker remembers from one take to the next. */
static struct {
    uint64_t takes, last;
    uint64_t taken; /* the box's */
} taker;

static void take(void)
{
    nenc_gains gains;
    uint64_t n = 0;
    if (nenc_gains_take(&box, &gains)) {
        n = (uint64_t)gains.kp;
        nenc_gains whole = numbered(n);
        walk_check(memcmp(&gains, &whole, sizeof gains) == 0, "a torn set");
        walk_check(n > taker.last, "taken before, or older");
        taker.last = n;
    }
    walk_observe((unsigned)n);
    taker.takes++;
    taker.taken = box.taken;
    walk_forget(&taker, sizeof taker);
}

static void take_sets(void)
{
    while (taker.takes < to_take) take();
    walk_join();
    take();
    walk_check(taker.last == to_put, "the newest set never comes");
}

static void begin(unsigned thread)
{
    if (thread == 0) return;
    memset(&taker, 0, sizeof taker);
    box.taken = 0;
}

static void set_up(uint64_t sets, uint64_t tries)
{
    memset(&box, 0, sizeof box);
    to_put = sets;
    to_take = tries;
}

static void few(void) { set_up(2, 2); }
static void many(void) { set_up(5, 4); }

#define GAINS(...) .program = {.begin = begin, .thread = {write_sets, take_sets}, .threads = 2, .longest = 64, __VA_ARGS__}

const protocol gains_protocols[] = {
    {GAINS(.name = "gains, 2 puts, 2 takes", .one_way = true), .set_up = few},
    {GAINS(.name = "  all orders of steps"), .set_up = few, .same = true},
    {GAINS(.name = "gains, 5 puts, 4 takes", .one_way = true), .set_up = many},
    {GAINS(.name = "  all orders of steps"), .set_up = many, .same = true, .large = true},
    {.program = {.name = NULL}},
};
