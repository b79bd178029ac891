/* litmus.c - the machine of views on the small programs by which the literature tells memory models apart.
 *
 * Names and verdicts: Batty et al., Mathematizing C++ Concurrency (POPL 2011); Sarkar et al., Synchronising C/C++ and POWER (PLDI
 * 2012); Alglave et al., Herding Cats (TOPLAS 2014); Lahav et al., Repairing Sequential Consistency in C/C++11 (PLDI 2017),
 * whose RC11 decides where C11's text is known to be broken (SC fences).
 */
#include <stdatomic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum verdict { FORBIDDEN, ALLOWED };

/* Threads in words: "x=1" stores, "x" loads, "x+1" adds, "F" is a fence, "join" waits for the others; ".acq" and so on is
 * the order, relaxed without. What a thread reads is its outcome, a digit each. */
typedef struct litmus {
    const char *name;
    const char *thread[MACHINE_THREADS];
    const char *outcome; /* the one asked about: threads apart by spaces, "-" for one that reads nothing */
    enum verdict verdict;
    unsigned outcomes; /* how many there are; 0: not worked out by hand */
} litmus;

static const litmus tests[] = {
    /* Coherence: each location alone is sequentially consistent. */
    {"CoRR", {"x=1", "x x"}, "- 10", FORBIDDEN, 3},
    {"CoRR, three values", {"x=1 x=2", "x x"}, "- 21", FORBIDDEN, 6},
    {"CoRR2", {"x=1", "x=2", "x x", "x x"}, "- - 12 21", FORBIDDEN, 0},
    {"CoWW", {"x=1 x=2", "join x"}, "- 1", FORBIDDEN, 1},
    {"CoWR", {"x=1 x", "x=2", "join x"}, "2 - 1", FORBIDDEN, 3},
    {"CoWR, back", {"x=1 x", "join"}, "0 -", FORBIDDEN, 1},
    {"CoRW", {"x x=1", "x=2", "join x"}, "2 - 2", FORBIDDEN, 0},

    /* Store buffering: nothing short of SC fences on both sides forbids it. */
    {"SB", {"x=1 y", "y=1 x"}, "0 0", ALLOWED, 4},
    {"SB+rel+acq", {"x=1.rel y.acq", "y=1.rel x.acq"}, "0 0", ALLOWED, 4},
    {"SB+acq_rel fences", {"x=1 F.acq_rel y", "y=1 F.acq_rel x"}, "0 0", ALLOWED, 4},
    {"SB+one SC fence", {"x=1 F.sc y", "y=1 x"}, "0 0", ALLOWED, 4},
    {"SB+SC fences", {"x=1 F.sc y", "y=1 F.sc x"}, "0 0", FORBIDDEN, 3},

    /* Message passing: both sides are needed. */
    {"MP", {"x=1 y=1", "y x"}, "- 10", ALLOWED, 4},
    {"MP+rel+rlx", {"x=1 y=1.rel", "y x"}, "- 10", ALLOWED, 4},
    {"MP+rlx+acq", {"x=1 y=1", "y.acq x"}, "- 10", ALLOWED, 4},
    {"MP+rel+acq", {"x=1 y=1.rel", "y.acq x"}, "- 10", FORBIDDEN, 3},
    {"MP+rel late", {"x=1.rel y=1", "y.acq x.acq"}, "- 10", ALLOWED, 4},
    {"MP+acq late", {"x=1 y=1.rel", "y x.acq"}, "- 10", ALLOWED, 4},
    {"MP+fence.rel+rlx", {"x=1 F.rel y=1", "y x"}, "- 10", ALLOWED, 4},
    {"MP+rlx+fence.acq", {"x=1 y=1", "y F.acq x"}, "- 10", ALLOWED, 4},
    {"MP+fences", {"x=1 F.rel y=1", "y F.acq x"}, "- 10", FORBIDDEN, 3},
    {"MP+fence.rel+acq", {"x=1 F.rel y=1", "y.acq x"}, "- 10", FORBIDDEN, 3},
    {"MP+rel+fence.acq", {"x=1 y=1.rel", "y F.acq x"}, "- 10", FORBIDDEN, 3},
    {"MP+wrong fences", {"x=1 F.acq y=1", "y F.rel x"}, "- 10", ALLOWED, 4},
    {"MP+fence before both", {"F.rel x=1 y=1", "y F.acq x"}, "- 10", ALLOWED, 4},
    {"MP+SC fences", {"x=1 F.sc y=1", "y F.sc x"}, "- 10", FORBIDDEN, 3},
    {"MP+join", {"x=1 y=1", "join x y"}, "- 10", FORBIDDEN, 1},

    /* Release sequences. A later relaxed store continues one in C11, but not since C++20: the machine is the weaker. */
    {"MP+rel sequence+add", {"x=1 y=1.rel", "y+1", "y.acq x"}, "- 1 20", FORBIDDEN, 0},
    {"MP+rel sequence+store", {"x=1 y=1.rel", "y y=2", "y.acq x"}, "- 1 20", ALLOWED, 0},
    {"MP+rel sequence+own store", {"x=1 y=1.rel y=2", "y.acq x"}, "- 20", ALLOWED, 5},
    {"MP+add.acq", {"x=1 y=1.rel", "y+1.acq x"}, "- 10", FORBIDDEN, 0},
    {"MP+add.rel", {"x=1 y+1.rel", "y.acq x"}, "0 10", FORBIDDEN, 3},

    /* Read-modify-writes are atomic. */
    {"add+add", {"x+1", "x+1"}, "0 0", FORBIDDEN, 2},
    {"add+add+add", {"x+1", "x+1", "x+1", "join x"}, "0 1 2 3", ALLOWED, 6},
    {"add+store", {"x+1", "x=5", "join x"}, "0 - 6", FORBIDDEN, 0},

    /* Modification order is no order of execution. */
    {"2+2W", {"x=1 y=2", "y=1 x=2", "join x y"}, "- - 11", ALLOWED, 4},
    {"2+2W+rel", {"x=1.rel y=2.rel", "y=1.rel x=2.rel", "join x y"}, "- - 11", ALLOWED, 4},
    {"2+2W+SC fences", {"x=1 F.sc y=2", "y=1 F.sc x=2", "join x y"}, "- - 11", FORBIDDEN, 3},
    {"S", {"x=2 y=1", "y x=1", "join x"}, "- 1 2", ALLOWED, 4},
    {"S+rel+acq", {"x=2 y=1.rel", "y.acq x=1", "join x"}, "- 1 2", FORBIDDEN, 3},
    {"R", {"x=1 y=1", "y=2 x", "join y"}, "- 0 2", ALLOWED, 4},
    {"R+SC fences", {"x=1 F.sc y=1", "y=2 F.sc x", "join y"}, "- 0 2", FORBIDDEN, 3},

    /* What is known of x=1 still holds when x=2 goes in before it: nobody who knows of x=1 reads x=2 where x ends as 1. */
    {"MP+late store before", {"x=1 y=1.rel", "x=2", "y.acq x", "join x"}, "- - 12 1", FORBIDDEN, 0},
    {"MP+late store before, fence.rel", {"x=1 F.rel y=1", "x=2", "y.acq x", "join x"}, "- - 12 1", FORBIDDEN, 0},
    {"MP+late store before, fence.acq", {"x=1 y=1.rel", "x=2", "y F.acq x", "join x"}, "- - 12 1", FORBIDDEN, 0},
    {"SB+late store before, SC fences", {"x=1 F.sc y", "x=2", "y=1 F.sc x", "join x"}, "0 - 2 1", FORBIDDEN, 0},
    {"SB+late store after, SC fences", {"x=1 F.sc y", "x=2", "y=1 F.sc x", "join x"}, "0 - 2 2", ALLOWED, 0},

    /* Causality through a third thread, and readers that disagree. */
    {"WRC", {"x=1", "x y=1", "y x"}, "- 1 10", ALLOWED, 8},
    {"WRC+rel+acq", {"x=1", "x y=1.rel", "y.acq x"}, "- 1 10", FORBIDDEN, 7},
    {"WRC+rel+acq, all", {"x=1.rel", "x.acq y=1.rel", "y.acq x"}, "- 1 10", FORBIDDEN, 7},
    {"ISA2+rel+acq", {"x=1 y=1.rel", "y.acq z=1.rel", "z.acq x"}, "- 1 10", FORBIDDEN, 7},
    {"ISA2+broken", {"x=1 y=1.rel", "y z=1.rel", "z.acq x"}, "- 1 10", ALLOWED, 8},
    {"IRIW+rel+acq", {"x=1.rel", "y=1.rel", "x.acq y.acq", "y.acq x.acq"}, "- - 10 10", ALLOWED, 16},
    {"IRIW+SC fences", {"x=1", "y=1", "x F.sc y", "y F.sc x"}, "- - 10 10", FORBIDDEN, 15},
    {"RWC+SC fences", {"x=1", "x F.sc y", "y=1 F.sc x"}, "- 10 0", FORBIDDEN, 7},

    /* C11 allows the relaxed one, the machine never shows it (machine.h). Only who stores can buffer loads: no consumer here. */
    {"LB, out of the model", {"x y=1", "y x=1"}, "1 1", FORBIDDEN, 3},
    {"LB+rel+acq", {"x.acq y=1.rel", "y.acq x=1.rel"}, "1 1", FORBIDDEN, 3},
};

static _Atomic uint64_t variable[3]; /* x, y, z */
static const litmus *now;

static memory_order order_named(const char *name)
{
    static const char *const names[] = {"", ".acq", ".rel", ".acq_rel", ".sc"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return (memory_order)i;
    fprintf(stderr, "no such order: %s\n", name);
    exit(EXIT_FAILURE);
}

static void reach(_Atomic uint64_t *object, const char *how)
{
    const uint64_t operand = (uint64_t)(how[0] && how[1] ? how[1] - '0' : 0);
    if (how[0] == '=') atomic_store_explicit(object, operand, order_named(how + 2));
    else if (how[0] == '+') walk_observe((unsigned)atomic_fetch_add_explicit(object, operand, order_named(how + 2)));
    else walk_observe((unsigned)atomic_load_explicit(object, order_named(how)));
}

static void perform(const char *word)
{
    if (strcmp(word, "join") == 0) walk_join();
    else if (word[0] == 'F') atomic_thread_fence(order_named(word + 1));
    else reach(&variable[word[0] - 'x'], word + 1);
}

static void perform_all(const char *words)
{
    char word[16];
    for (int length = 0; sscanf(words, "%15s%n", word, &length) == 1; words += length) perform(word);
}

static void first(void) { perform_all(now->thread[0]); }
static void second(void) { perform_all(now->thread[1]); }
static void third(void) { perform_all(now->thread[2]); }
static void fourth(void) { perform_all(now->thread[3]); }

static bool found(const walk_result *result, const char *wanted)
{
    walk_outcome outcome = {0};
    char digits[16];
    int length = 0;
    for (unsigned t = 0; sscanf(wanted, "%15s%n", digits, &length) == 1; wanted += length, t++)
        outcome.of[t] = digits[0] == '-' ? 0 : strtoull(digits, NULL, 16);
    for (unsigned i = 0; i < result->outcomes; i++)
        if (memcmp(&result->outcome[i], &outcome, sizeof outcome) == 0) return true;
    return false;
}

/* Nothing but what the literature says? */
static bool is_as_published(const litmus *test, uint64_t *states, double *executions)
{
    static walk_result result;
    walk_program program = {.name = test->name, .thread = {first, second, third, fourth}, .longest = 16};
    while (program.threads < MACHINE_THREADS && test->thread[program.threads]) program.threads++;
    now = test;
    walk(&program, &result, true);
    *states += result.states;
    *executions += result.executions;
    const bool is = found(&result, test->outcome);
    if (!result.failure && is == (test->verdict == ALLOWED) && (!test->outcomes || test->outcomes == result.outcomes))
        return true;
    printf("%s: %s is %s, %u outcomes\n", test->name, test->outcome, is ? "there" : "not there", result.outcomes);
    return false;
}

/* With the argument `mutant`, the machine was made wrong: exits 0 when that is noticed. */
int main(int argc, char **argv)
{
    const bool mutant = argc == 2 && strcmp(argv[1], "mutant") == 0;
    const unsigned count = sizeof tests / sizeof *tests;
    uint64_t states = 0;
    double executions = 0;
    unsigned wrong = 0;
    for (unsigned i = 0; i < count; i++) wrong += !is_as_published(&tests[i], &states, &executions);
    printf("%u litmus tests: %llu states, %.0f executions, %u wrong\n", count, (unsigned long long)states, executions, wrong);
    return mutant == (wrong > 0) ? EXIT_SUCCESS : EXIT_FAILURE;
}
