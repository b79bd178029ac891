/* cpu.c - detects SIMD features once: the processor has the instructions and the operating system saves their registers. */
#include "core/cpu.h"

#include "nenc/nenc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static uint32_t detect(void)
{
    enum { FMA = 1u << 12, OSXSAVE = 1u << 27, AVX = 1u << 28, AVX2 = 1u << 5, XMM_AND_YMM = 6 };
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE) || !(c & AVX)) return 0;
    uint32_t flags = c & FMA ? NENC_CPU_FMA : 0;
    uint32_t saved, high;
    __asm__ volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    if ((saved & XMM_AND_YMM) != XMM_AND_YMM) return 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & AVX2)) flags |= NENC_CPU_AVX2;
    return flags;
}
#elif defined(__aarch64__)
static uint32_t detect(void) { return NENC_CPU_NEON; } /* part of the base architecture */
#else
static uint32_t detect(void) { return 0; }
#endif

static const struct {
    const char *name;
    uint32_t mask;
} variants[] = {
    {"c", 0},
    {"avx2", NENC_CPU_AVX2 | NENC_CPU_FMA},
    {"neon", NENC_CPU_NEON},
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint32_t found;
static uint32_t shown = UINT32_MAX;

static void look(void)
{
    found = detect();
    const char *wish = getenv("NENC_CPU");
    for (size_t i = 0; wish && i < sizeof variants / sizeof *variants; i++)
        if (strcmp(wish, variants[i].name) == 0) shown = variants[i].mask;
}

uint32_t nenc_cpu_flags(void)
{
    pthread_once(&once, look);
    return found & shown;
}

void nenc_cpu_set_mask(uint32_t mask)
{
    pthread_once(&once, look);
    shown = mask;
}
