/* sdp.c - descriptions word for word. */
#include "rtp/sdp.h"

#include "../core/check.h"

static const uint8_t h264[] = {0, 0, 0, 1, 0x67, 0x64, 0x00, 0x1f, 0xac, 0, 0, 0, 1, 0x68, 0xeb, 0xe3, 0, 0, 1, 0x65, 0x88};
static const uint8_t hevc[] = {0, 0, 0, 1, 0x40, 1, 12,   0, 0, 0, 1,    0x42, 1,   1,
                               0, 0, 0, 1, 0x44, 1, 0xc1, 0, 0, 1, 0x26, 1,    0xaf};

static void texts(void)
{
    char text[NENC_SDP_BYTES];
    nenc_sdp sdp = {.format = NENC_RTP_H264,
                    .address = "10.0.0.2",
                    .port = 5004,
                    .payload_type = 96,
                    .session = 77,
                    .unit = h264,
                    .bytes = sizeof h264};
    const char *wanted = "v=0\r\no=- 77 1 IN IP4 10.0.0.2\r\ns=nenc-lab\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
                         "m=video 5004 RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\n"
                         "a=fmtp:96 packetization-mode=1;profile-level-id=64001F;sprop-parameter-sets=Z2QAH6w=,aOvj\r\n"
                         "a=rtcp-fb:* ack ccfb\r\na=rtcp-mux\r\na=rtcp-rsize\r\n";
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) == (int)strlen(wanted) && strcmp(text, wanted) == 0);
    for (size_t room = 0; room <= strlen(wanted); room++) {
        char *small = malloc(room ? room : 1);
        CHECK(nenc_sdp_write(&sdp, small, room) == NENC_ERANGE);
        free(small);
    }
    CHECK(nenc_sdp_write(&sdp, text, strlen(wanted) + 1) == (int)strlen(wanted));

    sdp.format = NENC_RTP_HEVC;
    sdp.address = "::1";
    sdp.unit = hevc;
    sdp.bytes = sizeof hevc;
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) > 0);
    CHECK(strstr(text, "o=- 77 1 IN IP6 ::1\r\n") && strstr(text, "c=IN IP6 ::1\r\n"));
    CHECK(strstr(text, "a=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-vps=QAEM;sprop-sps=QgEB;sprop-pps=RAHB\r\n"));
}

static void refused(void)
{
    char text[NENC_SDP_BYTES];
    const nenc_sdp good = {.format = NENC_RTP_H264, .address = "10.0.0.2", .port = 1, .unit = h264, .bytes = sizeof h264};
    nenc_sdp sdp = good;
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) > 0);
    sdp.bytes = 9; /* no picture parameters */
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) == NENC_EINVAL);
    sdp = good;
    sdp.bytes = 6; /* a sequence parameter set too short to say what it is */
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) == NENC_EINVAL);
    sdp = good;
    sdp.address = "example.org";
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) == NENC_EINVAL);
    sdp = good;
    sdp.port = 0;
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) == NENC_EINVAL);
    sdp = good;
    sdp.format = NENC_RTP_PADDING;
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) == NENC_EINVAL);
    sdp = good;
    sdp.format = NENC_RTP_HEVC; /* of a stream that has no HEVC parameter sets */
    CHECK(nenc_sdp_write(&sdp, text, sizeof text) == NENC_EINVAL);
}

int main(void)
{
    texts();
    refused();
    return CHECK_END();
}
