/* protocol.h - the protocol between the lab and the controller host: a shared page of memory, and a byte over a socket that
 * passes the turn. */
#ifndef NENC_HOST_PROTOCOL_H
#define NENC_HOST_PROTOCOL_H

#include "nenc/controller.h"

enum { NENC_HOST_SAMPLES = 64, NENC_HOST_KNOBS = 64, NENC_HOST_NAME = 64, NENC_HOST_TEXT = 512 };

/* Exit codes of a host that cannot answer. */
enum { NENC_HOST_CUT_OFF = 113 };

typedef enum nenc_host_request {
    NENC_HOST_LOAD,    /* loads the object, finds its interface and describes it */
    NENC_HOST_CREATE,  /* creates a controller, and sets its gains if there are any */
    NENC_HOST_RECORD,  /* passes samples */
    NENC_HOST_STEP,    /* passes samples, then asks for a decision at now_ns */
    NENC_HOST_DESTROY,
} nenc_host_request;

typedef enum nenc_host_abi { NENC_HOST_NONE, NENC_HOST_V1, NENC_HOST_ORIGIN } nenc_host_abi;

/* Which of the user's functions is running; the lab can still read it after a crash. */
typedef enum nenc_host_call {
    NENC_HOST_OUTSIDE,
    NENC_HOST_LOADING,
    NENC_HOST_IN_CREATE,
    NENC_HOST_IN_SET_GAINS,
    NENC_HOST_IN_RECORD,
    NENC_HOST_IN_STEP,
    NENC_HOST_IN_DESTROY,
    NENC_HOST_IN_THREADS, /* the object's own threads, while one of the original program's three functions waits for them */
} nenc_host_call;

typedef struct nenc_host_page {
    /* Written by the lab. */
    uint32_t request;
    uint32_t abi; /* LOAD: the interface to look for, NENC_HOST_NONE for any; then the one that was found */
    int64_t now_ns;
    nenc_controller_config config; /* its settings are those below */
    char knob_name[NENC_HOST_KNOBS][NENC_HOST_NAME];
    double knob_value[NENC_HOST_KNOBS];
    double gain[3];
    uint32_t has_gains;
    uint32_t sample_count;
    nenc_sample sample[NENC_HOST_SAMPLES];

    /* Written by the host. */
    volatile uint32_t call; /* nenc_host_call */
    int32_t status;         /* CREATE: 1 = the controller exists; STEP: the return value of step() */
    volatile int64_t call_ns;
    nenc_decision decision; /* filled in by the lab before a STEP */
    uint32_t abi_version;   /* LOAD: of the table that was found ... */
    uint32_t table_size;
    uint32_t missing; /* ... one bit for each of create, record, step, destroy that is NULL; see also has_set_gains */
    uint32_t has_set_gains;
    uint32_t origin_found; /* LOAD: one bit for each of the original program's three functions */
    uint32_t seen_clock; /* LOAD: a table was found, but the object has already seen the clock of the other interface */
    char name[NENC_HOST_NAME];
    char version[NENC_HOST_NAME];
    char text[NENC_HOST_TEXT]; /* reason of a failure */
} nenc_host_page;

#endif
