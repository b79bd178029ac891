/* join.c - packets into their order: what came early waits, what is missing is given up in time. */
#include "rtp/join.h"

#include <string.h>

#include "core/alloc.h"
#include "rtp/assemble.h"

/* A packet that came before one with a lower number. */
typedef struct slot {
    int64_t recv_ns;
    uint32_t timestamp;
    uint32_t bytes;
    uint8_t marker;
    uint8_t held;
} slot;

struct nenc_joiner {
    nenc_join_config config;
    nenc_join_counts counts;
    nenc_assembler assembler;
    int open;
    int64_t next;   /* the number that is waited for */
    int64_t lowest; /* held; only when there are any */
    uint32_t held;
    slot *slots;
    uint8_t *store; /* their payloads */
};

static int is_legal(const nenc_join_config *config)
{
    return config->format <= NENC_RTP_PADDING && config->window >= 2 && config->window <= 32768 &&
           (config->window & (config->window - 1)) == 0 && config->patience_ns >= 0 && config->taker;
}

nenc_joiner *nenc_joiner_create(const nenc_join_config *config)
{
    nenc_join_config full = *config;
    if (!full.window) full.window = 1024;
    if (!full.most_payload) full.most_payload = 2048;
    if (!full.most_unit) full.most_unit = (size_t)16 << 20;
    if (!full.patience_ns) full.patience_ns = 100000000;
    if (!is_legal(&full)) return NULL;
    nenc_joiner *joiner = nenc_alloc(sizeof *joiner);
    slot *slots = nenc_alloc(full.window * sizeof *slots);
    uint8_t *store = nenc_alloc((size_t)full.window * full.most_payload);
    if (!joiner || !slots || !store) {
        nenc_free(joiner);
        nenc_free(slots);
        nenc_free(store);
        return NULL;
    }
    joiner->config = full;
    joiner->slots = slots;
    joiner->store = store;
    nenc_assemble_begin(&joiner->assembler, &joiner->config, &joiner->counts);
    return joiner;
}

void nenc_joiner_destroy(nenc_joiner *joiner)
{
    if (!joiner) return;
    nenc_assemble_free(&joiner->assembler);
    nenc_free(joiner->slots);
    nenc_free(joiner->store);
    nenc_free(joiner);
}

const nenc_join_counts *nenc_join_counted(const nenc_joiner *joiner) { return &joiner->counts; }

static size_t place_of(const nenc_joiner *joiner, int64_t sequence)
{
    return (size_t)((uint64_t)sequence & (joiner->config.window - 1));
}

static void use(nenc_joiner *joiner, const nenc_piece *piece)
{
    joiner->counts.packets++;
    joiner->counts.bytes += (int64_t)piece->bytes;
    nenc_assemble(&joiner->assembler, piece);
    joiner->next = piece->sequence + 1;
}

/* Uses what is held from `next` on, up to the next gap. */
static void drain(nenc_joiner *joiner)
{
    while (joiner->held) {
        const size_t place = place_of(joiner, joiner->next);
        slot *waiting = &joiner->slots[place];
        if (!waiting->held) break;
        waiting->held = 0;
        joiner->held--;
        use(joiner, &(nenc_piece){
                        .sequence = joiner->next,
                        .recv_ns = waiting->recv_ns,
                        .timestamp = waiting->timestamp,
                        .marker = waiting->marker,
                        .payload = joiner->store + place * joiner->config.most_payload,
                        .bytes = waiting->bytes,
                    });
    }
    if (!joiner->held) return;
    if (joiner->lowest < joiner->next) joiner->lowest = joiner->next;
    while (!joiner->slots[place_of(joiner, joiner->lowest)].held) joiner->lowest++;
}

/* Gives up what is missing before `sequence`. */
static void give_up(nenc_joiner *joiner, int64_t sequence)
{
    while (joiner->next < sequence) {
        const int64_t to = joiner->held && joiner->lowest < sequence ? joiner->lowest : sequence;
        joiner->counts.lost += to - joiner->next;
        joiner->next = to;
        drain(joiner);
    }
}

void nenc_join_take(nenc_joiner *joiner, const nenc_rtp *packet, int64_t sequence, int64_t recv_ns)
{
    if (!joiner->open) {
        joiner->open = 1;
        joiner->next = joiner->config.first_known ? joiner->config.first_sequence : sequence;
        joiner->assembler.expected = joiner->next;
    }
    if (sequence < joiner->next) {
        joiner->counts.repeated++;
        return;
    }
    if (packet->bytes > joiner->config.most_payload) {
        joiner->counts.illegal++;
        return;
    }
    if (sequence - joiner->next >= joiner->config.window) give_up(joiner, sequence - joiner->config.window + 1);
    slot *place = &joiner->slots[place_of(joiner, sequence)];
    if (sequence < joiner->next || place->held) {
        joiner->counts.repeated++;
    } else if (sequence == joiner->next) {
        use(joiner, &(nenc_piece){
                        .sequence = sequence,
                        .recv_ns = recv_ns,
                        .timestamp = packet->timestamp,
                        .marker = packet->marker,
                        .payload = packet->payload,
                        .bytes = packet->bytes,
                    });
        drain(joiner);
    } else {
        *place = (slot){
            .recv_ns = recv_ns,
            .timestamp = packet->timestamp,
            .bytes = (uint32_t)packet->bytes,
            .marker = packet->marker,
            .held = 1,
        };
        memcpy(joiner->store + place_of(joiner, sequence) * joiner->config.most_payload, packet->payload, packet->bytes);
        if (!joiner->held++ || sequence < joiner->lowest) joiner->lowest = sequence;
    }
    nenc_join_advance(joiner, recv_ns);
}

void nenc_join_advance(nenc_joiner *joiner, int64_t now_ns)
{
    while (joiner->held && now_ns - joiner->slots[place_of(joiner, joiner->lowest)].recv_ns >= joiner->config.patience_ns)
        give_up(joiner, joiner->lowest);
}

void nenc_join_flush(nenc_joiner *joiner)
{
    while (joiner->held) give_up(joiner, joiner->lowest);
    nenc_assemble_end(&joiner->assembler);
}

void nenc_join_restart(nenc_joiner *joiner)
{
    nenc_join_flush(joiner);
    joiner->open = 0;
}
