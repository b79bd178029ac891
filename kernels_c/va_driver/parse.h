/* parse.h - parses a fault plan (grammar: faults.h) into a table. */
#ifndef NENC_VA_PARSE_H
#define NENC_VA_PARSE_H

#include "plan.h"

enum { FAULT_LINES = 64 };

typedef struct fault_line {
    fault_call call;
    uint64_t first, last; /* range of calls, from 1 */
    fault what;
} fault_line;

typedef struct fault_plan {
    unsigned count;
    fault_line lines[FAULT_LINES];
} fault_plan;

/* Returns 0, or -1 with the reason. */
int fault_parse(const char *text, fault_plan *plan, char why[FAULT_TEXT]);

#endif
