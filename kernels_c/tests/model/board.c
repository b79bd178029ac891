/* board.c - the two copies on a board: a writer puts values, a reader gets whole ones, never an older one, and soon enough. */
#include "core/board.h"

#include "protocols.h"

enum { WORDS = 3 }; /* as easily torn as many, and walked through sooner */

typedef struct value {
    uint64_t words[WORDS];
} value;

static nenc_word board[NENC_BOARD(WORDS)];
static uint64_t to_put, to_get;

static value numbered(uint64_t n) { return (value){{n << 8, n << 8 | 1, n << 8 | 2}}; }

static void put(uint64_t n)
{
    const value v = numbered(n);
    nenc_board_put(board, WORDS, &v);
}

static void write_values(void)
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
    walk_check(to_put > 1 || reader[walk_self()].tries == 0, "tried again, but the writer did not put twice");
    reader[walk_self()].tries = 1;
    walk_forget(&reader[walk_self()], sizeof *reader);
}

static void get(void)
{
    value v;
    reader[walk_self()].tries = 0;
    nenc_board_get(board, WORDS, &v);
    uint64_t n = v.words[0] >> 8;
    const value whole = numbered(n);
    walk_check(memcmp(&v, &whole, sizeof v) == 0, "a torn value");
    walk_check(n >= reader[walk_self()].last, "an older value than before");
    walk_observe((unsigned)n);
    reader[walk_self()].last = n;
    reader[walk_self()].gets++;
}

static void read_values(void)
{
    while (reader[walk_self()].gets < to_get) get();
}

static void read_to_the_end(void)
{
    read_values();
    walk_join();
    get();
    walk_check(reader[walk_self()].last == to_put + 1, "not the newest value");
}

static void begin(unsigned thread) { memset(&reader[thread], 0, sizeof *reader); }

/* nenc_create puts the first. */
static void set_up(uint64_t values, uint64_t reads)
{
    memset(board, 0, sizeof board);
    to_put = values;
    to_get = reads;
    put(1);
}

static void once(void) { set_up(1, 2); }
static void twice(void) { set_up(2, 1); }
static void often(void) { set_up(5, 3); }

#define BOARD(...) .program = {.begin = begin, .thread = {write_values, read_to_the_end, read_values}, .longest = 96, __VA_ARGS__}
#define TURNS .at = board, .arrive = arrive

const protocol board_protocols[] = {
    {BOARD(.name = "board, 1 put, 2 gets", .threads = 2, .one_way = true, TURNS), .set_up = once},
    {BOARD(.name = "  all orders of steps", .threads = 2, TURNS), .set_up = once, .same = true},
    {BOARD(.name = "  all orders of steps, nothing forgotten", .threads = 2), .set_up = once, .same = true},
    {BOARD(.name = "board, 2 puts, 1 get", .threads = 2, .one_way = true, TURNS), .set_up = twice},
    {BOARD(.name = "  all orders of steps", .threads = 2, TURNS), .set_up = twice, .same = true},
    {BOARD(.name = "board, 2 puts, 1 get, 2 readers", .threads = 3, TURNS), .set_up = twice},
    {BOARD(.name = "board, 5 puts, 3 gets", .threads = 2, .one_way = true, TURNS), .set_up = often},
    {BOARD(.name = "  all orders of steps", .threads = 2, TURNS), .set_up = often, .same = true, .large = true},
    {.program = {.name = NULL}},
};
