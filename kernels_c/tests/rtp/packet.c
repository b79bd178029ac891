/* packet.c - RTP headers against bytes written by hand, and everything that is cut short. */
#include "rtp/packet.h"

#include "nenc/nenc.h"

#include "../core/check.h"

static void by_hand(void)
{
    static const uint8_t bytes[] = {0x80, 0xe0, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0x01, 0x02, 0x03, 0x04, 0xaa, 0xbb};
    nenc_rtp packet;
    CHECK(nenc_rtp_parse(bytes, sizeof bytes, &packet) == NENC_OK);
    CHECK(packet.payload_type == 96 && packet.marker == 1 && packet.sequence == 0x1234);
    CHECK(packet.timestamp == 0xdeadbeef && packet.ssrc == 0x01020304);
    CHECK(packet.payload == bytes + 12 && packet.bytes == 2);
    uint8_t again[12];
    CHECK(nenc_rtp_write(again, &packet) == 12 && memcmp(again, bytes, 12) == 0);
    packet.marker = 0;
    packet.payload_type = 127;
    CHECK(nenc_rtp_write(again, &packet) == 12 && again[1] == 0x7f);
    CHECK(nenc_rtp_parse(bytes, 12, &packet) == NENC_OK && packet.bytes == 0);
}

/* Two CSRCs, an extension of one word, three bytes of padding. */
static const uint8_t full[] = {
    0xb2, 0x61, 0,   1,   0, 0, 0, 2, 0, 0, 0, 3,                   /* header */
    9,    9,    9,   9,   8, 8, 8, 8,                                     /* CSRCs */
    0xbe, 0xde, 0,   1,   7, 7, 7, 7,                               /* extension */
    'd',  'a',  't', 'a', 0, 0, 3,                                /* payload, padding */
};

static void all_parts(void)
{
    nenc_rtp packet;
    CHECK(nenc_rtp_parse(full, sizeof full, &packet) == NENC_OK);
    CHECK(packet.payload_type == 97 && packet.marker == 0 && packet.sequence == 1 && packet.ssrc == 3);
    CHECK(packet.bytes == 4 && memcmp(packet.payload, "data", 4) == 0);
}

/* Each in memory of its own size: an address sanitizer sees one byte too many. Cut short, the last byte is taken for the
 * padding's length. */
static void cut_short(void)
{
    for (size_t size = 0; size < sizeof full; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        memcpy(copy, full, size);
        nenc_rtp packet;
        const int result = nenc_rtp_parse(copy, size, &packet);
        const int header = 28; /* all but payload and padding */
        if (size < (size_t)header + 1) CHECK(result == NENC_EINVAL);
        else CHECK((result == NENC_OK) == (copy[size - 1] >= 1 && copy[size - 1] <= size - (size_t)header));
        free(copy);
    }
}

static void refused(void)
{
    nenc_rtp packet;
    uint8_t bytes[16] = {0x80, 96};
    for (int version = 0; version < 4; version++) {
        bytes[0] = (uint8_t)(version << 6);
        CHECK((nenc_rtp_parse(bytes, sizeof bytes, &packet) == NENC_OK) == (version == 2));
    }
    bytes[0] = 0x80;
    for (int second = 0; second < 256; second++) { /* RFC 5761 */
        bytes[1] = (uint8_t)second;
        CHECK((nenc_rtp_parse(bytes, sizeof bytes, &packet) == NENC_OK) == !(second >= 192 && second <= 223));
    }
    bytes[1] = 96;
    bytes[0] = 0xa0; /* padded: by 0 bytes, by all there are, by one more */
    CHECK(nenc_rtp_parse(bytes, sizeof bytes, &packet) == NENC_EINVAL);
    bytes[15] = 4;
    CHECK(nenc_rtp_parse(bytes, sizeof bytes, &packet) == NENC_OK && packet.bytes == 0);
    bytes[15] = 5;
    CHECK(nenc_rtp_parse(bytes, sizeof bytes, &packet) == NENC_EINVAL);
}

static void there_and_back(void)
{
    uint64_t chance = 1;
    for (int i = 0; i < 10000; i++) {
        const nenc_rtp sent = {
            .payload_type = (uint8_t)check_below(&chance, 64), /* above, a marker makes RTCP of some */
            .marker = check_random(&chance) & 1,
            .sequence = (uint16_t)check_random(&chance),
            .timestamp = (uint32_t)check_random(&chance),
            .ssrc = (uint32_t)check_random(&chance),
        };
        uint8_t bytes[NENC_RTP_HEADER_BYTES];
        nenc_rtp got;
        nenc_rtp_write(bytes, &sent);
        CHECK(nenc_rtp_parse(bytes, sizeof bytes, &got) == NENC_OK);
        CHECK(got.payload_type == sent.payload_type && got.marker == sent.marker && got.sequence == sent.sequence);
        CHECK(got.timestamp == sent.timestamp && got.ssrc == sent.ssrc && got.bytes == 0);
    }
}

int main(void)
{
    by_hand();
    all_parts();
    cut_short();
    refused();
    there_and_back();
    return CHECK_END();
}
