/* packing.c - each codec's payload format, by number. */
#include "rtp/packing.h"

const nenc_packing *nenc_packing_of(nenc_rtp_format format)
{
#define PACKING(symbol, name, endings, software, device) &nenc_packing_##name,
    static const nenc_packing *const packings[] = {NENC_CODECS(PACKING)};
    return format < NENC_RTP_PADDING ? packings[format] : NULL;
}
