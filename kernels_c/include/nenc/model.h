/* model.h - the model encoder: the statistical video source of RFC 8593 section 5, with sizes relative to the mean frame.
 *
 * RFC 8593's K_B is an absolute size (13.5 KB at 1 Mbit/s); here it is key_ratio x B0, so that it holds at 4K and 8K. The
 * transient comes only with key frames and with changes of more than transient_change since the last reaction: controllers
 * tick at 60 Hz, and not every tick is an abrupt change (section 5.2).
 *
 * No clock and no chance of its own: the same configuration and calls make the same frames on every machine.
 * Units: bit/s, int64 nanoseconds, lines, bytes of media. Errors: 0 or a negative nenc_status. Threads: an object belongs to one
 * thread at a time.
 */
#ifndef NENC_MODEL_H
#define NENC_MODEL_H

#include "nenc/failover.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_model nenc_model;

/* Parameters of RFC 8593 figure 2 (B0 = rate / 8 / fps) and what the lab adds. */
typedef struct nenc_model_config {
    uint32_t size;             /* sizeof(nenc_model_config), set by nenc_model_config_default */
    uint32_t follow_rung;      /* 1: follow the controller's rung and frame rate below lines and fps; 0: keep to these */
    uint32_t lines;            /* of the source */
    uint32_t transient_frames; /* K_d */
    double fps;                /* of the source */
    double key_ratio;          /* K_B / B0 */
    double size_scale;         /* SCALE_B: Laplacian scale of (B - B0) / B0 */
    double interval_scale;     /* SCALE_t: Laplacian scale of (t - t0) / t0 */
    double transient_change;   /* relative change of rate that sets off a transient (section 7) */
    double rate_min_bps;       /* R_min and R_max of section 5.4 */
    double rate_max_bps;
    int64_t reaction_ns;       /* tau_v: after a reaction, further requests wait this long */
    int64_t lag_ns;            /* time constant the output follows the rate with; 0: at once; with one no change is abrupt */
    int64_t encode_ns;         /* capture to ready, in hardware ... */
    int64_t software_ns;       /* ... and in software */
    int64_t watchdog_ns;       /* what it takes to notice a hang */
    int64_t key_interval_ns;   /* a key frame at least this often; 0: only on demand */
    uint64_t seed;             /* all chance comes from streams `stream` and `stream` + 1 of it */
    uint64_t stream;
} nenc_model_config;

typedef struct nenc_model_frame {
    int64_t bytes;       /* > 0 */
    int64_t encode_ns;   /* capture to ready */
    int64_t interval_ns; /* capture of this frame to capture of the next */
    double qp;           /* the one asked for; NaN when none was */
    uint32_t rung;       /* lines */
    uint32_t key;
    uint32_t software;   /* 1: while the hardware is gone */
    uint32_t reserved;
} nenc_model_frame;

/* The RFC's values, 2160 lines at 60 frames/s, seed and stream 0. config must not be NULL. */
NENC_API void nenc_model_config_default(nenc_model_config *config);

/* NULL when memory is short or a field is out of its range. Free with nenc_model_destroy. */
NENC_API nenc_model *nenc_model_create(const nenc_model_config *config);
/* Also of NULL. */
NENC_API void nenc_model_destroy(nenc_model *model);

/* The frame captured at now_ns under the present decision: rate_bps >= 0, fps > 0, lines, QP (<= 0 or NaN: none). */
NENC_API int nenc_model_encode(nenc_model *model, int64_t now_ns, double rate_bps, double fps, uint32_t rung, double qp,
                               nenc_model_frame *frame);

/* The next frame is a key frame. */
NENC_API int nenc_model_request_key(nenc_model *model);

/* The source's lines from the next frame on; a change makes a key frame. */
NENC_API int nenc_model_set_resolution(nenc_model *model, uint32_t lines);

/* A nenc_fault begins or ends. The first three are one: the hardware is gone, and software takes over with a key frame. */
NENC_API int nenc_model_set_fault(nenc_model *model, uint32_t fault, int on);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
