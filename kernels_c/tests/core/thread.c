/* thread.c - the control thread's life: every order of start, stop, step and destroy, and what it does in between. */
#include "nenc/nenc.h"

#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sleep_ms(int ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

/* Every oversleep-th sleep is this much too long; 0: none. Linked with --wrap. */
static atomic_int oversleep, sleeps;
static const int64_t too_long_ns = 12000000;

/* What a thread that asks for SCHED_FIFO, and one that does not, is refused with; 0: nothing. */
static int refuse_fifo, refuse_ordinary;
static int asked; /* threads asked for */

/* The signals that the tick thread blocks, as it finds them itself at its first sleep. */
static sigset_t mask_of_thread;
static atomic_int mask_known;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    int inherit = PTHREAD_INHERIT_SCHED, policy = SCHED_OTHER;
    if (attributes) {
        pthread_attr_getinheritsched(attributes, &inherit);
        pthread_attr_getschedpolicy(attributes, &policy);
    }
    const int refused = inherit == PTHREAD_EXPLICIT_SCHED && policy == SCHED_FIFO ? refuse_fifo : refuse_ordinary;
    asked++;
    return refused ? refused : __real_pthread_create(thread, attributes, start, argument);
}

int __real_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left);

int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
    struct timespec later = *until;
    if (!atomic_exchange(&mask_known, 1)) pthread_sigmask(SIG_BLOCK, NULL, &mask_of_thread);
    int every = atomic_load(&oversleep);
    if (every && atomic_fetch_add(&sleeps, 1) % every == every - 1) {
        later.tv_nsec += too_long_ns;
        later.tv_sec += later.tv_nsec / 1000000000;
        later.tv_nsec %= 1000000000;
    }
    return __real_clock_nanosleep(clock, flags, &later, left);
}

static AdaptiveEncoder *create(int64_t tick_ns, uint32_t law)
{
    nenc_config config;
    nenc_config_default(&config);
    config.tick_ns = tick_ns;
    config.law = law;
    AdaptiveEncoder *enc = nenc_create(&config, now_ns(), NULL);
    if (!enc) exit(EXIT_FAILURE);
    return enc;
}

static nenc_timing timing_of(AdaptiveEncoder *enc)
{
    nenc_state state = {0};
    CHECK(nenc_state_get(enc, &state) == NENC_OK);
    return state.timing;
}

/* Waits for the thread's n-th tick, ten seconds at most: a loaded machine is slow, not wrong. */
static nenc_timing wait_for_ticks(AdaptiveEncoder *enc, uint64_t ticks)
{
    nenc_timing timing = timing_of(enc);
    for (int i = 0; i < 10000 && timing.ticks < ticks; i++) {
        sleep_ms(1);
        timing = timing_of(enc);
    }
    CHECK(timing.ticks >= ticks);
    return timing;
}

static int entries(const char *folder)
{
    int count = 0;
    DIR *directory = opendir(folder);
    if (!directory) exit(EXIT_FAILURE);
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

static long virtual_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld", &pages) != 1) exit(EXIT_FAILURE);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* The kernel's number of the thread of this name; 0: there is none. */
static pid_t thread_named(const char *name)
{
    pid_t found = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) exit(EXIT_FAILURE);
    for (struct dirent *entry; (entry = readdir(tasks));) {
        char path[300], said[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (fscanf(file, "%31[^\n]", said) == 1 && strcmp(said, name) == 0) found = (pid_t)atoi(entry->d_name);
        fclose(file);
    }
    closedir(tasks);
    return found;
}

static void every_order(void)
{
    AdaptiveEncoder *enc = create(2000000, NENC_LAW_NENC);
    nenc_state state;
    CHECK(nenc_stop(enc) == NENC_OK); /* before any start */
    CHECK(nenc_step(enc, now_ns(), NULL) > 0);
    CHECK(nenc_start(enc) == NENC_OK);
    CHECK(nenc_start(enc) == NENC_ESTATE);
    CHECK(nenc_start_with(enc, NENC_START_ORDINARY) == NENC_ESTATE);
    CHECK(nenc_step(enc, now_ns(), &state) == NENC_ESTATE);
    nenc_timing timing = wait_for_ticks(enc, 5);
    CHECK(timing.running == 1);
    CHECK(timing.realtime == (timing.realtime_errno == 0));
    CHECK(timing.realtime || timing.realtime_errno == EPERM);
    CHECK(nenc_stop(enc) == NENC_OK);
    CHECK(nenc_stop(enc) == NENC_OK);
    timing = timing_of(enc);
    CHECK(timing.running == 0 && timing.ticks >= 5);
    CHECK(timing.lateness_max_ns > 0 && timing.lateness_sum_ns >= timing.lateness_max_ns);
    CHECK(timing.cost_last_ns > 0 && timing.cost_max_ns >= timing.cost_last_ns && timing.cost_sum_ns >= timing.cost_max_ns);

    CHECK(nenc_state_get(enc, &state) == NENC_OK);
    uint64_t ticks = state.ticks;
    CHECK(ticks == timing.ticks + 1);
    CHECK(nenc_step(enc, now_ns(), &state) > 0); /* ours again */
    CHECK(state.ticks == ticks + 1);

    CHECK(nenc_start(enc) == NENC_OK); /* goes on from there; the timing counts from 0 again */
    wait_for_ticks(enc, 3);
    CHECK(nenc_state_get(enc, &state) == NENC_OK && state.ticks >= ticks + 4);
    nenc_destroy(enc); /* while it runs */
    nenc_destroy(NULL);
}

/* Any order of calls does what a model of one flag says. */
static void random_orders(uint64_t random)
{
    AdaptiveEncoder *enc = NULL;
    bool running = false;
    uint64_t ticks = 0;
    for (int i = 0; i < (check_quick() ? 100 : 1000); i++) {
        nenc_state state;
        if (!enc) enc = create(100000, NENC_LAW_NENC), running = false, ticks = 0;
        switch (check_below(&random, 8)) {
        case 0:
        case 1:
            CHECK(nenc_start_with(enc, check_below(&random, 2)) == (running ? NENC_ESTATE : NENC_OK));
            running = true;
            break;
        case 2:
            CHECK(nenc_stop(enc) == NENC_OK);
            running = false;
            break;
        case 3:
        case 4: {
            const int64_t rate = nenc_step(enc, now_ns(), NULL);
            CHECK(running ? rate == NENC_ESTATE : rate > 0);
            break;
        }
        case 5:
            if (check_below(&random, 8) == 0) nenc_destroy(enc), enc = NULL;
            break;
        default: CHECK(nenc_set_gains(enc, check_uniform(&random), 0.1, 0) == NENC_OK);
        }
        if (!enc) continue;
        CHECK(nenc_state_get(enc, &state) == NENC_OK);
        CHECK(state.timing.running == running && state.ticks >= ticks);
        ticks = state.ticks;
    }
    nenc_destroy(enc);
}

static void wrong_arguments(void)
{
    AdaptiveEncoder *enc = create(2000000, NENC_LAW_NENC);
    CHECK(nenc_start(NULL) == NENC_EINVAL);
    CHECK(nenc_start_with(NULL, 0) == NENC_EINVAL);
    CHECK(nenc_start_with(enc, NENC_START_ORDINARY << 1) == NENC_EINVAL);
    CHECK(nenc_start_with(enc, UINT32_MAX) == NENC_EINVAL);
    CHECK(nenc_stop(NULL) == NENC_EINVAL);
    CHECK(timing_of(enc).running == 0);
    nenc_destroy(enc);
}

/* What it leaves behind must not grow with the number of lives: no thread, no descriptor, no stack. */
static void a_thousand_lives(void)
{
    AdaptiveEncoder *enc = create(100000, NENC_LAW_NENC);
    const int lives = check_quick() ? 100 : 1000, warm = 20;
    int tasks = 0, descriptors = 0;
    long bytes = 0;
    for (int life = 0; life < lives + warm; life++) {
        if (life == warm) {
            tasks = entries("/proc/self/task");
            descriptors = entries("/proc/self/fd");
            bytes = virtual_bytes();
        }
        CHECK(nenc_start_with(enc, life % 2 ? NENC_START_ORDINARY : 0) == NENC_OK);
        CHECK(nenc_stop(enc) == NENC_OK);
    }
    /* A joined thread may be a moment in leaving the kernel's list. */
    for (int i = 0; i < 1000 && entries("/proc/self/task") > tasks; i++) sleep_ms(1);
    CHECK(entries("/proc/self/task") <= tasks);
    CHECK(entries("/proc/self/fd") == descriptors);
    CHECK(virtual_bytes() - bytes < 64 << 20); /* one stack each would be 8000 MiB */
    nenc_destroy(enc);
}

static void refused_fifo_falls_back(void)
{
    AdaptiveEncoder *enc = create(2000000, NENC_LAW_NENC);
    refuse_fifo = EPERM;
    asked = 0;
    CHECK(nenc_start(enc) == NENC_OK && asked == 2);
    nenc_timing timing = wait_for_ticks(enc, 3);
    CHECK(timing.running == 1 && timing.realtime == 0 && timing.realtime_errno == EPERM);
    CHECK(sched_getscheduler(thread_named("nenc-tick")) == SCHED_OTHER);
    CHECK(nenc_stop(enc) == NENC_OK);
    timing = timing_of(enc); /* it is still told afterwards */
    CHECK(timing.running == 0 && timing.realtime == 0 && timing.realtime_errno == EPERM);

    asked = 0; /* not asked for is not refused */
    CHECK(nenc_start_with(enc, NENC_START_ORDINARY) == NENC_OK && asked == 1);
    timing = wait_for_ticks(enc, 1);
    CHECK(timing.realtime == 0 && timing.realtime_errno == 0);
    CHECK(sched_getscheduler(thread_named("nenc-tick")) == SCHED_OTHER);
    CHECK(nenc_stop(enc) == NENC_OK);

    const nenc_timing before = timing_of(enc); /* of that last life: what never began leaves no trace */
    refuse_ordinary = EPERM;                   /* nor any other thread */
    asked = 0;
    CHECK(nenc_start(enc) == NENC_ETHREAD && asked == 2);
    timing = timing_of(enc);
    CHECK(before.running == 0 && memcmp(&timing, &before, sizeof timing) == 0);
    CHECK(nenc_step(enc, now_ns(), NULL) > 0);

    refuse_fifo = refuse_ordinary = EAGAIN; /* no room for threads: a second request would be no better */
    asked = 0;
    CHECK(nenc_start(enc) == NENC_ETHREAD && asked == 1);
    timing = timing_of(enc);
    CHECK(memcmp(&timing, &before, sizeof timing) == 0);

    refuse_fifo = refuse_ordinary = 0;
    CHECK(nenc_start(enc) == NENC_OK);
    wait_for_ticks(enc, 1);
    nenc_destroy(enc);
}

/* The same from the kernel: a process that may not. */
static void without_the_right(void)
{
    pid_t child = fork();
    if (child == 0) {
        if (setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0}) != 0 || (geteuid() == 0 && setuid(65534) != 0)) _exit(2);
        AdaptiveEncoder *enc = create(1000000, NENC_LAW_NENC);
        CHECK(nenc_start(enc) == NENC_OK);
        const nenc_timing timing = wait_for_ticks(enc, 3);
        CHECK(timing.running == 1 && timing.realtime == 0 && timing.realtime_errno == EPERM);
        nenc_destroy(enc);
        _exit(check_failures != 0);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What the library says of the policy is what the kernel says. */
static void with_the_right(void)
{
    const int refused = pthread_setschedparam(pthread_self(), SCHED_FIFO, &(struct sched_param){10});
    if (!refused) pthread_setschedparam(pthread_self(), SCHED_OTHER, &(struct sched_param){0});
    AdaptiveEncoder *enc = create(1000000, NENC_LAW_NENC);
    CHECK(nenc_start(enc) == NENC_OK);
    CHECK(timing_of(enc).realtime_errno == refused); /* known at once, not after some ticks */
    const nenc_timing timing = wait_for_ticks(enc, 3);
    CHECK(timing.realtime == (refused == 0) && timing.realtime_errno == refused);
    const pid_t tid = thread_named("nenc-tick");
    struct sched_param parameter = {0};
    CHECK(tid > 0 && sched_getscheduler(tid) == (refused ? SCHED_OTHER : SCHED_FIFO));
    CHECK(sched_getparam(tid, &parameter) == 0 && parameter.sched_priority == (refused ? 0 : 10));
    CHECK(nenc_stop(enc) == NENC_OK);
    if (!refused) { /* ordinary means ordinary, also for a starter that is not */
        pthread_setschedparam(pthread_self(), SCHED_FIFO, &(struct sched_param){10});
        CHECK(nenc_start_with(enc, NENC_START_ORDINARY) == NENC_OK);
        pthread_setschedparam(pthread_self(), SCHED_OTHER, &(struct sched_param){0});
        wait_for_ticks(enc, 1);
        CHECK(sched_getscheduler(thread_named("nenc-tick")) == SCHED_OTHER);
    }
    if (refused) printf("SCHED_FIFO is not allowed here (%s): only the fall-back was seen\n", strerror(refused));
    nenc_destroy(enc);
}

static atomic_int handled;

static void handle(int number) { atomic_fetch_add(&handled, 1); }

/* A signal to the process goes to a thread that takes it: never to ours. */
static void signals_are_for_the_host(void)
{
    sigset_t some, after, pending;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handle}, NULL);
    pthread_sigmask(SIG_SETMASK, &some, NULL);
    atomic_store(&mask_known, 0);
    AdaptiveEncoder *enc = create(1000000, NENC_LAW_NENC);
    CHECK(nenc_start(enc) == NENC_OK);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    for (int number = 1; number < SIGRTMIN; number++) CHECK(sigismember(&after, number) == (number == SIGUSR1));

    const uint64_t ticks = wait_for_ticks(enc, 1).ticks;
    CHECK(kill(getpid(), SIGUSR1) == 0);
    wait_for_ticks(enc, ticks + 5);
    CHECK(atomic_load(&handled) == 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1);
    pthread_sigmask(SIG_UNBLOCK, &some, NULL);
    CHECK(atomic_load(&handled) == 1);
    nenc_destroy(enc);

    /* But a fault of ours is the host's to report. */
    const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT},
              others[] = {SIGTERM, SIGINT, SIGALRM, SIGPROF};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) CHECK(sigismember(&mask_of_thread, faults[i]) == 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) CHECK(sigismember(&mask_of_thread, others[i]) == 1);
}

/* A controller whose clock is ahead of CLOCK_MONOTONIC cannot tick on it. */
static void foreign_clock(void)
{
    nenc_config config;
    nenc_config_default(&config);
    AdaptiveEncoder *enc = nenc_create(&config, now_ns() + (int64_t)3600 * 1000000000, NULL);
    CHECK(nenc_start(enc) == NENC_ERANGE);
    nenc_destroy(enc);
}

/* Deadlines are absolute: ticks and skipped deadlines together are the elapsed time, however late each was. Every fourth is
 * two deadlines late, and neither makes up for it in a burst nor forgets it. */
static void no_drift(int every)
{
    const int64_t tick_ns = 5000000;
    atomic_store(&oversleep, every);
    AdaptiveEncoder *enc = create(tick_ns, NENC_LAW_NENC);
    int64_t begin = now_ns();
    CHECK(nenc_start(enc) == NENC_OK);
    sleep_ms(400);
    CHECK(nenc_stop(enc) == NENC_OK);
    int64_t elapsed = now_ns() - begin;
    const nenc_timing timing = timing_of(enc);
    int64_t deadlines = (int64_t)(timing.ticks + timing.missed);
    CHECK(deadlines <= elapsed / tick_ns);
    CHECK(deadlines * tick_ns >= elapsed / 2);
    CHECK(timing.ticks > 0);
    CHECK(timing.drift_ns > -tick_ns && timing.drift_ns < tick_ns);
    if (every) {
        CHECK(timing.missed >= 2 * (timing.ticks / (unsigned)every));
        CHECK(timing.lateness_max_ns >= too_long_ns);
    }
    atomic_store(&oversleep, 0);
    nenc_destroy(enc);
}

typedef struct traffic {
    AdaptiveEncoder *enc;
    atomic_int stop;
    uint64_t recorded;
    uint64_t reads;
} traffic;

static void *produce(void *argument)
{
    traffic *t = argument;
    for (uint32_t i = 0; !atomic_load(&t->stop); i++) {
        nenc_sample sample = {.time_ns = now_ns(),
                              .throughput_kbps = 20000 + i % 100,
                              .rtt_ms = 40,
                              .loss = 0,
                              .owd_ms = NAN,
                              .ecn = NAN,
                              .bytes_in_flight = NAN};
        t->recorded += nenc_record(t->enc, &sample) == NENC_OK;
        nanosleep(&(struct timespec){0, 200000}, NULL);
    }
    return NULL;
}

static void *watch(void *argument)
{
    traffic *t = argument;
    nenc_state last = {.now_ns = INT64_MIN};
    while (!atomic_load(&t->stop)) {
        nenc_state state;
        CHECK(nenc_state_get(t->enc, &state) == NENC_OK);
        CHECK(state.now_ns >= last.now_ns && state.ticks >= last.ticks && state.recorded >= last.recorded);
        CHECK((state.ticks == last.ticks) == (state.now_ns == last.now_ns) || last.now_ns == INT64_MIN);
        uint64_t counted = 0; /* the timing is whole, and never behind what was seen of it */
        for (int bin = 0; bin < NENC_LATENESS_BINS; bin++) counted += state.timing.lateness[bin];
        CHECK(counted == state.timing.ticks && state.timing.ticks >= last.timing.ticks && state.timing.running == 1);
        CHECK(state.timing.lateness_sum_ns >= state.timing.lateness_max_ns &&
              state.timing.cost_sum_ns >= state.timing.cost_max_ns);
        CHECK(state.rate_bps >= 5e6 && state.rate_bps <= 120e6);
        CHECK(state.samples == 0 ||
              (state.throughput_min_kbps >= 20000 && state.throughput_max_kbps < 20100 && state.rtt_mean_ms == 40));
        uint32_t rate = get_current_bitrate(t->enc);
        CHECK(rate >= 5000000 && rate <= 120000000);
        last = state;
        t->reads++;
    }
    return NULL;
}

/* One producer, two readers, the owner changing gains, the thread ticking. */
static void everybody_at_once(uint32_t law)
{
    traffic t = {.enc = create(1000000, law)};
    traffic second = {.enc = t.enc};
    pthread_t producer, reader, other;
    CHECK(nenc_start(t.enc) == NENC_OK);
    if (pthread_create(&producer, NULL, produce, &t) != 0 || pthread_create(&reader, NULL, watch, &t) != 0 ||
        pthread_create(&other, NULL, watch, &second) != 0)
        exit(EXIT_FAILURE);
    for (int i = 0; i < 100; i++) {
        CHECK(nenc_set_gains(t.enc, 0.1 + i * 1e-3, 0.1, 0.01) == NENC_OK);
        sleep_ms(3);
    }
    wait_for_ticks(t.enc, 10);
    atomic_store(&t.stop, 1);
    atomic_store(&second.stop, 1);
    pthread_join(producer, NULL);
    pthread_join(reader, NULL);
    pthread_join(other, NULL);
    CHECK(nenc_stop(t.enc) == NENC_OK);
    nenc_state state;
    CHECK(nenc_step(t.enc, now_ns(), &state) > 0);
    CHECK(state.recorded == t.recorded && state.refused == 0);
    CHECK(t.reads > 0 && second.reads > 0);
    nenc_destroy(t.enc);
}

int main(void)
{
    without_the_right(); /* first: it forks */
    every_order();
    random_orders(1);
    wrong_arguments();
    foreign_clock();
    a_thousand_lives();
    refused_fifo_falls_back();
    with_the_right();
    signals_are_for_the_host();
    no_drift(0);
    no_drift(4);
    everybody_at_once(NENC_LAW_NENC);
    everybody_at_once(NENC_LAW_CLASSIC);
    return CHECK_END();
}
