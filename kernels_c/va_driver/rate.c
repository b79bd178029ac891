/* rate.c - rate control by one QP per picture: +6 QP halves the bits, recent pictures calibrate the absolute number, and a
 * surplus or deficit is spread over the next half second.
 */
#include "rate.h"

#include <math.h>

static double per_picture(uint32_t bits_per_second, const codec_rate *rate)
{
    return (double)bits_per_second * rate->fps_den / rate->fps_num;
}

/* An intra picture may take a third of the bucket's free space; an inter picture takes its share, up to the peak. */
static double budget(const rate_model *self, const codec_rate *rate, int intra)
{
    const double mean = per_picture(rate->target_bps, rate), peak = per_picture(rate->peak_bps, rate);
    if (intra) return fmax(mean, (rate->vbv_bits - self->debt) / 3);
    const double due = mean - self->debt * 2 * rate->fps_den / rate->fps_num;
    return fmin(fmax(due, mean / 4), fmax(peak, mean * 1.5));
}

int rate_choose(const rate_model *self, const codec_rate *rate, int intra, uint32_t width, uint32_t height)
{
    /* Initial estimates: one bit per pixel at QP 20 for intra pictures, a fifth of it for inter pictures. */
    const double guess = (double)width * height * exp2(20.0 / 6);
    double cost = self->cost[intra];
    if (cost <= 0) cost = intra ? guess : self->cost[1] > 0 ? self->cost[1] / 5 : guess / 5;
    const int low = rate->qp_min > 1 ? (int)rate->qp_min : 1, high = rate->qp_max ? (int)rate->qp_max : 51;
    const double qp = 6 * log2(cost / budget(self, rate, intra)) + 0.5;
    return qp < low ? low : qp > high ? high : (int)qp;
}

/* Savings are limited to one bucket, because easy pictures may soon be followed by hard ones. So is debt, which QP bounds can
 * cause. */
void rate_account(rate_model *self, const codec_rate *rate, int intra, double qp, uint32_t bytes)
{
    const double bits = bytes * 8.0, cost = bits * exp2(qp / 6.0);
    self->cost[intra] = self->cost[intra] > 0 ? (self->cost[intra] + cost) / 2 : cost;
    self->debt += bits - per_picture(rate->target_bps, rate);
    self->debt = fmin(fmax(self->debt, -(double)rate->vbv_bits / 2), 2.0 * rate->vbv_bits);
}

uint32_t rate_now(const rate_savings *self, const codec_rate *rate)
{
    const double now = rate->target_bps + (self->bits > 0 ? self->bits : 0);
    const uint32_t most = rate->peak_bps > rate->target_bps ? rate->peak_bps : rate->target_bps;
    return now > most ? most : (uint32_t)now;
}

void rate_save(rate_savings *self, const codec_rate *rate, uint32_t bytes)
{
    self->bits += (double)rate->target_bps * rate->fps_den / rate->fps_num - bytes * 8.0;
    if (self->bits > rate->target_bps) self->bits = rate->target_bps;
    if (self->bits < -(double)rate->vbv_bits) self->bits = -(double)rate->vbv_bits;
}
