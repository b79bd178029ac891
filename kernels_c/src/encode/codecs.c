/* codecs.c - what the table of codecs says of each codec. */
#include "nenc/encode.h"

#define INFO(symbol, name, endings, software, device) {#name, endings, software, device},
static const nenc_codec_info codecs[] = {NENC_CODECS(INFO)};

const nenc_codec_info *nenc_codec_at(size_t number) { return number < NENC_CODEC_COUNT ? &codecs[number] : NULL; }
