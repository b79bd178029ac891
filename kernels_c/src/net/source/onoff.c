/* onoff.c - cross traffic that is on and off in turn, for fixed times or for exponential ones with these means. */
#include "net/source/source.h"

enum { RATE, ON, OFF, PARAMETERS };

typedef struct onoff {
    nenc_source source;
    double frac; /* of a nanosecond, carried from packet to packet */
    int64_t on_until_ns;
} onoff;

extern const nenc_source_ops nenc_source_onoff_exponential;

static int64_t duration(nenc_source *source, int parameter)
{
    const double mean_ns = source->config.values[parameter];
    if (source->ops != &nenc_source_onoff_exponential) return (int64_t)mean_ns;
    return 1 + (int64_t)(mean_ns * nenc_rng_exponential(&source->rng));
}

static int begin(nenc_source *source)
{
    ((onoff *)source)->on_until_ns = source->config.start_ns + duration(source, ON);
    return NENC_OK;
}

static int send(nenc_source *source, nenc_packet *packet)
{
    onoff *self = (onoff *)source;
    *packet = nenc_source_packet(source);
    nenc_source_space(source, source->config.values[RATE], &self->frac);
    while (source->next_ns >= self->on_until_ns) {
        /* The on time is over. What is left of the gap is waited for in the next one: the mean is exact however short they are. */
        const int64_t left_ns = source->next_ns - self->on_until_ns;
        const int64_t on_from = self->on_until_ns + duration(source, OFF);
        self->on_until_ns = on_from + duration(source, ON);
        source->next_ns = on_from + left_ns;
    }
    if (source->next_ns >= source->config.stop_ns) source->next_ns = INT64_MAX;
    return 1;
}

static const nenc_parameter parameters[] = {
    [RATE] = {"rate", "bit/s", 10e6, 1, 1e15, "Rate on the wire while it is on."},
    [ON] = {"on", "ns", 1e9, 1, 1e18, "How long it is on, or the mean of it."},
    [OFF] = {"off", "ns", 1e9, 1, 1e18, "How long it is off, or the mean of it."},
};

const nenc_source_ops nenc_source_onoff = {
    .kind = {"onoff", "A constant rate, on and off for fixed times.", PARAMETERS, parameters},
    .size = sizeof(onoff),
    .begin = begin,
    .send = send,
};

const nenc_source_ops nenc_source_onoff_exponential = {
    .kind = {"onoff-exponential", "A constant rate, on and off for exponentially distributed times.", PARAMETERS, parameters},
    .size = sizeof(onoff),
    .begin = begin,
    .send = send,
};
