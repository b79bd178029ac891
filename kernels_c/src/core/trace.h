/* trace.h - static tracepoints for perf, bpftrace or gdb: each is a nop and a note in the object file, and nothing without
 * sys/sdt.h.
 *
 * Arguments are integers and pointers that are already at hand: nothing is computed for a probe.
 */
#ifndef NENC_CORE_TRACE_H
#define NENC_CORE_TRACE_H

#if NENC_HAVE_USDT
#include <sys/sdt.h>

/* A tick was decided. */
#define NENC_TRACE_TICK(enc, now_ns, rate_bps) DTRACE_PROBE3(nenc, tick, enc, now_ns, rate_bps)
/* The target moved. */
#define NENC_TRACE_RATE(enc, from_bps, to_bps) DTRACE_PROBE3(nenc, rate, enc, from_bps, to_bps)
/* What was requested (a string) is not available (errno), and the next best is used. */
#define NENC_TRACE_FALLBACK(enc, wanted, error) DTRACE_PROBE3(nenc, fallback, enc, wanted, error)
#else
#define NENC_TRACE_TICK(enc, now_ns, rate_bps) ((void)0)
#define NENC_TRACE_RATE(enc, from_bps, to_bps) ((void)0)
#define NENC_TRACE_FALLBACK(enc, wanted, error) ((void)0)
#endif

#endif
