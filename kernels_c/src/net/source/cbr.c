/* cbr.c - cross traffic at a constant rate. */
#include "net/source/source.h"

enum { RATE };

typedef struct cbr {
    nenc_source source;
    double frac; /* of a nanosecond, carried from packet to packet */
} cbr;

static int begin(nenc_source *source) { return NENC_OK; }

static int send(nenc_source *source, nenc_packet *packet)
{
    *packet = nenc_source_packet(source);
    nenc_source_space(source, source->config.values[RATE], &((cbr *)source)->frac);
    if (source->next_ns >= source->config.stop_ns) source->next_ns = INT64_MAX;
    return 1;
}

static const nenc_parameter parameters[] = {
    [RATE] = {"rate", "bit/s", 10e6, 1, 1e15, "Rate on the wire."},
};

const nenc_source_ops nenc_source_cbr = {
    .kind = {"cbr", "A constant rate.", 1, parameters},
    .size = sizeof(cbr),
    .begin = begin,
    .send = send,
};
