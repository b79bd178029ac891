/* strict.h - the ordering rules of the two real drivers (NENC_VA_STRICT), so that a client that breaks them is noticed here.
 *
 * A rule does what the real driver does, which is mostly to encode something else than was meant. Where the real driver would go
 * on with a rate of 0 or a wrapped number, the call is refused. What a rule changes is told to the display's info callback.
 */
#ifndef NENC_VA_STRICT_H
#define NENC_VA_STRICT_H

#include "driver.h"

/* Called behind the reading of each parameter, which has been done as va.h has it. */
typedef struct strict_rules {
    /* fps_num 0: the sequence has no timing */
    void (*sequence)(drv_context *context, uint32_t bits_per_second, uint32_t fps_num, uint32_t fps_den);
    VAStatus (*picture)(drv_context *context);
    VAStatus (*rate)(drv_context *context, const VAEncMiscParameterRateControl *given);
    VAStatus (*hrd)(drv_context *context, const VAEncMiscParameterHRD *given);
    /* An entry of a slice's reference list that is not VA_INVALID_ID. */
    VAStatus (*reference)(drv_context *context, VASurfaceID id);
    /* When the picture is complete: rate becomes what the hardware works with. */
    void (*finish)(drv_context *context, codec_rate *rate);
} strict_rules;

extern const strict_rules strict_ihd, strict_radeonsi;

/* NULL: no rules. */
static inline const strict_rules *strict_of(strict_mode mode)
{
    return mode == STRICT_IHD ? &strict_ihd : mode == STRICT_RADEONSI ? &strict_radeonsi : NULL;
}

#endif
