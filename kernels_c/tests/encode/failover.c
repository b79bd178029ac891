/* failover.c - a picture given is a frame returned, whatever happens to the primary: which here is `null` or `x264` in a process
 * of its own, hurt in every way there is. The same through VA-API: failover_vaapi.c. */
#include "nenc/failover.h"
#include "../core/check.h"
#include "leftovers.h"
#include "nenc/source.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const int64_t frame_ns = 1000000000 / 30;

typedef struct tally {
    int frames, software, keys, fallbacks, probes_failed, recovered;
    int64_t slowest_ns; /* from a failure to the frame of the fallback */
    uint64_t bytes;
} tally;

static nenc_failover *begin(const char *primary, uint32_t width, uint32_t height)
{
    nenc_failover_config config;
    nenc_failover *failover = NULL;
    char text[300] = "";
    nenc_failover_config_default(&config);
    snprintf(config.primary, sizeof config.primary, "%s", primary);
    snprintf(config.fallback, sizeof config.fallback, "null");
    config.wait_for_probe = 1;
    config.encoder.width = width;
    config.encoder.height = height;
    config.encoder.timeout_ns = 5000000000; /* a busy machine must not look like a hang */
    int status = nenc_failover_open(&config, &failover, text, sizeof text);
    if (status != NENC_OK) printf("%s: %s\n", primary, text);
    CHECK(status == NENC_OK);
    if (!failover) exit(EXIT_FAILURE); /* nothing of what follows would say anything */
    return failover;
}

static void take_events(nenc_failover *failover, tally *seen)
{
    nenc_failover_event event;
    while (nenc_failover_event_take(failover, &event)) {
        seen->fallbacks += event.kind == NENC_FAILOVER_FALLBACK;
        seen->probes_failed += event.kind == NENC_FAILOVER_PROBE_FAILED;
        seen->recovered += event.kind == NENC_FAILOVER_RECOVERED;
        if (event.kind == NENC_FAILOVER_FALLBACK && event.took_ns > seen->slowest_ns) seen->slowest_ns = event.took_ns;
        CHECK(event.text[0]);
    }
}

static void one(nenc_failover *failover, int number, tally *seen)
{
    nenc_frame frame;
    nenc_failover_frame made;
    CHECK(nenc_failover_picture(failover, &frame) == NENC_OK);
    frame.pts_ns = number * frame_ns;
    int status = nenc_failover_encode(failover, &frame, &made);
    if (status != NENC_OK) printf("picture %d: %s\n", number, nenc_failover_failure(failover));
    CHECK(status == NENC_OK);
    CHECK(made.coded.number == (uint64_t)number && made.coded.pts_ns == frame.pts_ns);
    CHECK(made.coded.bytes > 4 && made.coded.data[0] == 0 && made.coded.data[1] == 0);
    seen->frames++;
    seen->software += made.software != 0;
    seen->keys += made.coded.key != 0;
    seen->bytes += made.coded.bytes;
    take_events(failover, seen);
}

/* 120 pictures, a fault from `at` on for `lasts` pictures. */
static void hurt(uint32_t fault, int at, int lasts)
{
    tally seen = {0};
    nenc_failover *failover = begin("x264", 320, 192);
    for (int i = 0; i < 120; i++) {
        if (i == at) CHECK(nenc_failover_fault(failover, fault) == NENC_OK);
        if (i == at && fault == NENC_FAULT_HANG) CHECK(nenc_failover_set_timeout(failover, 200000000) == NENC_OK);
        if (i == at + lasts) CHECK(nenc_failover_fault(failover, NENC_FAULT_NONE) == NENC_OK);
        one(failover, i, &seen);
    }
    nenc_failover_counts counts;
    CHECK(nenc_failover_statistics(failover, &counts) == NENC_OK);
    CHECK(counts.primary + counts.software == 120 && counts.software == (uint64_t)seen.software);
    CHECK(counts.keys == (uint64_t)seen.keys && counts.switches == (uint64_t)(seen.fallbacks + seen.recovered));
    nenc_failover_close(failover);
    const int lost = fault != NENC_FAULT_IGNORE_RATE;
    CHECK(seen.frames == 120);
    CHECK(seen.fallbacks == lost);
    /* The first picture, and one for each switch; at the first picture both are one. */
    CHECK(seen.keys == 1 + seen.fallbacks + seen.recovered - (at == 0 && lost));
    CHECK(seen.recovered == (lost && at + lasts < 100));
    CHECK(lost ? seen.software >= 15 : seen.software == 0);
}

static void every_fault_at_every_picture(void)
{
    const int most = check_quick() ? 3 : 30;
    for (uint32_t fault = NENC_FAULT_FAIL; fault <= NENC_FAULT_IGNORE_RATE; fault++)
        for (int at = 0; at < most; at++) hurt(fault, at, 20);
}

/* The process of the encoder: its number is the only one in this file, because there is no other child. */
static pid_t child(void)
{
    char path[100];
    int number = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    CHECK(file && fscanf(file, "%d", &number) == 1 && number > 1);
    if (file) fclose(file);
    return number > 1 ? number : INT32_MAX; /* never 0 or -1: kill would take them for everybody */
}

/* Killed from outside, between two pictures. */
static void killed(void)
{
    tally seen = {0};
    nenc_failover *failover = begin("x264", 320, 192);
    for (int i = 0; i < 300; i++) {
        if (i % 60 == 30) CHECK(kill(child(), SIGKILL) == 0);
        one(failover, i, &seen);
    }
    nenc_failover_close(failover);
    CHECK(seen.fallbacks == 5 && seen.recovered >= 4 && seen.keys == 1 + seen.fallbacks + seen.recovered);
}

static void sizes(void)
{
    static const uint32_t lines[][2] = {{3840, 2160}, {7680, 4320}, {3840, 2160}, {642, 362}};
    tally seen = {0};
    nenc_failover *failover = begin("null", lines[0][0], lines[0][1]);
    for (int i = 0; i < 16; i++) {
        if (i && i % 4 == 0) CHECK(nenc_failover_resize(failover, lines[i / 4][0], lines[i / 4][1]) == NENC_OK);
        one(failover, i, &seen);
    }
    nenc_failover_close(failover);
    CHECK(seen.frames == 16 && seen.keys == 4 && seen.software == 0);
}

/* A primary that is not there: said at once; and one whose host is not. */
static void missing(void)
{
    nenc_failover_config config;
    nenc_failover *failover = NULL;
    char text[300] = "";
    nenc_failover_config_default(&config);
    snprintf(config.primary, sizeof config.primary, "nothing");
    snprintf(config.fallback, sizeof config.fallback, "null");
    CHECK(nenc_failover_open(&config, &failover, text, sizeof text) == NENC_EINVAL && !failover && strstr(text, "nothing"));
    snprintf(config.primary, sizeof config.primary, "null");
    config.host = "/nonexistent/host";
    tally seen = {0};
    CHECK(nenc_failover_open(&config, &failover, text, sizeof text) == NENC_OK);
    one(failover, 0, &seen);
    CHECK(seen.software == 1 && seen.fallbacks == 1);
    nenc_failover_close(failover);
    config.host = "/bin/true";
    config.wait_for_probe = 1;
    CHECK(nenc_failover_open(&config, &failover, text, sizeof text) == NENC_OK);
    seen = (tally){0};
    for (int i = 0; i < 60; i++) one(failover, i, &seen);
    CHECK(seen.software == 60 && seen.probes_failed >= 1);
    nenc_failover_close(failover);
}

/* Out of descriptors at every point: an error or software, never a crash or a leak. */
static void no_descriptors(void)
{
    struct rlimit usual, tight;
    getrlimit(RLIMIT_NOFILE, &usual);
    const int before = open_descriptors();
    for (int room = 0; room < 14; room++) {
        nenc_failover_config config;
        nenc_failover *failover = NULL;
        nenc_failover_config_default(&config);
        snprintf(config.primary, sizeof config.primary, "null");
        snprintf(config.fallback, sizeof config.fallback, "null");
        tight = usual;
        tight.rlim_cur = (rlim_t)(before - 3 + room);
        setrlimit(RLIMIT_NOFILE, &tight);
        int status = nenc_failover_open(&config, &failover, NULL, 0);
        setrlimit(RLIMIT_NOFILE, &usual);
        CHECK((status == NENC_OK) == (failover != NULL));
        nenc_failover_close(failover);
        CHECK(open_descriptors() == before);
        CHECK(!has_children());
    }
}

/* The rate goes on being followed through a switch: no second over one and a half times the target. */
static void no_burst(void)
{
    nenc_pattern pattern = {.width = 640, .height = 360, .seed = 7, .complexity = 0.8};
    nenc_source *source;
    nenc_failover_config config;
    nenc_failover *failover = NULL;
    uint32_t size[300];
    CHECK(nenc_source_pattern(&pattern, &source, NULL, 0) == NENC_OK);
    nenc_failover_config_default(&config);
    snprintf(config.primary, sizeof config.primary, "x264");
    snprintf(config.fallback, sizeof config.fallback, "x264");
    config.wait_for_probe = 1;
    config.encoder.width = 640;
    config.encoder.height = 360;
    CHECK(nenc_failover_open(&config, &failover, NULL, 0) == NENC_OK);
    for (int i = 0; i < 300; i++) {
        nenc_frame frame;
        nenc_failover_frame made;
        if (i == 100) nenc_failover_fault(failover, NENC_FAULT_RESET);
        if (i == 160) nenc_failover_fault(failover, NENC_FAULT_NONE);
        CHECK(nenc_failover_picture(failover, &frame) == NENC_OK);
        nenc_source_render(source, (uint64_t)i, &frame.picture);
        frame.pts_ns = i * frame_ns;
        CHECK(nenc_failover_encode(failover, &frame, &made) == NENC_OK);
        size[i] = made.coded.bytes;
    }
    double worst = 0;
    for (int i = 30; i + 30 <= 300; i++) {
        double bits = 0;
        for (int k = i; k < i + 30; k++) bits += 8.0 * size[k];
        if (bits / config.encoder.rate.bitrate_bps > worst) worst = bits / config.encoder.rate.bitrate_bps;
    }
    printf("largest second around the switches: %.2f of the target\n", worst);
    CHECK(worst < 1.5);
    nenc_failover_close(failover);
    nenc_source_close(source);
}

int main(void)
{
    const int before = open_descriptors();
    every_fault_at_every_picture();
    killed();
    sizes();
    missing();
    no_descriptors();
    no_burst();
    CHECK(open_descriptors() == before);
    CHECK(!has_children());
    return CHECK_END();
}
