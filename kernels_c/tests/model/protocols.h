/* protocols.h - the three ways by which libnenc's threads hand each other data, as programs to walk through. */
#ifndef NENC_TESTS_MODEL_PROTOCOLS_H
#define NENC_TESTS_MODEL_PROTOCOLS_H

#include "walk.h"

typedef struct protocol {
    walk_program program;
    void (*set_up)(void); /* atomic objects to their first values */
    bool same;            /* the outcomes are those of the protocol before, walked another way */
    bool large;           /* left out when asked to be brief */
} protocol;

/* Each ends with one that has no name. */
extern const protocol ring_protocols[], board_protocols[], gains_protocols[];

#endif
