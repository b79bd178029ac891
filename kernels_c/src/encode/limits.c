/* limits.c - the verdict of a second. */
#include "encode/limits.h"

#include <stdio.h>

static const int64_t second_ns = 1000000000;
static const double off = 0.1;      /* a second's output this far from its target is off it ... */
static const double at_limit = 0.8; /* ... and the limit's doing when this part of its frames stand at it */

static int verdict(nenc_limits *self, int64_t now_ns, char *text, size_t size)
{
    const double seconds = (double)(now_ns - self->from_ns) / 1e9;
    const double made = self->bits / seconds / 1e6, asked = self->asked / seconds / 1e6;
    nenc_limit now = NENC_LIMIT_NONE;
    if (self->bits < (1.0 - off) * self->asked && self->lowest >= at_limit * self->frames) now = NENC_LIMIT_MIN;
    else if (self->bits > (1.0 + off) * self->asked && self->highest >= at_limit * self->frames) now = NENC_LIMIT_MAX;
    if ((int32_t)now == self->told) return 0;
    self->told = (int32_t)now;
    if (now == NENC_LIMIT_NONE) snprintf(text, size, "the encoder follows its target again");
    else
        snprintf(text, size, "the encoder makes %.2f of %.2f Mbit/s: at its %s QP (%u) the picture needs %s", made, asked,
                 now == NENC_LIMIT_MIN ? "finest" : "coarsest", now == NENC_LIMIT_MIN ? self->qp_min : self->qp_max,
                 now == NENC_LIMIT_MIN ? "no more" : "that much");
    return 1;
}

int nenc_limits_take(nenc_limits *self, int64_t now_ns, int64_t bytes, double qp, double target_bps, int64_t interval_ns,
                     char *text, size_t size)
{
    int tells = 0;
    if (self->frames && now_ns >= self->from_ns + second_ns) {
        tells = verdict(self, now_ns, text, size);
        self->frames = self->lowest = self->highest = 0;
        self->bits = self->asked = 0.0;
    }
    if (!self->frames) self->from_ns = now_ns;
    self->frames++;
    self->bits += 8.0 * (double)bytes;
    self->asked += target_bps * (double)interval_ns / 1e9;
    self->lowest += qp <= self->qp_min + 0.5;
    self->highest += qp >= self->qp_max - 0.5;
    return tells;
}
