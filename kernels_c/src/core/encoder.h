/* encoder.h - the controller object: which thread accesses which part, with hot data apart from cold. */
#ifndef NENC_CORE_ENCODER_H
#define NENC_CORE_ENCODER_H

#include "core/dispatch.h"
#include "core/gains.h"
#include "core/law.h"
#include "core/publish.h"
#include "core/qp.h"
#include "core/ring.h"
#include "core/scheduler.h"
#include "core/thread.h"
#include "core/window.h"

/* Times are kept within this distance of 0 (73 years), so that no difference of two, nor such a difference added to a time,
 * overflows. */
#define NENC_TIME_LIMIT ((int64_t)1 << 61)

struct AdaptiveEncoder {
    /* Producer to consumer. */
    nenc_ring ring;
    alignas(NENC_CACHE_LINE) nenc_word refused; /* producer only: invalid samples so far */

    /* Owner to consumer. */
    nenc_gains_box gains;

    /* Consumer to anybody. */
    alignas(NENC_CACHE_LINE) _Atomic uint32_t rate_bps;
    nenc_publish published;

    /* Accessed by the consumer alone, every tick: by the thread while it runs, else by the owner. */
    alignas(NENC_CACHE_LINE) nenc_window window;
    nenc_state state;  /* of the last tick; during a tick, the one being filled */
    int64_t newest_ns; /* time of the newest sample, INT64_MIN before the first */
    const nenc_dispatch *dispatch;
    const nenc_law_ops *law;
    void *law_state;
    nenc_qp qp;
    nenc_scheduler scheduler;

    /* Cold data: changes only with the gains. */
    alignas(NENC_CACHE_LINE) nenc_config config;

    nenc_thread thread;
};

/* Runs one tick, for both nenc_step and the thread. NENC_ERANGE when now_ns is before the last tick or beyond the limit. */
int nenc_tick(AdaptiveEncoder *enc, int64_t now_ns);

#endif
