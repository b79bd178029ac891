/* strict.h - the parameter-ordering rules of the two real drivers (NENC_VA_STRICT), so that clients that break them are
 * detected.
 *
 * A rule does what the real driver does, which usually means that the result differs from what the client intended. Where the
 * real driver would continue with a rate of 0 or a wrapped number, the call is rejected. Changes that a rule makes are reported
 * to the display's info callback.
 */
#ifndef NENC_VA_STRICT_H
#define NENC_VA_STRICT_H

#include "driver.h"

/* Called after each parameter has been read as va.h specifies. */
typedef struct strict_rules {
    /* fps_num 0: the sequence has no timing */
    void (*sequence)(drv_context *context, uint32_t bits_per_second, uint32_t fps_num, uint32_t fps_den);
    VAStatus (*picture)(drv_context *context);
    VAStatus (*rate)(drv_context *context, const VAEncMiscParameterRateControl *given);
    VAStatus (*hrd)(drv_context *context, const VAEncMiscParameterHRD *given);
    /* Called for each entry of a slice's reference list that is not VA_INVALID_ID. */
    VAStatus (*reference)(drv_context *context, VASurfaceID id);
    /* Called when the picture is complete: changes rate to what the hardware uses. */
    void (*finish)(drv_context *context, codec_rate *rate);
} strict_rules;

extern const strict_rules strict_ihd, strict_radeonsi;

/* NULL: no rules apply. */
static inline const strict_rules *strict_of(strict_mode mode)
{
    return mode == STRICT_IHD ? &strict_ihd : mode == STRICT_RADEONSI ? &strict_radeonsi : NULL;
}

#endif
