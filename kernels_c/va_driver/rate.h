/* rate.h - what rate control the libraries lack. One QP per picture: for x265, whose own cannot change its rate in mid-stream, and
 * for x264 when its QP bounds, which it cannot change either, are not the client's any more. VBR's savings: for x264. */
#ifndef NENC_VA_RATE_H
#define NENC_VA_RATE_H

#include "codec.h"

typedef struct rate_model {
    double cost[2]; /* bits x 2^(QP/6) of a picture, inter and intra; 0: not known yet */
    double debt; /* bits sent over what the target allowed so far */
} rate_model;

/* The QP of the next picture. */
int rate_choose(const rate_model *self, const codec_rate *rate, int intra, uint32_t width, uint32_t height);
/* What it took. */
void rate_account(rate_model *self, const codec_rate *rate, int intra, double qp, uint32_t bytes);

/* VBR: what the mean had over may be spent later, as fast as the peak allows; at most a second of it is kept. */
typedef struct rate_savings {
    double bits;
} rate_savings;
/* The rate that is right now: the target, or more of the peak. */
uint32_t rate_now(const rate_savings *self, const codec_rate *rate);
void rate_save(rate_savings *self, const codec_rate *rate, uint32_t bytes);

#endif
