/* variants.c - the dispatch table as it is for each mask, each taken once. */
#include "kernels.h"

enum { MOST = 4 };

kernel_variant kernel_variants[MOST];
int kernel_variant_count;

static void take(const char *name, uint32_t mask)
{
    nenc_set_cpu_mask(mask);
    if (strcmp(nenc_kernel_name(), name) != 0) return; /* not on this processor, or not in this build */
    kernel_variants[kernel_variant_count++] = (kernel_variant){.name = name, .table = *nenc_dispatch_get()};
}

void kernel_find_variants(void)
{
    kernel_variant_count = 0;
    take("c", 0);
    take("avx2", NENC_CPU_AVX2 | NENC_CPU_FMA);
    take("neon", NENC_CPU_NEON);
    nenc_set_cpu_mask(UINT32_MAX);
}
