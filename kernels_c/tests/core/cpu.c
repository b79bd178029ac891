/* cpu.c - processor flags, the mask over them, and the kernel that follows from it. */
#include "check.h"
#include "nenc/nenc.h"

/* Asked of the compiler's run-time library on x86 and of the kernel's auxiliary vector on Arm; both are also right under
 * emulation, where /proc/cpuinfo is the host's. */
#if defined(__x86_64__)
static uint32_t others_say(void)
{
    return (__builtin_cpu_supports("avx2") ? NENC_CPU_AVX2 : 0) | (__builtin_cpu_supports("fma") ? NENC_CPU_FMA : 0);
}
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
static uint32_t others_say(void) { return getauxval(AT_HWCAP) & HWCAP_ASIMD ? NENC_CPU_NEON : 0; }
#else
static uint32_t others_say(void) { return 0; }
#endif

int main(void)
{
    setenv("NENC_CPU", "c", 1); /* before the first use */
    CHECK(nenc_cpu_flags() == 0);
    CHECK(strcmp(nenc_kernel_name(), "c") == 0);

    nenc_set_cpu_mask(UINT32_MAX);
    CHECK(nenc_cpu_flags() == others_say());
    uint32_t all = nenc_cpu_flags();
    nenc_set_cpu_mask(NENC_CPU_FMA);
    CHECK(nenc_cpu_flags() == (all & NENC_CPU_FMA));
    nenc_set_cpu_mask(0);
    CHECK(nenc_cpu_flags() == 0);
    CHECK(strcmp(nenc_kernel_name(), "c") == 0);
    return CHECK_END();
}
