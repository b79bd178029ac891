/* rate.h - rate control that the libraries lack. One QP per picture: for x265, which cannot change its rate in mid-stream, and
 * for x264 when its QP bounds, which it cannot change either, are no longer the client's. The savings of VBR: for x264.
 */
#ifndef NENC_VA_RATE_H
#define NENC_VA_RATE_H

#include "codec.h"

typedef struct rate_model {
    double cost[2]; /* bits x 2^(QP/6) of an inter and an intra picture; 0: not known yet */
    double debt; /* bits sent so far beyond what the target allowed */
} rate_model;

/* Returns the QP of the next picture. */
int rate_choose(const rate_model *self, const codec_rate *rate, int intra, uint32_t width, uint32_t height);
/* Records the bits that a picture took. */
void rate_account(rate_model *self, const codec_rate *rate, int intra, double qp, uint32_t bytes);

/* VBR: bits saved below the mean may be spent later, as fast as the peak allows; at most one second's worth is kept. */
typedef struct rate_savings {
    double bits;
} rate_savings;
/* The rate to use now: the target, or more of it up to the peak. */
uint32_t rate_now(const rate_savings *self, const codec_rate *rate);
void rate_save(rate_savings *self, const codec_rate *rate, uint32_t bytes);

#endif
