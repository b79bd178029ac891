/* bucket.c - one theoretical arrival time, moved on by each packet. */
#include "net/bucket.h"

#include <math.h>

void nenc_bucket_set_pace(nenc_bucket *bucket, int64_t now_ns, double pace_bps)
{
    const double burst_ns = (double)bucket->burst_ns, now = (double)now_ns;
    if (!(bucket->pace_bps > 0.0))
        bucket->tat_ns += now - (double)bucket->paced_from_ns; /* a bucket does not run dry in a pause */
    if (pace_bps > 0.0) {
        const double wait_ns = bucket->tat_ns - burst_ns - now; /* what is left of it goes at the new rate */
        if (wait_ns > 0.0) bucket->tat_ns = now + burst_ns + wait_ns * (bucket->rated_bps / pace_bps);
        bucket->rated_bps = pace_bps;
    }
    bucket->pace_bps = pace_bps;
    bucket->paced_from_ns = now_ns;
}

int64_t nenc_bucket_next(const nenc_bucket *bucket, int64_t ready_ns)
{
    if (!(bucket->pace_bps > 0.0)) return INT64_MAX;
    const int64_t next = ready_ns < bucket->paced_from_ns ? bucket->paced_from_ns : ready_ns;
    const double allowed = ceil(bucket->tat_ns - (double)bucket->burst_ns);
    if (allowed >= 0x1p63) return INT64_MAX; /* centuries from now: next to no rate */
    return allowed > (double)next ? (int64_t)allowed : next;
}

void nenc_bucket_take(nenc_bucket *bucket, int64_t sent_ns, uint32_t media_bytes)
{
    if (bucket->tat_ns < (double)sent_ns) bucket->tat_ns = (double)sent_ns;
    bucket->tat_ns += 8e9 * media_bytes / bucket->pace_bps;
}
