/* hammer.c - the lock-free parts under real threads, as hard as they can: nothing torn, nothing lost that was not counted.
 *
 * A fraction of a second each; NENC_LONG=1 makes it 60 s for the ring.
 */
#include "core/gains.h"
#include "core/ring.h"

#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void sleep_us(long us) { nanosleep(&(struct timespec){0, us * 1000}, NULL); }

/* Threads change their ways every 20 ms. */
enum phase { KEEPING_UP, SLOW, AT_THE_BRINK, PHASES };

static enum phase phase(void) { return (enum phase)((uint64_t)(now_s() * 50) % PHASES); }

static void start(pthread_t *thread, void *(*body)(void *), void *argument)
{
    if (pthread_create(thread, NULL, body, argument) != 0) exit(EXIT_FAILURE);
}

/* ---- the ring: a producer in bursts, a consumer that dawdles in phases ---- */

typedef struct samples {
    nenc_ring *ring;
    _Atomic int finished;
    double seconds;
    uint64_t pushed;
} samples;

/* Every field says which sample it belongs to, so that a torn one cannot go unseen. */
static nenc_sample numbered(uint64_t n)
{
    uint32_t low = (uint32_t)n;
    return (nenc_sample){
        .time_ns = (int64_t)n,
        .throughput_kbps = low,
        .rtt_ms = (float)(low & 0xffffff),
        .loss = (float)(low & 0xffff),
        .owd_ms = -(float)(low & 0xffffff),
        .ecn = (float)((low >> 8) & 0xffff),
        .bytes_in_flight = (float)(low & 0xfffff),
    };
}

static void *produce(void *argument)
{
    samples *s = argument;
    uint64_t random = 2;
    for (double end = now_s() + s->seconds; now_s() < end;) {
        for (uint64_t burst = check_below(&random, 700); burst > 0; burst--) {
            nenc_sample sample = numbered(s->pushed++);
            nenc_ring_push(s->ring, &sample);
        }
        if (check_below(&random, 4) == 0) sched_yield();
    }
    atomic_store(&s->finished, 1);
    return NULL;
}

/* At the brink the next sample to take is the very one the producer overwrites next. */
static void dawdle(samples *s)
{
    const enum phase now = phase();
    if (now == SLOW) sleep_us(50);
    if (now == AT_THE_BRINK)
        while (nenc_ring_pushed(s->ring) - s->ring->tail < NENC_RING_SLOTS && !atomic_load(&s->finished) && phase() == now) {
        }
}

static void hammer_ring(double seconds)
{
    const uint64_t index = UINT64_MAX - 1000; /* it wraps on the way */
    samples s = {.ring = nenc_alloc(sizeof *s.ring), .seconds = seconds};
    if (!s.ring) exit(EXIT_FAILURE);
    atomic_store(&s.ring->head, index);
    s.ring->tail = index;
    pthread_t producer;
    start(&producer, produce, &s);
    uint64_t delivered = 0, torn = 0, disordered = 0;
    int64_t last = -1;
    for (int finished = 0;;) {
        nenc_sample sample;
        if (nenc_ring_pop(s.ring, &sample)) {
            nenc_sample expected = numbered((uint64_t)sample.time_ns);
            torn += memcmp(&sample, &expected, sizeof sample) != 0;
            disordered += sample.time_ns <= last;
            last = sample.time_ns;
            delivered++;
            if (!finished) dawdle(&s);
        } else if (finished) {
            break;
        } else {
            finished = atomic_load(&s.finished);
            sched_yield();
        }
    }
    pthread_join(producer, NULL);
    printf("ring: %.1f s, %llu pushed, %llu delivered, %llu overwritten, %llu torn\n", seconds, (unsigned long long)s.pushed,
           (unsigned long long)delivered, (unsigned long long)s.ring->overwritten, (unsigned long long)torn);
    CHECK(torn == 0);
    CHECK(disordered == 0);
    CHECK(delivered > 0);
    CHECK(s.ring->overwritten > 0);
    CHECK(delivered + s.ring->overwritten == s.pushed);
    CHECK(last == (int64_t)s.pushed - 1);
    nenc_free(s.ring);
}

/* ---- the published state: a controller that ticks without a pause, and readers ---- */

enum { READERS = 3 };

typedef struct reader {
    AdaptiveEncoder *enc;
    _Atomic int *finished;
    uint64_t reads, torn, older;
    _Atomic uint64_t changes;
} reader;

static const int64_t tick_ns = 16666667;

static uint32_t kbps_of(uint64_t tick) { return 10000 + (uint32_t)(tick % 4999); }
static float rtt_of(uint64_t tick) { return 20 + (float)(tick % 61); }
static uint64_t refused_before(uint64_t tick) { return tick / 3; }

/* One good sample a tick, so that all these are a matter of which tick it is. */
static int whole(const nenc_state *state)
{
    const uint64_t tick = state->ticks;
    return state->now_ns == (int64_t)tick * tick_ns && state->recorded == tick && state->refused == refused_before(tick) &&
           state->overwritten == 0 && state->throughput_bps == (tick ? kbps_of(tick) * 1e3 : 0) &&
           state->rtt_ms == (tick ? rtt_of(tick) : 0) && state->age_us == (tick ? 0 : UINT32_MAX);
}

static void *read_states(void *argument)
{
    reader *r = argument;
    uint64_t last = 0;
    for (int finished = 0; !finished;) {
        nenc_state state;
        finished = atomic_load(r->finished);
        r->torn += nenc_state_get(r->enc, &state) != NENC_OK || !whole(&state);
        r->older += state.ticks < last;
        r->changes += state.ticks != last;
        r->reads++;
        last = state.ticks;
        if (phase() == SLOW && r->reads % 64 == 0) sched_yield();
    }
    return NULL;
}

static int all_have_seen_some(reader *readers)
{
    for (int i = 0; i < READERS; i++)
        if (atomic_load(&readers[i].changes) < 2) return 0;
    return 1;
}

static void hammer_state(double seconds)
{
    nenc_config config;
    nenc_config_default(&config);
    AdaptiveEncoder *enc = nenc_create(&config, 0, NULL);
    if (!enc) exit(EXIT_FAILURE);
    _Atomic int finished = 0;
    reader readers[READERS];
    pthread_t threads[READERS];
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.enc = enc, .finished = &finished};
        start(&threads[i], read_states, &readers[i]);
    }
    uint64_t tick = 0;
    /* A loaded machine may not come to each reader in time: it is waited for, a minute at most. */
    for (double end = now_s() + seconds; now_s() < end || (!all_have_seen_some(readers) && now_s() < end + 60);) {
        tick++;
        nenc_sample sample = {.time_ns = (int64_t)tick * tick_ns,
                              .throughput_kbps = kbps_of(tick),
                              .rtt_ms = rtt_of(tick),
                              .owd_ms = NAN,
                              .ecn = NAN,
                              .bytes_in_flight = NAN};
        CHECK(nenc_record(enc, &sample) == NENC_OK);
        sample.rtt_ms = NAN;
        if (refused_before(tick) > refused_before(tick - 1)) CHECK(nenc_record(enc, &sample) == NENC_EINVAL);
        CHECK(nenc_step(enc, (int64_t)tick * tick_ns, NULL) > 0);
    }
    CHECK(all_have_seen_some(readers));
    atomic_store(&finished, 1);
    uint64_t reads = 0;
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(readers[i].torn == 0);
        CHECK(readers[i].older == 0);
        reads += readers[i].reads;
    }
    printf("state: %.1f s, %llu ticks, %llu reads by %d threads\n", seconds, (unsigned long long)tick, (unsigned long long)reads,
           (int)READERS);
    nenc_destroy(enc);
}

/* ---- the box of gains ---- */

typedef struct gains_writer {
    nenc_gains_box *box;
    _Atomic int finished;
    _Atomic uint64_t taken;
    double seconds;
    uint64_t written;
} gains_writer;

static nenc_gains gains_of(uint64_t n) { return (nenc_gains){(double)n, -(double)n, (double)n * 0.5}; }

static void *write_gains(void *argument)
{
    gains_writer *w = argument;
    /* As above: the other thread is waited for. */
    for (double end = now_s() + w->seconds; now_s() < end || (atomic_load(&w->taken) < 2 && now_s() < end + 60);) {
        nenc_gains gains = gains_of(++w->written);
        nenc_gains_put(w->box, &gains);
        if (phase() == SLOW || w->written % 256 == 0) sleep_us(20);
    }
    atomic_store(&w->finished, 1);
    return NULL;
}

static void hammer_gains(double seconds)
{
    gains_writer w = {.box = nenc_alloc(sizeof *w.box), .seconds = seconds};
    if (!w.box) exit(EXIT_FAILURE);
    pthread_t writer;
    start(&writer, write_gains, &w);
    uint64_t last = 0, torn = 0, again = 0;
    for (int finished = 0;;) {
        nenc_gains gains;
        if (nenc_gains_take(w.box, &gains)) {
            uint64_t n = (uint64_t)gains.kp;
            nenc_gains expected = gains_of(n);
            torn += memcmp(&gains, &expected, sizeof gains) != 0;
            again += n <= last;
            last = n;
            w.taken++;
        } else if (finished) {
            break;
        } else {
            finished = atomic_load(&w.finished);
        }
    }
    pthread_join(writer, NULL);
    printf("gains: %.1f s, %llu sets, %llu taken\n", seconds, (unsigned long long)w.written, (unsigned long long)w.taken);
    CHECK(torn == 0);
    CHECK(again == 0);
    CHECK(w.taken > 1);
    CHECK(last == w.written);
    nenc_free(w.box);
}

int main(void)
{
    const char *longer = getenv("NENC_LONG");
    const double seconds = longer && strcmp(longer, "1") == 0 ? 60 : 0.3;
    hammer_ring(seconds);
    hammer_state(seconds / 2);
    hammer_gains(seconds / 6);
    return CHECK_END();
}
