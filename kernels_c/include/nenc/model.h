/* model.h - the model encoder: the statistical video source of RFC 8593 section 5, with sizes relative to the mean frame.
 *
 * RFC 8593's K_B is an absolute size (13.5 KB at 1 Mbit/s); here it is key_ratio x B0, so that it holds at 4K and 8K. A
 * transient follows only a key frame, or a rate that has changed by more than transient_change since the last reaction:
 * controllers tick at 60 Hz, and not every tick is an abrupt change (section 5.2).
 *
 * The model has no clock or random state of its own: the same configuration and calls give the same frames on every machine.
 * Units: bit/s, int64 nanoseconds, lines, bytes of media. Errors: 0 or a negative nenc_status. Threads: an object belongs to
 * one thread at a time.
 */
#ifndef NENC_MODEL_H
#define NENC_MODEL_H

#include "nenc/failover.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_model nenc_model;

/* Parameters of RFC 8593 figure 2 (B0 = rate / 8 / fps), and additions for hardware encoders and resolutions. */
typedef struct nenc_model_config {
    uint32_t size;             /* sizeof(nenc_model_config), set by nenc_model_config_default */
    uint32_t
        follow_rung; /* 1: follow the controller's resolution and frame rate up to lines and fps; 0: always use lines and fps */
    uint32_t lines; /* lines of the source */
    uint32_t transient_frames; /* K_d */
    double fps; /* frames per second of the source */
    double key_ratio; /* K_B / B0 */
    double size_scale; /* SCALE_B: Laplacian scale of (B - B0) / B0 */
    double interval_scale; /* SCALE_t: Laplacian scale of (t - t0) / t0 */
    double transient_change; /* relative change of the rate that triggers a transient (section 7) */
    double rate_min_bps; /* R_min and R_max of section 5.4 */
    double rate_max_bps;
    int64_t reaction_ns; /* tau_v: the shortest time between two reactions to the rate */
    int64_t lag_ns; /* time constant with which the output follows the rate; 0: at once; otherwise no change is abrupt */
    int64_t encode_ns; /* time from capture to ready in hardware ... */
    int64_t software_ns; /* ... and in software */
    int64_t watchdog_ns; /* time to detect a hang */
    int64_t key_interval_ns; /* longest time between key frames; 0: only on demand */
    uint64_t seed; /* random numbers come from its streams `stream` and `stream` + 1 */
    uint64_t stream;
} nenc_model_config;

typedef struct nenc_model_frame {
    int64_t bytes; /* > 0 */
    int64_t encode_ns; /* time from capture to ready */
    int64_t interval_ns; /* time from this capture to the next */
    double qp; /* the QP asked for; NaN when none was */
    uint32_t rung; /* lines */
    uint32_t key;
    uint32_t software; /* 1: while the hardware is gone */
    uint32_t reserved;
} nenc_model_frame;

/* Sets the defaults: the RFC's values, 2160 lines at 60 frames/s, seed and stream 0. config must not be NULL. */
NENC_API void nenc_model_config_default(nenc_model_config *config);

/* Returns NULL when out of memory or when a field is out of range. Free with nenc_model_destroy. */
NENC_API nenc_model *nenc_model_create(const nenc_model_config *config);
/* Accepts NULL. */
NENC_API void nenc_model_destroy(nenc_model *model);

/* Makes the frame captured at now_ns under the present decision: rate_bps >= 0, fps > 0, lines, QP (<= 0 or NaN: none). */
NENC_API int nenc_model_encode(nenc_model *model, int64_t now_ns, double rate_bps, double fps, uint32_t rung, double qp,
                               nenc_model_frame *frame);

/* Makes the next frame a key frame. */
NENC_API int nenc_model_request_key(nenc_model *model);

/* Sets the source's lines from the next frame on; a change makes a key frame. */
NENC_API int nenc_model_set_resolution(nenc_model *model, uint32_t lines);

/* Begins or ends a nenc_fault. The first three have one effect: the hardware has gone, and software takes over with a key
 * frame. */
NENC_API int nenc_model_set_fault(nenc_model *model, uint32_t fault, int on);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
