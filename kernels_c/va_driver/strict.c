/* strict.c - what the real drivers do with parameters in another order than theirs. */
#include "strict.h"

void strict_sequence(drv_context *context, uint32_t bits_per_second) {}
VAStatus strict_rate(drv_context *context, const VAEncMiscParameterRateControl *given) { return VA_STATUS_SUCCESS; }
VAStatus strict_hrd(drv_context *context, const VAEncMiscParameterHRD *given) { return VA_STATUS_SUCCESS; }
VAStatus strict_picture(drv_context *context, codec_rate *rate) { return VA_STATUS_SUCCESS; }
