/* rtp_file.c - a stream cut into RTP, received with reports, joined again: files for the tests that hold it against tshark and
 * ffmpeg.
 *
 *   rtp_file FORMAT IN SIZES OUT PCAP SDP [LOSE]
 *
 * FORMAT: h264, hevc, padding. IN: the stream (padding: not read), SIZES: bytes of each access unit, a line each. OUT: what is
 * joined. PCAP: the packets, IPv4 and UDP, port 5004, and the reports, port 5007. SDP: the description (padding: not written).
 * LOSE: every so many-th packet is lost. Prints what was made:
 *   rtp SEQUENCE TIMESTAMP MARKER SSRC PAYLOAD(hex)
 *   report SSRC OWN_SSRC BEGIN COUNT TIMESTAMP BYTES_FROM_BEGIN_ON(hex)
 *   sample KBPS RTT_MS LOSS */
#include "rtp/bytes.h"
#include "rtp/inbox.h"
#include "rtp/join.h"
#include "rtp/outbox.h"
#include "rtp/sdp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SSRC = 0x6e656e63, OWN_SSRC = 0x6c616221, FIRST = 65500, MOST = 1188, PACKET_NS = 1000000, REPORT_NS = 50000000 };
enum { WAY_NS = 10000000, FRAME_TICKS = 3000, MEDIA_PORT = 5004, REPORT_PORT = 5007 };

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    return EXIT_FAILURE;
}

static void hex(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) printf("%02x", data[i]);
    printf("\n");
}

/* ---- pcap: link type 101, raw IP -------------------------------------------------------------------------------- */

static void native32(FILE *file, uint32_t value) { fwrite(&value, 4, 1, file); }

static void open_pcap(FILE *file)
{
    native32(file, 0xa1b2c3d4);
    const uint16_t version[] = {2, 4};
    fwrite(version, sizeof version, 1, file);
    native32(file, 0);
    native32(file, 0);
    native32(file, 65535);
    native32(file, 101);
}

static void capture(FILE *file, int64_t at_ns, uint8_t from, uint8_t to, uint16_t port, const uint8_t *data, size_t bytes)
{
    uint8_t header[28] = {0x45, 2, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, to}; /* ECT(0), UDP */
    nenc_put16(header + 2, (uint16_t)(bytes + 28));
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) sum += nenc_get16(header + i);
    sum = (sum & 0xffff) + (sum >> 16);
    nenc_put16(header + 10, (uint16_t)~(sum + (sum >> 16)));
    nenc_put16(header + 20, 5002);
    nenc_put16(header + 22, port);
    nenc_put16(header + 24, (uint16_t)(bytes + 8));
    native32(file, (uint32_t)(at_ns / 1000000000));
    native32(file, (uint32_t)(at_ns % 1000000000 / 1000));
    native32(file, (uint32_t)(bytes + 28));
    native32(file, (uint32_t)(bytes + 28));
    fwrite(header, sizeof header, 1, file);
    fwrite(data, bytes, 1, file);
}

/* ---- both ends -------------------------------------------------------------------------------------------------- */

typedef struct ends {
    FILE *pcap;
    nenc_inbox *inbox;
    nenc_outbox *outbox;
    nenc_joiner *joiner;
    int64_t now_ns;
    int64_t sequence;
    int64_t lose;
} ends;

static void take_unit(void *context, const nenc_unit *unit) { fwrite(unit->data, 1, unit->bytes, context); }

static void report(ends *on)
{
    uint8_t data[NENC_REPORT_BYTES];
    size_t bytes;
    while ((bytes = nenc_inbox_report(on->inbox, on->now_ns, data, 0)) > 0) {
        capture(on->pcap, on->now_ns, 2, 1, REPORT_PORT, data, bytes);
        printf("report %u %u %u %u %u ", nenc_get32(data + 8), nenc_get32(data + 4), nenc_get16(data + 12), nenc_get16(data + 14),
               nenc_get32(data + bytes - 4));
        hex(data + 12, bytes - 12);
        nenc_sample sample;
        if (nenc_outbox_feedback(on->outbox, data, bytes, on->now_ns + WAY_NS, &sample) == NENC_FEEDBACK_SAMPLE)
            printf("sample %u %.3f %.6f\n", sample.throughput_kbps, (double)sample.rtt_ms, (double)sample.loss);
    }
}

static void packet(ends *on, const nenc_rtp *header)
{
    uint8_t data[NENC_RTP_HEADER_BYTES + MOST];
    const size_t bytes = nenc_rtp_write(data, header) + header->bytes;
    memcpy(data + NENC_RTP_HEADER_BYTES, header->payload, header->bytes);
    capture(on->pcap, on->now_ns, 1, 2, MEDIA_PORT, data, bytes);
    printf("rtp %u %u %d %u ", header->sequence, header->timestamp, header->marker, header->ssrc);
    hex(header->payload, header->bytes);
    nenc_outbox_sent(on->outbox, on->sequence, on->now_ns - WAY_NS, (uint32_t)header->bytes);
    const int lost = on->lose && on->sequence % on->lose == 0;
    nenc_rtp got;
    int64_t extended;
    if (!lost && nenc_rtp_parse(data, bytes, &got) == NENC_OK &&
        nenc_inbox_take(on->inbox, &got, on->now_ns, on->sequence % 7 ? 2 : 3, &extended) == NENC_TAKEN_NEW)
        nenc_join_take(on->joiner, &got, extended, on->now_ns);
    on->sequence++;
    on->now_ns += PACKET_NS;
    if (on->now_ns % REPORT_NS == 0) report(on);
}

static int unit(ends *on, nenc_rtp_format format, const uint8_t *data, size_t bytes, uint32_t timestamp)
{
    nenc_cutter cutter;
    uint8_t payload[MOST];
    int last;
    if (nenc_cut_begin(&cutter, format, data, bytes, MOST) != NENC_OK) return NENC_EINVAL;
    while (nenc_cut_next(&cutter, payload, &bytes, &last)) {
        const nenc_rtp header = {
            .payload_type = NENC_RTP_PAYLOAD_TYPE,
            .marker = (uint8_t)last,
            .sequence = (uint16_t)on->sequence,
            .timestamp = timestamp,
            .ssrc = SSRC,
            .payload = payload,
            .bytes = bytes,
        };
        packet(on, &header);
    }
    return NENC_OK;
}

static int describe(const char *file_name, nenc_rtp_format format, const uint8_t *data, size_t bytes)
{
    char text[NENC_SDP_BYTES];
    const nenc_sdp sdp = {.format = format,
                          .address = "127.0.0.1",
                          .port = MEDIA_PORT,
                          .payload_type = NENC_RTP_PAYLOAD_TYPE,
                          .session = 1,
                          .unit = data,
                          .bytes = bytes};
    const int length = nenc_sdp_write(&sdp, text, sizeof text);
    FILE *file = fopen(file_name, "wb");
    if (length < 0 || !file) return NENC_EINVAL;
    fwrite(text, 1, (size_t)length, file);
    return fclose(file) == 0 ? NENC_OK : NENC_EINVAL;
}

int main(int argc, char **argv)
{
    if (argc < 7) return fail("usage", "rtp_file FORMAT IN SIZES OUT PCAP SDP [LOSE]");
    const nenc_rtp_format format = strcmp(argv[1], "h264") == 0   ? NENC_RTP_H264
                                   : strcmp(argv[1], "hevc") == 0 ? NENC_RTP_HEVC
                                                                  : NENC_RTP_PADDING;
    FILE *in = format == NENC_RTP_PADDING ? NULL : fopen(argv[2], "rb");
    FILE *sizes = fopen(argv[3], "r"), *out = fopen(argv[4], "wb"), *pcap = fopen(argv[5], "wb");
    if ((!in && format != NENC_RTP_PADDING) || !sizes || !out || !pcap) return fail("files", "cannot be opened");
    open_pcap(pcap);
    ends on = {
        .pcap = pcap,
        .inbox = nenc_inbox_create(
            &(nenc_inbox_config){.own_ssrc = OWN_SSRC, .ssrc = SSRC, .payload_type = -1, .first_sequence = FIRST}),
        .outbox = nenc_outbox_create(&(nenc_outbox_config){.ssrc = SSRC, .report_ns = REPORT_NS, .same_clock = 1}),
        .joiner = nenc_joiner_create(
            &(nenc_join_config){.format = format, .first_known = 1, .first_sequence = FIRST, .taker = take_unit, .context = out}),
        .now_ns = 5000000000 + PACKET_NS,
        .sequence = FIRST,
        .lose = argc > 7 ? atoi(argv[7]) : 0,
    };
    if (!on.inbox || !on.outbox || !on.joiner) return fail("memory", "none");
    static uint8_t data[1 << 22];
    unsigned long bytes;
    uint32_t timestamp = UINT32_MAX - 2 * FRAME_TICKS; /* wraps */
    for (int first = 1; fscanf(sizes, "%lu", &bytes) == 1; first = 0, timestamp += FRAME_TICKS) {
        if (bytes > sizeof data || (in && fread(data, 1, bytes, in) != bytes)) return fail(argv[2], "is too short");
        if (first && in && describe(argv[6], format, data, bytes) != NENC_OK) return fail(argv[6], "cannot be made");
        if (unit(&on, format, data, bytes, timestamp) != NENC_OK) return fail(argv[2], "an access unit cannot be cut");
    }
    report(&on);
    nenc_join_flush(on.joiner);
    nenc_joiner_destroy(on.joiner);
    nenc_inbox_destroy(on.inbox);
    nenc_outbox_destroy(on.outbox);
    fclose(sizes);
    if (in) fclose(in);
    return fclose(out) == 0 && fclose(pcap) == 0 ? EXIT_SUCCESS : fail("files", "cannot be written");
}
