/* survival.c - fail-over where time, memory and processes themselves fail: nothing is late, nothing is lost, nothing stays behind.
 *
 * Linked with --wrap=nenc_alloc. */
#include "../core/check.h"
#include "core/alloc.h"
#include "core/clock.h"
#include "leftovers.h"
#include "nenc/failover.h"
#include "nenc/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void *__real_nenc_alloc(size_t size);
void *__wrap_nenc_alloc(size_t size);

static int calls_until_failure = -1; /* negative: none fails */

void *__wrap_nenc_alloc(size_t size)
{
    return calls_until_failure >= 0 && calls_until_failure-- == 0 ? NULL : __real_nenc_alloc(size);
}

static const int64_t frame_ns = 1000000000 / 30, watchdog_ns = 200000000;
static const int64_t patience_ns = 10000000000;

static void nap_ms(int ms) { nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL); }

/* A living child of `parent` by its number, 0: there is none. */
static pid_t child_of(pid_t parent)
{
    DIR *folder = opendir("/proc");
    pid_t found = 0;
    for (struct dirent *entry; !found && (entry = readdir(folder));) {
        char path[300], line[512], state = 0;
        int above = 0;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (fgets(line, sizeof line, file)) {
            const char *rest = strrchr(line, ')');
            if (rest && sscanf(rest, ") %c %d", &state, &above) == 2 && above == parent && state != 'Z')
                found = atoi(entry->d_name);
        }
        fclose(file);
    }
    closedir(folder);
    return found;
}

static nenc_failover_config usual(const char *primary)
{
    nenc_failover_config config;
    nenc_failover_config_default(&config);
    snprintf(config.primary, sizeof config.primary, "%s", primary);
    snprintf(config.fallback, sizeof config.fallback, "null");
    config.wait_for_probe = 1;
    config.encoder.width = 320;
    config.encoder.height = 192;
    config.encoder.timeout_ns = patience_ns; /* a busy machine must not look like a hang */
    return config;
}

/* Times are printed; they are held to their limits where nothing else runs: NENC_CHECK_TIMES=1. */
static int timed(void) { return getenv("NENC_CHECK_TIMES") != NULL; }

static nenc_failover *begin(const nenc_failover_config *config)
{
    nenc_failover *failover = NULL;
    char text[300] = "";
    int status = nenc_failover_open(config, &failover, text, sizeof text);
    if (status != NENC_OK) fprintf(stderr, "%s: %s\n", config->primary, text);
    CHECK(status == NENC_OK);
    if (!failover) exit(EXIT_FAILURE); /* nothing of what follows would say anything */
    return failover;
}

static int one(nenc_failover *failover, int number, nenc_failover_frame *made)
{
    nenc_frame frame;
    CHECK(nenc_failover_picture(failover, &frame) == NENC_OK);
    frame.pts_ns = number * frame_ns;
    int status = nenc_failover_encode(failover, &frame, made);
    CHECK(status != NENC_OK || (made->coded.bytes > 4 && made->coded.number == (uint64_t)number));
    return status;
}

static int count_events(nenc_failover *failover, uint32_t kind)
{
    nenc_failover_event event;
    int count = 0;
    while (nenc_failover_event_take(failover, &event)) count += event.kind == kind;
    return count;
}

/* The whole call, by the clock: what the caller waits for. */
static void in_time(void)
{
    static const struct {
        uint32_t fault;
        int64_t most_ns;
    } lines[] = {
        {NENC_FAULT_FAIL, frame_ns}, {NENC_FAULT_HANG, watchdog_ns + frame_ns}, {NENC_FAULT_RESET, watchdog_ns + frame_ns}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const nenc_failover_config config = usual("x264");
        nenc_failover *failover = begin(&config);
        nenc_failover_frame made;
        for (int n = 0; n < 5; n++) CHECK(one(failover, n, &made) == NENC_OK && !made.software);
        CHECK(nenc_failover_fault(failover, lines[i].fault) == NENC_OK);
        /* only now: the pictures before it may take as long as a busy machine needs */
        if (lines[i].fault == NENC_FAULT_HANG || timed()) nenc_failover_set_timeout(failover, watchdog_ns);
        const int64_t began_ns = nenc_now_ns();
        CHECK(one(failover, 5, &made) == NENC_OK && made.software && made.coded.key);
        const int64_t took_ns = nenc_now_ns() - began_ns;
        printf("fault %u: %.1f ms to the first software frame (at most %.1f)\n", lines[i].fault, (double)took_ns * 1e-6,
               (double)lines[i].most_ns * 1e-6);
        CHECK(took_ns <= lines[i].most_ns || !timed());
        nenc_failover_close(failover);
        CHECK(!has_children());
    }
}

/* In real time a probe is never waited for, not even for one that is slow to start; a fault given meanwhile reaches it. */
static void in_real_time(int fault_meanwhile)
{
    nenc_failover_config config = usual("x264");
    config.wait_for_probe = 0;
    config.probe_first_ns = 3 * frame_ns;
    nenc_failover *failover = begin(&config);
    nenc_failover_frame made;
    int recovered = 0;
    CHECK(nenc_failover_fault(failover, NENC_FAULT_RESET) == NENC_OK);
    CHECK(one(failover, 0, &made) == NENC_OK && made.software);
    CHECK(nenc_failover_fault(failover, NENC_FAULT_NONE) == NENC_OK);
    const int64_t until_ns = nenc_now_ns() + patience_ns;
    for (int n = 1; n < 60 || (!fault_meanwhile && !recovered && nenc_now_ns() < until_ns); n++) {
        const int64_t began_ns = nenc_now_ns();
        CHECK(one(failover, n, &made) == NENC_OK);
        CHECK(nenc_now_ns() - began_ns < frame_ns || !timed());
        if (fault_meanwhile && n == 3) CHECK(made.software && nenc_failover_fault(failover, NENC_FAULT_FAIL) == NENC_OK);
        recovered += count_events(failover, NENC_FAILOVER_RECOVERED);
        nap_ms(3);
    }
    CHECK(recovered == !fault_meanwhile && made.software == (uint32_t)fault_meanwhile);
    nenc_failover_close(failover);
    CHECK(!has_children());
}

static atomic_int hunting;
static int hunted;

static void *hunt(void *seed)
{
    uint64_t random = *(uint64_t *)seed;
    while (atomic_load(&hunting)) {
        nap_ms(1 + (int)check_below(&random, 12));
        const pid_t child = child_of(getpid());
        hunted += child && kill(child, SIGKILL) == 0;
    }
    return NULL;
}

/* Killed from outside at any moment: while it starts, opens, encodes, is probed. */
static void killed(int times)
{
    nenc_failover_config config = usual("x264");
    config.probe_first_ns = config.probe_last_ns = frame_ns;
    nenc_failover *failover = begin(&config);
    nenc_failover_frame made;
    pthread_t hunter;
    uint64_t seed = 11;
    int n = 0, fallbacks = 0;
    atomic_store(&hunting, 1);
    CHECK(pthread_create(&hunter, NULL, hunt, &seed) == 0);
    for (const int64_t until_ns = nenc_now_ns() + 6 * patience_ns; hunted < times && nenc_now_ns() < until_ns; n++) {
        CHECK(one(failover, n, &made) == NENC_OK);
        nenc_failover_event event;
        while (nenc_failover_event_take(failover, &event)) {
            fallbacks += event.kind == NENC_FAILOVER_FALLBACK;
            CHECK(event.kind != NENC_FAILOVER_FALLBACK || strstr(event.text, "SIGKILL"));
        }
    }
    atomic_store(&hunting, 0);
    pthread_join(hunter, NULL);
    nenc_failover_close(failover);
    printf("killed %d times in %d pictures: %d switches\n", hunted, n, fallbacks);
    CHECK(hunted >= times && fallbacks >= 1);
    CHECK(!has_children());
}

/* The owner is killed: its encoder's process ends too, hung or not, and although a fork of the owner holds the socket's end. */
static void orphan(uint32_t fault, int forks)
{
    int report[2];
    CHECK(pipe2(report, O_CLOEXEC) == 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* only here: a leak checker's own processes must not come to us from the others */
    const pid_t owner = fork();
    if (owner == 0) {
        const nenc_failover_config config = usual("x264");
        nenc_failover *failover = NULL;
        nenc_failover_frame made;
        if (nenc_failover_open(&config, &failover, NULL, 0) != NENC_OK || one(failover, 0, &made) != NENC_OK) _exit(1);
        pid_t pids[2] = {child_of(getpid()), 0};
        if (forks && (pids[1] = fork()) == 0)
            for (;;) pause();
        if (write(report[1], pids, sizeof pids) != sizeof pids) _exit(1);
        if (fault) {
            nenc_failover_set_timeout(failover, 60000000000);
            nenc_failover_fault(failover, fault);
            one(failover, 1, &made);
        }
        for (;;) pause();
    }
    close(report[1]);
    pid_t pids[2] = {0, 0};
    CHECK(read(report[0], pids, sizeof pids) == sizeof pids && pids[0] > 0);
    close(report[0]);
    nap_ms(100);
    kill(owner, SIGKILL);
    CHECK(waitpid(owner, NULL, 0) == owner);
    int gone = 0;
    for (int i = 0; i < 1000 && !gone; i++) { /* this process adopts what the owner leaves */
        gone = waitpid(pids[0], NULL, WNOHANG) == pids[0];
        if (!gone) nap_ms(10);
    }
    CHECK(gone);
    if (!gone) kill(pids[0], SIGKILL), waitpid(pids[0], NULL, 0);
    if (pids[1]) kill(pids[1], SIGKILL), waitpid(pids[1], NULL, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* What this process has open and did not mark is not the encoder's. */
static void nothing_inherited(void)
{
    const int careless = fcntl(STDIN_FILENO, F_DUPFD, 40);
    const nenc_failover_config config = usual("null");
    nenc_failover *failover = begin(&config);
    char path[100];
    CHECK(careless >= 40);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)child_of(getpid()), careless);
    CHECK(access(path, F_OK) != 0);
    nenc_failover_close(failover);
    close(careless);
}

/* A size that cannot be had is an error; the stream goes on at the one it has, and no picture is lost. */
static void no_memory_for_a_size(void)
{
    for (int until = 0; until < 12; until++) {
        const nenc_failover_config config = usual("x264");
        nenc_failover *failover = begin(&config);
        nenc_failover_frame made;
        nenc_frame frame;
        int n = 0;
        while (n < 3) CHECK(one(failover, n++, &made) == NENC_OK);
        calls_until_failure = until;
        const int status = nenc_failover_resize(failover, 640, 384);
        const int met = calls_until_failure < 0;
        calls_until_failure = -1;
        CHECK(status == NENC_OK || (met && status == NENC_ENOMEM));
        CHECK(nenc_failover_picture(failover, &frame) == NENC_OK);
        CHECK(frame.picture.width == (status == NENC_OK ? 640u : 320u));
        while (n < 40) CHECK(one(failover, n++, &made) == NENC_OK);
        CHECK(!made.software);
        nenc_failover_close(failover);
        CHECK(!has_children());
        if (!met) return;
    }
    CHECK(!"every allocation of a change of size has failed once");
}

/* The n-th allocation fails, wherever: an error at the beginning, later a frame all the same. */
static void no_memory(int isolate)
{
    int until = 0, met = 1;
    for (; met && until < 200; until++) {
        const int before = open_descriptors();
        nenc_failover_config config = usual("null");
        nenc_failover *failover = NULL;
        nenc_failover_frame made;
        config.isolate = (uint32_t)isolate;
        calls_until_failure = until;
        int status = nenc_failover_open(&config, &failover, NULL, 0);
        CHECK((status == NENC_OK) == (failover != NULL));
        CHECK(status == NENC_OK || status == NENC_ENOMEM);
        for (int n = 0; failover && n < 60; n++) {
            if (n == 10) nenc_failover_fault(failover, NENC_FAULT_FAIL);
            if (n == 20) nenc_failover_fault(failover, NENC_FAULT_NONE);
            nenc_rate rate = config.encoder.rate;
            rate.bitrate_bps += (uint32_t)n * 100000; /* larger frames, larger buffers */
            CHECK(nenc_failover_set_rate(failover, &rate) == NENC_OK);
            CHECK(one(failover, n, &made) == NENC_OK);
        }
        met = calls_until_failure < 0;
        calls_until_failure = -1;
        nenc_failover_close(failover);
        CHECK(open_descriptors() == before && !has_children());
    }
    CHECK(!met && until > 3);
}

/* A process that was stopped and goes on: the answer it owes is not taken for that of the next picture. */
static void stopped(void)
{
    const nenc_failover_config config = usual("x264");
    nenc_failover *failover = begin(&config);
    nenc_failover_event event;
    nenc_failover_frame made;
    CHECK(one(failover, 0, &made) == NENC_OK && !made.software);
    const pid_t child = child_of(getpid());
    CHECK(child && kill(child, SIGSTOP) == 0);
    CHECK(nenc_failover_fault(failover, NENC_FAULT_IGNORE_RATE) == NENC_OK); /* is not answered */
    CHECK(child && kill(child, SIGCONT) == 0);
    nap_ms(50);
    CHECK(one(failover, 1, &made) == NENC_OK && made.software && made.coded.key);
    while (nenc_failover_event_take(failover, &event) && event.kind == NENC_FAILOVER_INPUT) continue;
    CHECK(event.kind == NENC_FAILOVER_FALLBACK && event.status < 0);
    nenc_failover_close(failover);
    CHECK(!has_children());
}

/* A primary that was not there at the first picture is looked for a while after that picture, whenever it was captured. */
static void late_clock(void)
{
    nenc_failover_config config = usual("null");
    config.host = "/nonexistent/host";
    nenc_failover *failover = begin(&config);
    nenc_failover_frame made;
    const int start = 1000000; /* of frames: hours */
    for (int n = 0; n < 10; n++) {
        nenc_frame frame;
        CHECK(nenc_failover_picture(failover, &frame) == NENC_OK);
        frame.pts_ns = (start + n) * frame_ns;
        CHECK(nenc_failover_encode(failover, &frame, &made) == NENC_OK);
    }
    CHECK(count_events(failover, NENC_FAILOVER_PROBE_FAILED) == 0);
    nenc_failover_close(failover);
}

/* Bit/s of the last second, after a tenth of the rate was asked for at another size. */
static double rate_after_size(uint32_t fault)
{
    const nenc_pattern pattern = {.width = 640, .height = 384, .seed = 5, .complexity = 0.9};
    nenc_failover_config config = usual("vaapi");
    nenc_failover_frame made;
    nenc_source *source;
    double bits = 0;
    snprintf(config.encoder.device, sizeof config.encoder.device, "driver:nenc");
    nenc_failover *failover = begin(&config);
    CHECK(nenc_source_pattern(&pattern, &source, NULL, 0) == NENC_OK);
    CHECK(one(failover, 0, &made) == NENC_OK && nenc_failover_fault(failover, fault) == NENC_OK);
    CHECK(nenc_failover_resize(failover, 640, 384) == NENC_OK);
    for (int n = 1; n < 90; n++) {
        nenc_frame frame;
        nenc_rate rate = config.encoder.rate;
        if (n > 10) rate.bitrate_bps /= 10;
        CHECK(nenc_failover_set_rate(failover, &rate) == NENC_OK);
        CHECK(nenc_failover_picture(failover, &frame) == NENC_OK);
        CHECK(nenc_source_render(source, (uint64_t)n, &frame.picture) == NENC_OK);
        frame.pts_ns = n * frame_ns;
        CHECK(nenc_failover_encode(failover, &frame, &made) == NENC_OK && !made.software);
        if (n >= 60) bits += 8.0 * made.coded.bytes;
    }
    nenc_failover_close(failover);
    nenc_source_close(source);
    return bits;
}

/* A fault that lasts is that of the encoder of the new size, too. */
static void fault_outlives_size(void)
{
    nenc_encoder_config config;
    nenc_encoder *encoder;
    nenc_encoder_config_default(&config);
    snprintf(config.device, sizeof config.device, "driver:nenc");
    if (nenc_encoder_open("vaapi", &config, &encoder, NULL, 0) != NENC_OK) {
        printf("no software VA-API driver in this build: a fault across a change of size was not looked at\n");
        return;
    }
    nenc_encoder_close(encoder);
    const double follows = rate_after_size(NENC_FAULT_NONE), ignores = rate_after_size(NENC_FAULT_IGNORE_RATE);
    printf("after a change of size: %.0f bit/s, told to ignore the rate %.0f\n", follows, ignores);
    CHECK(ignores > 3 * follows);
}

int main(void)
{
    const int before = open_descriptors(), quick = check_quick();
    in_time();
    in_real_time(0);
    in_real_time(1);
    killed(quick ? 5 : 50);
    orphan(NENC_FAULT_NONE, 0);
    orphan(NENC_FAULT_HANG, 0);
    orphan(NENC_FAULT_NONE, 1);
    nothing_inherited();
    late_clock();
    stopped();
    if (!quick) fault_outlives_size();
    no_memory_for_a_size();
    no_memory(1);
    no_memory(0);
    CHECK(open_descriptors() == before);
    CHECK(!has_children());
    return CHECK_END();
}
