/* bucket.h - the pacer's leaky bucket: when may the next packet go? Virtual scheduling (GCRA), ITU-T I.371. */
#ifndef NENC_NET_BUCKET_H
#define NENC_NET_BUCKET_H

#include <stdint.h>

typedef struct nenc_bucket {
    int64_t burst_ns;      /* what may go back to back, in time at the pace */
    double pace_bps;       /* media bit/s */
    double tat_ns;         /* when the bucket would be empty */
    double rated_bps;      /* the rate tat_ns is reckoned with: the last one that was not 0 */
    int64_t paced_from_ns; /* pace_bps holds from here on: nothing is sent before it */
} nenc_bucket;

/* From now_ns on, up to which everything has been sent. What waits goes at the new rate. */
void nenc_bucket_set_pace(nenc_bucket *bucket, int64_t now_ns, double pace_bps);
/* When a packet that is ready at ready_ns may go; INT64_MAX: never at this pace. */
int64_t nenc_bucket_next(const nenc_bucket *bucket, int64_t ready_ns);
/* It went, at a time that nenc_bucket_next gave. */
void nenc_bucket_take(nenc_bucket *bucket, int64_t sent_ns, uint32_t media_bytes);

#endif
