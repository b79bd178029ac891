/* rate.h - rate control by one QP per picture: for x265, whose own cannot change its rate in mid-stream, and for x264 when its QP
 * bounds, which it cannot change either, are not the client's any more. */
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

#endif
