/* cut.c - payloads against RFC 6184 and RFC 7798 byte by byte, and what is true of every cut. */
#include "rtp/cut.h"

#include "rtp/annexb.h"

#include "units.h"

static void fu_a(void)
{
    /* An IDR slice (NRI 3, type 5) of 11 bytes in payloads of 6: FU indicator 0x7c, FU header S/E + 5. */
    static const uint8_t unit[] = {0, 0, 0, 1, 0x67, 0x64, 0, 0x1f, 0, 0, 1, 0x65, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const uint8_t wanted[4][6] = {
        {0x67, 0x64, 0, 0x1f}, {0x7c, 0x85, 1, 2, 3, 4}, {0x7c, 0x05, 5, 6, 7, 8}, {0x7c, 0x45, 9, 10}};
    static const size_t sizes[4] = {4, 6, 6, 4};
    nenc_cutter cutter;
    uint8_t payload[6];
    size_t bytes;
    int last;
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_H264, unit, sizeof unit, 6) == NENC_OK);
    for (int i = 0; i < 4; i++) {
        CHECK(nenc_cut_count(&cutter) == (size_t)(4 - i));
        CHECK(nenc_cut_next(&cutter, payload, &bytes, &last) == 1);
        CHECK(bytes == sizes[i] && memcmp(payload, wanted[i], bytes) == 0 && last == (i == 3));
    }
    CHECK(nenc_cut_next(&cutter, payload, &bytes, &last) == 0 && nenc_cut_count(&cutter) == 0);
}

static void hevc_fu(void)
{
    /* IDR_W_RADL (19), layer 0, TID 1, 9 bytes in payloads of 6: payload header 49, FU header S/E + 19. */
    static const uint8_t unit[] = {0, 0, 1, 19 << 1, 1, 1, 2, 3, 4, 5, 6, 7};
    static const uint8_t wanted[3][6] = {{49 << 1, 1, 0x80 | 19, 1, 2, 3}, {49 << 1, 1, 19, 4, 5, 6}, {49 << 1, 1, 0x40 | 19, 7}};
    nenc_cutter cutter;
    uint8_t payload[6];
    size_t bytes;
    int last;
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_HEVC, unit, sizeof unit, 6) == NENC_OK && nenc_cut_count(&cutter) == 3);
    for (int i = 0; i < 3; i++) {
        CHECK(nenc_cut_next(&cutter, payload, &bytes, &last) == 1);
        CHECK(bytes == (i == 2 ? 4 : 6) && memcmp(payload, wanted[i], bytes) == 0 && last == (i == 2));
    }
}

static void padding(void)
{
    uint64_t chance = 3;
    for (int i = 0; i < 300; i++) {
        const size_t most = NENC_CUT_LEAST + check_below(&chance, 1500), all = 1 + check_below(&chance, 20000);
        nenc_cutter cutter;
        CHECK(nenc_cut_begin(&cutter, NENC_RTP_PADDING, NULL, all, most) == NENC_OK);
        CHECK(nenc_cut_count(&cutter) == (all + most - 1) / most);
        uint8_t payload[2000];
        size_t bytes, sum = 0;
        int last = 0;
        while (nenc_cut_next(&cutter, payload, &bytes, &last)) {
            CHECK(last ? bytes <= most : bytes == most);
            for (size_t k = 0; k < bytes; k++) CHECK(payload[k] == "nenc-lab padding"[(sum + k) % 16]);
            sum += bytes;
        }
        CHECK(last && sum == all);
    }
}

/* Every NAL unit, whatever its size against `most`, comes out of its fragments; the count is right; no fragment is both ends. */
static void every_cut(nenc_rtp_format format)
{
    static uint8_t unit[4 * 5000], whole[5000], payload[1500];
    uint64_t chance = 4 + (uint64_t)format;
    const size_t header = format == NENC_RTP_HEVC ? 2 : 1;
    for (int i = 0; i < 2000; i++) {
        const size_t most = NENC_CUT_LEAST + check_below(&chance, i % 2 ? 12 : 1200);
        const size_t unit_bytes = make_unit(unit, format, i % 2 ? 40 : 4000, &chance);
        nenc_cutter cutter;
        CHECK(nenc_cut_begin(&cutter, format, unit, unit_bytes, most) == NENC_OK);
        size_t packets = nenc_cut_count(&cutter), bytes, have = 0;
        const uint8_t *at = unit;
        nenc_nal nal = {0};
        int last = 0;
        while (nenc_cut_next(&cutter, payload, &bytes, &last)) {
            packets--;
            CHECK(bytes <= most && bytes > 0);
            const int type = format == NENC_RTP_HEVC ? payload[0] >> 1 : payload[0] & 0x1f;
            if (type != (format == NENC_RTP_HEVC ? 49 : 28)) {
                CHECK(have == 0 && nenc_nal_next(&at, unit + unit_bytes, &nal));
                CHECK(nal.bytes == bytes && memcmp(nal.data, payload, bytes) == 0);
                continue;
            }
            const int bits = payload[header] & 0xc0;
            CHECK(bits != 0xc0 && bytes > header + 1 && (bits & 0x80) == (have ? 0 : 0x80));
            if (bits & 0x80) {
                CHECK(nenc_nal_next(&at, unit + unit_bytes, &nal));
                memcpy(whole, nal.data, header);
                have = header;
            }
            memcpy(whole + have, payload + header + 1, bytes - header - 1);
            have += bytes - header - 1;
            if (!(bits & 0x40)) continue;
            CHECK(have == nal.bytes && memcmp(whole, nal.data, have) == 0 && have > most);
            have = 0;
        }
        CHECK(packets == 0 && last && have == 0 && !nenc_nal_next(&at, unit + unit_bytes, &nal));
    }
}

static void refused(void)
{
    static const uint8_t garbage[] = {5, 0, 0, 1, 0x65, 1}, zeros[16], only_code[] = {0, 0, 0, 1},
                         aggregate[] = {0, 0, 1, 0x78, 1, 2}, stump[] = {0, 0, 1, 0x26}, fine[] = {0, 0, 0, 0, 1, 0x65, 1, 0};
    nenc_cutter cutter;
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_H264, garbage, sizeof garbage, 100) == NENC_EINVAL);
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_H264, zeros, sizeof zeros, 100) == NENC_EINVAL);
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_H264, only_code, sizeof only_code, 100) == NENC_EINVAL);
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_H264, aggregate, sizeof aggregate, 100) == NENC_EINVAL);
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_HEVC, stump, sizeof stump, 100) == NENC_EINVAL);
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_PADDING, NULL, 0, 100) == NENC_EINVAL);
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_H264, fine, sizeof fine, NENC_CUT_LEAST - 1) == NENC_EINVAL);
    uint8_t payload[100];
    size_t bytes;
    int last;
    CHECK(nenc_cut_next(&cutter, payload, &bytes, &last) == 0);
    CHECK(nenc_cut_begin(&cutter, NENC_RTP_H264, fine, sizeof fine, 100) == NENC_OK); /* zeros before and behind */
    CHECK(nenc_cut_next(&cutter, payload, &bytes, &last) == 1 && bytes == 2 && last);
}

int main(void)
{
    fu_a();
    hevc_fu();
    padding();
    every_cut(NENC_RTP_H264);
    every_cut(NENC_RTP_HEVC);
    refused();
    return CHECK_END();
}
