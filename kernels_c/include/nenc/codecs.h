/* codecs.h - the table of codecs.
 *
 * A new codec is one line here, its RTP payload format in src/rtp/NAME.c, and what its encoders need, in their own folders.
 * The codec's number, its word in scenarios and on command lines, the endings of its files, its payload format and the encoder
 * that stands in for hardware all come from this table; the build takes the payload formats' files from it.
 *
 * The columns, each line in the order of the numbers:
 *   NENC_<SYMBOL>, the codec's number, and NENC_RTP_<SYMBOL>, the same number as a payload format;
 *   the name in scenarios, which also names the payload format's file and its nenc_packing_<name>;
 *   the endings of files that hold its byte stream (Annex B), of which files that are written have the first;
 *   the software encoder that takes over from hardware, and the device it is opened with ("": none).
 */
#ifndef NENC_CODECS_H
#define NENC_CODECS_H

/* clang-format off */
#define NENC_CODECS(CODEC) \
    CODEC(H264, h264, "264|h264", "x264", "") \
    CODEC(HEVC, hevc, "265|h265|hevc", "vaapi", "driver:nenc") /* x264 has no HEVC; this project's VA-API driver has x265 */
/* clang-format on */

#define NENC_CODEC_NUMBER(symbol, name, endings, software, device) NENC_##symbol,
typedef enum nenc_codec { NENC_CODECS(NENC_CODEC_NUMBER) NENC_CODEC_COUNT } nenc_codec;

/* "|h264|hevc": all names, a bar before each, as a literal. */
#define NENC_CODEC_BAR_AND_NAME(symbol, name, endings, software, device) "|" #name
#define NENC_CODEC_NAMES NENC_CODECS(NENC_CODEC_BAR_AND_NAME)

#endif
