/* walk.h - walks through every execution of a few threads, given as C functions, on the machine of views. */
#ifndef NENC_TESTS_MODEL_WALK_H
#define NENC_TESTS_MODEL_WALK_H

#include "machine.h"

#include <stddef.h>

typedef enum walk_kind { WALK_LOAD, WALK_STORE, WALK_ADD, WALK_FENCE, WALK_JOIN } walk_kind;

/* A place in the sources where memory is accessed. The mutants of an access are set here. */
typedef struct walk_site {
    const char *file;
    const char *function;
    int line;
    walk_kind kind;
    machine_order order; /* as it was met */
    bool relaxed;        /* mutant: the order is taken away */
    bool dropped;        /* mutant: the store is not made */
} walk_site;

typedef struct walk_operation {
    walk_kind kind;
    machine_order order;
    walk_site *site;
    const void *address;
    uint64_t operand;
} walk_operation;

/* What is walked through. A thread is a function of what it reads from atomic objects, and of nothing else. Atomic objects are
 * at their first values before the walk. */
typedef struct walk_program {
    const char *name;
    void (*begin)(unsigned thread); /* gives plain objects of this thread their first values; may be NULL */
    void (*thread[MACHINE_THREADS])(void);
    unsigned threads;
    unsigned longest; /* operations of one thread; more are a failure */
    bool one_way;     /* thread 0 runs first and whole: see walk.c */
    /* May be NULL: arrive is called whenever a thread comes to an operation on `at`, to check and to forget. */
    const void *at;
    void (*arrive)(void);
} walk_program;

enum { WALK_OUTCOMES = 4096 };

typedef struct walk_outcome {
    uint64_t of[MACHINE_THREADS];
} walk_outcome;

typedef struct walk_result {
    const char *failure; /* NULL: none */
    uint64_t states;
    double executions; /* whole ones; those that go round in a loop are counted without the rounds */
    unsigned outcomes;
    walk_outcome outcome[WALK_OUTCOMES]; /* sorted */
} walk_result;

/* Ends at the first failure, which it tells with the steps that led there when `loud`. */
void walk(const walk_program *program, walk_result *result, bool loud);

/* ---- for the threads ---- */

unsigned walk_self(void);
void walk_join(void); /* waits for all other threads */
void walk_check(bool condition, const char *broken);
void walk_observe(unsigned digit); /* one more hexadecimal digit of this thread's outcome */
/* What this thread does from here on depends on its past only through these plain data (and its outcome so far). */
void walk_forget(const void *data, size_t size);

/* ---- for the stand-in of stdatomic.h ---- */

walk_site *walk_site_at(const char *file, const char *function, int line, walk_kind kind);
uint64_t walk_perform(const walk_operation *wanted);

/* Every site met so far. */
walk_site *walk_sites(unsigned *count);

#endif
