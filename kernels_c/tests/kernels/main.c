/* main.c - every kernel, every variant: compared with the plain C on random legal input, or timed beside it.
 *
 *   check_kernels [--seed N] [--only NAME] [--list]
 *   check_kernels --bench [--json] [--rounds N] [--only NAME]
 */
#include "kernels.h"

int check_failures;

static const kernel_subject *const subjects[] = {&window_subject, &pid_subject, &tick_subject, &sse_subject, &ssim_subject};

enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static int usage(void)
{
    fprintf(stderr, "usage: check_kernels [--seed N] [--only NAME] [--list] [--bench [--json] [--rounds N]]\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    bool timing = false, list = false;
    uint64_t seed = 1;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--bench") == 0) timing = true;
        else if (strcmp(argv[i], "--list") == 0) list = true;
        else if (strcmp(argv[i], "--json") == 0) bench_with.json = true;
        else if (strcmp(argv[i], "--only") == 0 && value) only = argv[++i];
        else if (strcmp(argv[i], "--seed") == 0 && value) seed = strtoull(argv[++i], NULL, 0);
        else if (strcmp(argv[i], "--rounds") == 0 && value) bench_with.rounds = atoi(argv[++i]);
        else return usage();
    }
    if (bench_with.rounds < 1 || bench_with.rounds > 101) return usage();
    kernel_find_variants();
    int found = 0;
    if (timing) bench_begin();
    for (int s = 0; s < SUBJECTS; s++) {
        if (only && strcmp(only, subjects[s]->name) != 0) continue;
        found++;
        if (list) printf("%s\n", subjects[s]->name);
        else if (timing && subjects[s]->bench) subjects[s]->bench();
        else if (!timing) {
            uint64_t random = seed;
            const int before = check_failures;
            subjects[s]->check(&random);
            printf("%-10s", subjects[s]->name);
            for (int v = 0; v < kernel_variant_count; v++) printf(" %s", kernel_variants[v].name);
            printf(": %s\n", check_failures == before ? "ok" : "FAILED");
        }
    }
    if (timing) bench_end();
    if (!found) return usage();
    if (check_failures) fprintf(stderr, "again with: --seed %llu\n", (unsigned long long)seed);
    return CHECK_END();
}
