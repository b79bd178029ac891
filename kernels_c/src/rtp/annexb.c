/* annexb.c - start codes found. */
#include "rtp/annexb.h"

const uint8_t *nenc_start_code(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 3) {
        if (at[2] == 0) at++;
        else if (at[2] == 1 && at[1] == 0 && at[0] == 0) return at;
        else at += 3; /* none of the three can begin one that ends after them */
    }
    return end;
}

int nenc_nal_next(const uint8_t **at, const uint8_t *end, nenc_nal *nal)
{
    const uint8_t *from = nenc_start_code(*at, end);
    while (from < end) {
        from += 3;
        const uint8_t *next = nenc_start_code(from, end), *to = next;
        while (to > from && to[-1] == 0) to--;
        if (to > from) {
            *nal = (nenc_nal){from, (size_t)(to - from)};
            *at = next;
            return 1;
        }
        from = next;
    }
    *at = end;
    return 0;
}
