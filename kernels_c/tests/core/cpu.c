/* cpu.c - processor flags, the mask over them, and the kernel that follows from it. */
#include "nenc/nenc.h"

#include "check.h"

/* What the kernel says about this processor: "flags" on x86, "Features" on Arm. */
static int kernel_says(const char *feature)
{
    char line[8192], word[64];
    int found = 0;
    FILE *info = fopen("/proc/cpuinfo", "r");
    if (!info) return -1;
    snprintf(word, sizeof word, " %s ", feature);
    while (!found && fgets(line, sizeof line - 1, info))
        if (strncmp(line, "flags", 5) == 0 || strncmp(line, "Features", 8) == 0) {
            line[strcspn(line, "\n")] = ' ';
            found = strstr(line, word) != NULL;
        }
    fclose(info);
    return found;
}

static void as_the_kernel_says(const char *feature, uint32_t flag)
{
    int expected = kernel_says(feature);
    if (expected >= 0) CHECK(!!(nenc_cpu_flags() & flag) == expected);
}

int main(void)
{
    setenv("NENC_CPU", "c", 1); /* before the first use */
    CHECK(nenc_cpu_flags() == 0);
    CHECK(strcmp(nenc_kernel_name(), "c") == 0);

    nenc_set_cpu_mask(UINT32_MAX);
#if defined(__x86_64__)
    as_the_kernel_says("avx2", NENC_CPU_AVX2);
    as_the_kernel_says("fma", NENC_CPU_FMA);
    CHECK(!(nenc_cpu_flags() & NENC_CPU_NEON));
#elif defined(__aarch64__)
    as_the_kernel_says("asimd", NENC_CPU_NEON);
    CHECK(!(nenc_cpu_flags() & (NENC_CPU_AVX2 | NENC_CPU_FMA)));
#endif
    uint32_t all = nenc_cpu_flags();
    nenc_set_cpu_mask(NENC_CPU_FMA);
    CHECK(nenc_cpu_flags() == (all & NENC_CPU_FMA));
    nenc_set_cpu_mask(0);
    CHECK(nenc_cpu_flags() == 0);
    CHECK(strcmp(nenc_kernel_name(), "c") == 0);
    return CHECK_END();
}
