/* traced.c - a program for tests/core/test_tracepoints.py to trace: says what it decided, then is refused SCHED_FIFO. */
#include <nenc/nenc.h>

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    const int64_t tick_ns = 1000000000 / 60;
    nenc_config config;
    nenc_config_default(&config);
    AdaptiveEncoder *enc = nenc_create(&config, 0, NULL);
    if (!enc) return 1;
    for (int64_t now_ns = tick_ns; now_ns <= 40 * tick_ns; now_ns += tick_ns) {
        nenc_sample report = {.time_ns = now_ns, .throughput_kbps = 5000, .rtt_ms = 40};
        report.owd_ms = report.ecn = report.bytes_in_flight = NAN;
        if (now_ns > 10 * tick_ns) nenc_record(enc, &report);
        printf("decided %lld %lld\n", (long long)now_ns, (long long)nenc_step(enc, now_ns, NULL));
    }
    if (setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0}) != 0 || (geteuid() == 0 && setuid(65534) != 0)) return 2;
    if (nenc_start(enc) != NENC_OK) return 3;
    nanosleep(&(struct timespec){0, 100000000}, NULL);
    nenc_state state;
    nenc_state_get(enc, &state);
    nenc_destroy(enc);
    printf("refused %d\n", state.timing.realtime_errno);
    return 0;
}
