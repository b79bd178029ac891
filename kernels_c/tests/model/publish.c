/* publish.c - the two copies of the state: a writer puts states, a reader gets whole ones, never an older one, and soon enough. */
#include "small_state.h"

#include "core/publish.h"

#include "protocols.h"

static nenc_publish published;
static uint64_t to_put, to_get;

static small_state numbered(uint64_t n) { return (small_state){{n << 8, n << 8 | 1, n << 8 | 2}}; }

static void put(uint64_t n)
{
    small_state state = numbered(n);
    nenc_publish_put(&published, &state);
}

static void write_states(void)
{
    for (uint64_t i = 0; i < to_put; i++) put(i + 2);
}

/* All that a reader remembers from one get to the next. */
static struct {
    uint64_t gets, last;
    uint64_t tries; /* of the get under way */
} reader[MACHINE_THREADS];

/* Each turn of get's loop begins with a look at the number of the newest. */
static void arrive(void)
{
    if (walk_self() == 0) return;
    walk_check(to_put > 1 || reader[walk_self()].tries == 0, "tried again, but the writer did not publish twice");
    reader[walk_self()].tries = 1;
    walk_forget(&reader[walk_self()], sizeof *reader);
}

static void get(void)
{
    small_state state;
    reader[walk_self()].tries = 0;
    nenc_publish_get(&published, &state);
    uint64_t n = state.words[0] >> 8;
    small_state whole = numbered(n);
    walk_check(memcmp(&state, &whole, sizeof state) == 0, "a torn state");
    walk_check(n >= reader[walk_self()].last, "an older state than before");
    walk_observe((unsigned)n);
    reader[walk_self()].last = n;
    reader[walk_self()].gets++;
}

static void read_states(void)
{
    while (reader[walk_self()].gets < to_get) get();
}

static void read_to_the_end(void)
{
    read_states();
    walk_join();
    get();
    walk_check(reader[walk_self()].last == to_put + 1, "not the newest state");
}

static void begin(unsigned thread) { memset(&reader[thread], 0, sizeof *reader); }

/* nenc_create puts the first. */
static void set_up(uint64_t states, uint64_t reads)
{
    memset(&published, 0, sizeof published);
    to_put = states;
    to_get = reads;
    put(1);
}

static void once(void) { set_up(1, 2); }
static void twice(void) { set_up(2, 1); }
static void often(void) { set_up(5, 3); }

#define PUBLISH(...)                                                                                                             \
    .program = {.begin = begin, .thread = {write_states, read_to_the_end, read_states}, .longest = 96, __VA_ARGS__}
#define TURNS .at = &published.latest, .arrive = arrive

const protocol publish_protocols[] = {
    {PUBLISH(.name = "publish, 1 put, 2 gets", .threads = 2, .one_way = true, TURNS), .set_up = once},
    {PUBLISH(.name = "  all orders of steps", .threads = 2, TURNS), .set_up = once, .same = true},
    {PUBLISH(.name = "  all orders of steps, nothing forgotten", .threads = 2), .set_up = once, .same = true},
    {PUBLISH(.name = "publish, 2 puts, 1 get", .threads = 2, .one_way = true, TURNS), .set_up = twice},
    {PUBLISH(.name = "  all orders of steps", .threads = 2, TURNS), .set_up = twice, .same = true},
    {PUBLISH(.name = "publish, 2 puts, 1 get, 2 readers", .threads = 3, TURNS), .set_up = twice},
    {PUBLISH(.name = "publish, 5 puts, 3 gets", .threads = 2, .one_way = true, TURNS), .set_up = often},
    {PUBLISH(.name = "  all orders of steps", .threads = 2, TURNS), .set_up = often, .same = true, .large = true},
    {.program = {.name = NULL}},
};
