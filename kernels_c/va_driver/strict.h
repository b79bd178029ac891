/* strict.h - the ordering rules of the two real drivers (NENC_VA_STRICT), so that a client that breaks them is noticed here. */
#ifndef NENC_VA_STRICT_H
#define NENC_VA_STRICT_H

#include "driver.h"

/* After a sequence, a rate, ... has been read. Nothing is done unless a mode is on. */
void strict_sequence(drv_context *context, uint32_t bits_per_second);
VAStatus strict_rate(drv_context *context, const VAEncMiscParameterRateControl *given);
VAStatus strict_hrd(drv_context *context, const VAEncMiscParameterHRD *given);
/* When the picture is complete. */
VAStatus strict_picture(drv_context *context, codec_rate *rate);

#endif
