/* control.h - what a test asks of the two stub libraries, by dlsym. */
#ifndef NENC_NVENC_STUB_CONTROL_H
#define NENC_NVENC_STUB_CONTROL_H

/* Each library has a plan of its own for its calls; nenc_stub_cuda_... is libcuda.so.1's. */
#define STUB_EXPORT __attribute__((visibility("default")))

STUB_EXPORT void nenc_stub_plan(const char *plan);
STUB_EXPORT long nenc_stub_calls(void);
STUB_EXPORT int nenc_stub_complaints(void); /* rules of the API that were broken so far; each is on stderr */
STUB_EXPORT int nenc_stub_live(void);       /* sessions and buffers not destroyed */
STUB_EXPORT int nenc_stub_reconfigured(void);
STUB_EXPORT void nenc_stub_rate(unsigned *mean_bps, unsigned *peak_bps, unsigned *bucket_bits); /* last taken */
STUB_EXPORT int nenc_stub_has_video(void); /* 1: real H.264 by libx264 */

STUB_EXPORT void nenc_stub_cuda_plan(const char *plan);
STUB_EXPORT long nenc_stub_cuda_calls(void);
STUB_EXPORT int nenc_stub_cuda_live(void); /* contexts, and how deep this thread's stack of them is */

#endif
