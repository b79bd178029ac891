/* sdp_text.c - printf, base64 and NAL units into the text of a session description. */
#include "rtp/sdp_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "rtp/annexb.h"

void nenc_sdp_say(nenc_sdp_text *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int bytes = out->at ? vsnprintf(out->at, out->room, format, arguments) : -1;
    va_end(arguments);
    if (bytes < 0 || (size_t)bytes >= out->room) {
        out->at = NULL;
        return;
    }
    out->at += bytes;
    out->room -= (size_t)bytes;
    out->bytes += (size_t)bytes;
}

/* In base64 (RFC 4648 section 4). */
static void say_base64(nenc_sdp_text *out, const uint8_t *data, size_t bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes; i += 3) {
        const size_t left = bytes - i;
        const uint32_t three =
            (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) | (left > 2 ? data[i + 2] : 0);
        nenc_sdp_say(out, "%c%c%c%c", digits[three >> 18], digits[three >> 12 & 63], left > 1 ? digits[three >> 6 & 63] : '=',
                     left > 2 ? digits[three & 63] : '=');
    }
}

int nenc_sdp_say_nals(nenc_sdp_text *out, const uint8_t *unit, size_t bytes, int (*type_of)(const uint8_t *nal), int type,
                      const char *before)
{
    const uint8_t *at = unit;
    nenc_nal nal;
    int said = 0;
    while (nenc_nal_next(&at, unit + bytes, &nal)) {
        if (type_of(nal.data) != type) continue;
        nenc_sdp_say(out, "%s", said++ ? "," : before);
        say_base64(out, nal.data, nal.bytes);
    }
    return said;
}
