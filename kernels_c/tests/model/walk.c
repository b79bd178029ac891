/* walk.c - depth first through every order of steps and every choice of what a load returns or where a store goes.
 *
 * A thread is taken to its next operation by running it from its beginning, its operations so far returning what they returned;
 * at the next one it jumps out. So no state lives on a stack, and a state met again (by a 128-bit hash of memory, views, and
 * what each thread has read since it last forgot) is not walked from twice.
 *
 * One way: when only thread 0 stores, what it reads is its own, so it does the same in every execution, and the others matter
 * neither to it nor to each other. It is enough to run it first. For a load may return any store that exists and is not behind
 * the thread's view, and what it then knows depends on that store alone, not on the stores after it: with all of them there
 * it has every choice it has at any earlier moment. And each choice is one that it has in some order of steps: that in
 * which thread 0 is taken just to that store before the load. The walk checks the premiss, and the checks of the protocols walk
 * small instances both ways and compare.
 */
#include "walk.h"

#include "seen.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SITES = 64, STEPS = 512, LONGEST = 128 };

typedef struct next_step {
    walk_operation operation;
    bool finished;
    uint64_t outcome;
} next_step;

typedef struct step {
    unsigned thread;
    walk_operation operation;
    unsigned which;
    uint64_t value;
} step;

static walk_site sites[SITES];
static unsigned site_count;

/* The walk under way. */
static const walk_program *program;
static walk_result *result;
static bool loud;
static machine now;
static seen_hash memory_hash;
static next_step next[MACHINE_THREADS];
static seen_hash past[MACHINE_THREADS]; /* of what each thread remembers */
static unsigned taken[MACHINE_THREADS];
static uint64_t returned[MACHINE_THREADS][LONGEST];
static step path[STEPS];
static unsigned depth;
static const uint64_t *address[MACHINE_LOCATIONS];
static uint64_t first_value[MACHINE_LOCATIONS];
static unsigned locations;

/* The thread that is run. */
static bool running;
static unsigned self, position;
static jmp_buf away;
static uint64_t observed;
static uint64_t kept[16], kept_outcome; /* what it did not forget, and all since */
static unsigned kept_words, forgot_at;

static void give_up(const char *why)
{
    fprintf(stderr, "walk: %s\n", why);
    exit(EXIT_FAILURE);
}

/* ---- states ---- */

static void add_view(seen_hash *h, const machine_view *view)
{
    uint64_t words[sizeof *view / sizeof(uint64_t)];
    memcpy(words, view, sizeof words);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) seen_add(h, words[i]);
}

static seen_hash hash_memory(void)
{
    seen_hash h = {0};
    for (unsigned l = 0; l < locations; l++) {
        seen_add(&h, now.memory.count[l]);
        for (unsigned i = 0; i < now.memory.count[l]; i++) {
            const machine_store *store = &now.memory.store[l][i];
            seen_add(&h, store->value);
            seen_add(&h, store->glued);
            add_view(&h, &store->view);
        }
    }
    return h;
}

static seen_hash hash_state(void)
{
    seen_hash h = memory_hash;
    add_view(&h, &now.fenced);
    for (unsigned t = 0; t < program->threads; t++) {
        add_view(&h, &now.thread[t].current);
        add_view(&h, &now.thread[t].acquired);
        add_view(&h, &now.thread[t].released);
        seen_add(&h, past[t].high);
        seen_add(&h, past[t].low);
    }
    return h;
}

/* ---- threads ---- */

walk_site *walk_site_at(const char *file, const char *function, int line, walk_kind kind)
{
    for (unsigned i = 0; i < site_count; i++)
        if (sites[i].line == line && sites[i].kind == kind && strcmp(sites[i].file, file) == 0) return &sites[i];
    if (site_count == SITES) give_up("too many sites");
    sites[site_count] = (walk_site){.file = file, .function = function, .line = line, .kind = kind};
    return &sites[site_count++];
}

walk_site *walk_sites(unsigned *count)
{
    *count = site_count;
    return sites;
}

/* Before a walk (no thread runs) an access is an ordinary one. */
static uint64_t perform_plainly(const walk_operation *wanted)
{
    uint64_t *object = (uint64_t *)wanted->address;
    if (wanted->kind == WALK_FENCE) return 0;
    uint64_t value = *object;
    if (wanted->kind == WALK_STORE) *object = wanted->operand;
    if (wanted->kind == WALK_ADD) *object += wanted->operand;
    return value;
}

uint64_t walk_perform(const walk_operation *wanted)
{
    if (!running) return perform_plainly(wanted);
    if (program->at && wanted->address == program->at) program->arrive();
    if (position < taken[self]) return returned[self][position++];
    next[self] = (next_step){.operation = *wanted};
    longjmp(away, 1);
}

unsigned walk_self(void) { return self; }

void walk_join(void) { walk_perform(&(walk_operation){.kind = WALK_JOIN}); }

void walk_check(bool condition, const char *broken)
{
    if (condition) return;
    if (!running) give_up(broken);
    result->failure = broken;
    longjmp(away, 1);
}

void walk_observe(unsigned digit) { observed = observed << 4 | digit; }

void walk_forget(const void *data, size_t size)
{
    if (size % sizeof(uint64_t) != 0 || size > sizeof kept) give_up("too much is kept, or no whole words");
    memcpy(kept, data, size);
    kept_words = (unsigned)(size / sizeof(uint64_t));
    kept_outcome = observed;
    forgot_at = position;
}

static seen_hash hash_past(void)
{
    seen_hash h = {0};
    seen_add(&h, kept_outcome);
    for (unsigned i = 0; i < kept_words; i++) seen_add(&h, kept[i]);
    for (unsigned i = forgot_at; i < taken[self]; i++) seen_add(&h, returned[self][i]);
    return h;
}

/* Takes a thread to its next operation. */
static void run(unsigned thread)
{
    self = thread;
    position = forgot_at = kept_words = 0;
    observed = kept_outcome = 0;
    if (program->begin) program->begin(thread);
    running = true;
    if (setjmp(away) == 0) {
        program->thread[thread]();
        next[thread] = (next_step){.finished = true, .outcome = observed};
    }
    running = false;
    past[self] = hash_past();
}

/* ---- steps ---- */

static unsigned location_of(const void *object)
{
    for (unsigned l = 0; l < locations; l++)
        if (address[l] == object) return l;
    if (locations == MACHINE_LOCATIONS) give_up("too many locations");
    address[locations] = object;
    first_value[locations] = *address[locations];
    return locations++;
}

/* Locations are met on the way; one that was met on another branch is at its first value in this one. */
static unsigned use(const void *object)
{
    unsigned location = location_of(object);
    if (now.memory.count[location] == 0) {
        machine_begin(&now, location, first_value[location]);
        memory_hash = hash_memory();
    }
    return location;
}

static machine_order order_of(const walk_operation *operation)
{
    if (operation->site) operation->site->order = operation->order;
    if (operation->kind != WALK_FENCE && operation->order == MACHINE_SEQ_CST) give_up("SC accesses are not modelled");
    return operation->site && operation->site->relaxed ? MACHINE_RELAXED : operation->order;
}

static const char *const kind_names[] = {"load", "store", "add", "fence", "join"};
static const char *const order_names[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};

static void tell(void)
{
    fprintf(stderr, "%s: %s\n", program->name, result->failure);
    for (unsigned i = 0; i < depth; i++) {
        const step *s = &path[i];
        const walk_site *site = s->operation.site;
        fprintf(stderr, "  thread %u: %s %s", s->thread, kind_names[s->operation.kind], order_names[s->operation.order]);
        if (site)
            fprintf(stderr, " of location %u: %#llx (store %u) in %s, line %d", location_of(s->operation.address),
                    (unsigned long long)s->value, s->which, site->function, site->line);
        fputc('\n', stderr);
    }
}

static double walk_from_here(void);

static double go_on(unsigned thread, unsigned which, uint64_t value)
{
    seen_hash before = past[thread];
    next_step was = next[thread];
    if (depth == STEPS) give_up("too many steps");
    path[depth++] = (step){.thread = thread, .operation = was.operation, .which = which, .value = value};
    returned[thread][taken[thread]++] = value;
    run(thread);
    double executions = result->failure ? 0 : walk_from_here();
    if (result->failure && loud) {
        tell();
        loud = false;
    }
    next[thread] = was;
    past[thread] = before;
    taken[thread]--;
    depth--;
    return executions;
}

static double load(unsigned thread, const walk_operation *operation, unsigned location)
{
    machine_thread before = now.thread[thread];
    machine_order order = order_of(operation);
    double executions = 0;
    for (unsigned i = now.memory.count[location]; i-- > before.current.at[location] && !result->failure;) {
        uint64_t value = machine_load(&now, thread, location, i, order);
        executions += go_on(thread, i, value);
        now.thread[thread] = before;
    }
    return executions;
}

static double change(unsigned thread, const walk_operation *operation, unsigned location)
{
    machine before = now;
    seen_hash before_hash = memory_hash;
    machine_order order = order_of(operation);
    double executions = 0;
    if (program->one_way && thread != 0) give_up("declared one way, but another thread stores");
    if (operation->site && operation->site->dropped) return go_on(thread, 0, 0);
    for (unsigned i = before.memory.count[location]; i > machine_oldest(&before, thread, location) && !result->failure; i--) {
        uint64_t value = operation->operand;
        if (!machine_fits(&before, location, i)) continue;
        if (operation->kind == WALK_ADD) value = machine_add(&now, thread, location, i - 1, operation->operand, order);
        else machine_put(&now, thread, location, i, operation->operand, order);
        memory_hash = hash_memory();
        executions += go_on(thread, i, value);
        now = before;
        memory_hash = before_hash;
    }
    return executions;
}

static double order_only(unsigned thread, const walk_operation *operation)
{
    machine_thread before = now.thread[thread];
    machine_view fenced = now.fenced;
    if (operation->kind == WALK_JOIN) machine_join(&now, thread);
    else machine_fence(&now, thread, order_of(operation));
    double executions = go_on(thread, 0, 0);
    now.thread[thread] = before;
    now.fenced = fenced;
    return executions;
}

static bool alone(unsigned thread)
{
    for (unsigned t = 0; t < program->threads; t++)
        if (t != thread && !next[t].finished) return false;
    return true;
}

static double take(unsigned thread)
{
    const walk_operation operation = next[thread].operation;
    if (operation.kind == WALK_JOIN && !alone(thread)) return 0;
    if (taken[thread] == program->longest) {
        result->failure = "a thread does not come to its end";
        return 0;
    }
    if (operation.kind == WALK_LOAD) return load(thread, &operation, use(operation.address));
    if (operation.kind == WALK_STORE || operation.kind == WALK_ADD) return change(thread, &operation, use(operation.address));
    return order_only(thread, &operation);
}

static int compare(const void *a, const void *b) { return memcmp(a, b, sizeof(walk_outcome)); }

static void note_outcome(void)
{
    walk_outcome outcome = {0};
    for (unsigned t = 0; t < program->threads; t++) outcome.of[t] = next[t].outcome;
    for (unsigned i = 0; i < result->outcomes; i++)
        if (compare(&result->outcome[i], &outcome) == 0) return;
    if (result->outcomes == WALK_OUTCOMES) give_up("too many outcomes");
    result->outcome[result->outcomes++] = outcome;
}

static double walk_from_here(void)
{
    const seen_hash state = hash_state();
    double executions = 0;
    if (!seen_first(state, &executions)) return executions;
    bool ended = true;
    for (unsigned t = 0; t < program->threads && !result->failure; t++) {
        if (next[t].finished) continue;
        ended = false;
        executions += take(t);
        if (program->one_way) break;
    }
    if (ended) {
        note_outcome();
        executions = 1;
    }
    seen_note(state, executions);
    return executions;
}

void walk(const walk_program *walked, walk_result *to, bool tell_failure)
{
    program = walked;
    result = to;
    loud = tell_failure;
    *result = (walk_result){0};
    now = (machine){0};
    locations = depth = 0;
    seen_forget_all();
    if (program->longest > LONGEST) give_up("a longer thread than there is room for");
    memory_hash = hash_memory();
    for (unsigned t = 0; t < program->threads; t++) {
        taken[t] = 0;
        run(t);
    }
    if (!result->failure) result->executions = walk_from_here();
    result->states = seen_states();
    for (unsigned l = 0; l < locations; l++)
        if (*address[l] != first_value[l]) give_up("an atomic object was accessed without an atomic function");
    qsort(result->outcome, result->outcomes, sizeof(walk_outcome), compare);
}
