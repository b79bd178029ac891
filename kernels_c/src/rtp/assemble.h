/* assemble.h - packets in their order, some missing, into access units. */
#ifndef NENC_RTP_ASSEMBLE_H
#define NENC_RTP_ASSEMBLE_H

#include "rtp/join.h"
#include "rtp/packing.h"

/* One packet; each has a higher number than the one before. */
typedef struct nenc_piece {
    int64_t sequence;
    int64_t recv_ns;
    uint32_t timestamp;
    int marker;
    const uint8_t *payload;
    size_t bytes;
} nenc_piece;

typedef struct nenc_assembler {
    const nenc_join_config *config;
    nenc_join_counts *counts;
    const nenc_packing *packing; /* NULL: padding */
    int64_t expected;            /* the number that would have no gap before it */
    int building;                /* `unit` has a packet */
    int oversized;               /* it is longer than it may be: nothing of it comes out */
    nenc_unit unit;
    uint8_t *data;
    size_t room;
    int fragment;          /* a NAL unit is being put together from fragments: */
    size_t fragment_from;  /* ... from here on in data */
    uint8_t fragment_header[NENC_NAL_HEADER_MOST];
    int orphan; /* its fragments are dropped, and it is counted */
} nenc_assembler;

void nenc_assemble_begin(nenc_assembler *assembler, const nenc_join_config *config, nenc_join_counts *counts);
void nenc_assemble_free(nenc_assembler *assembler);
void nenc_assemble(nenc_assembler *assembler, const nenc_piece *piece);

/* No packet comes any more: what is there of the last unit comes out. */
void nenc_assemble_end(nenc_assembler *assembler);

#endif
