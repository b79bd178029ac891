/* pid.c - the PID step: every variant gives the bits of the plain C, and so its whole state. */
#include "kernels.h"

static double spread(uint64_t *random, double low, double high) { return low + (high - low) * check_uniform(random); }

static void random_config(nenc_config *config, uint64_t *random)
{
    static const char *const names[] = {"kp", "ki", "kd", "derivative_ns"};
    nenc_config_default(config);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t count;
        const nenc_knob *knob = nenc_knobs(&count);
        while (strcmp(knob->name, names[i]) != 0) knob++;
        const uint64_t kind = check_below(random, 8); /* the ends of the legal range now and then */
        const double value = kind == 0 ? knob->low : kind == 1 ? knob->high : spread(random, knob->low, 4 * knob->value);
        CHECK(nenc_config_set(config, names[i], value < knob->high ? value : knob->high) == NENC_OK);
    }
}

/* A few hundred ticks of one controller: with no, one or several measurements each, at equal times too. */
static void run(uint64_t *random, guarded *memory)
{
    nenc_pid *pid = (nenc_pid *)memory->data;
    nenc_config config;
    random_config(&config, random);
    *pid = (nenc_pid){0};
    nenc_pid_anchor(pid, spread(random, 1e4, 120e6));
    for (int tick = 0; tick < 300; tick++) {
        for (uint64_t n = check_below(random, 3); n > 0; n--)
            nenc_pid_measure(pid, check_below(random, 8) ? spread(random, -0.01, 0.5) : 0, spread(random, 0, 0.1),
                             check_below(random, 8) ? spread(random, 0, 0.2) : 0);
        const double dead_s = spread(random, 1e-3, 1), dt_s = check_below(random, 8) ? spread(random, 0, 0.05) : 0;
        const nenc_pid before = *pid;
        nenc_pid expected = before;
        const double rate = kernel_variants[0].table.pid_step(&expected, &config, dead_s, dt_s);
        CHECK(isfinite(rate) && isfinite(expected.i) && !expected.fresh);
        for (int v = 0; v < kernel_variant_count; v++) {
            *pid = before;
            const double got = kernel_variants[v].table.pid_step(pid, &config, dead_s, dt_s);
            CHECK(memcmp(&got, &rate, sizeof rate) == 0);
            CHECK(memcmp(pid, &expected, sizeof expected) == 0);
        }
        if (check_below(random, 20) == 0) nenc_pid_track(pid, spread(random, 1e4, 120e6));
        if (check_below(random, 20) == 0) nenc_pid_anchor(pid, spread(random, 1e4, 120e6));
    }
}

static void check(uint64_t *random)
{
    guarded memory = guarded_new(sizeof(nenc_pid));
    for (int i = 0; i < (check_quick() ? 20 : 500); i++) run(random, &memory);
    guarded_free(&memory);
}

typedef struct job {
    nenc_pid_step_fn *kernel;
    nenc_config config;
    nenc_pid pid;
    double sum;
} job;

static void call(void *data)
{
    job *j = data;
    nenc_pid_measure(&j->pid, 0.02, 0.01, 0.0167);
    j->sum += j->kernel(&j->pid, &j->config, 0.17, 0.0167);
}

static void bench(void)
{
    static job jobs[BENCH_SIDES];
    bench_side sides[BENCH_SIDES] = {0};
    for (int v = 0; v < kernel_variant_count; v++) {
        jobs[v].kernel = kernel_variants[v].table.pid_step;
        nenc_config_default(&jobs[v].config);
        nenc_pid_anchor(&jobs[v].pid, 20e6);
        sides[v] = (bench_side){.name = kernel_variants[v].name, .call = call, .data = &jobs[v]};
    }
    bench_sides(sides, kernel_variant_count);
    char key[64];
    for (int v = 0; v < kernel_variant_count; v++) {
        snprintf(key, sizeof key, "core.pid_ns.%s", sides[v].name);
        bench_say(key, sides[v].ns, "ns", "one measurement and one PID step");
    }
    if (kernel_variant_count > 1)
        bench_say("core.pid_vs_c", sides[kernel_variant_count - 1].ratio, "x", "best variant against the C reference");
}

const kernel_subject pid_subject = {"pid", check, bench};
