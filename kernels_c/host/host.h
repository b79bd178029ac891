/* host.h - the parts of the controller host: each request is answered by the interface that was found. */
#ifndef NENC_HOST_HOST_H
#define NENC_HOST_HOST_H

#include "protocol.h"

#include <stdbool.h>
#include <unistd.h>

/* A controller of one interface; exactly one exists in a host. */
typedef struct host_interface {
    bool (*find)(void *library, nenc_host_page *page); /* true when the object has it; describes it in the page */
    void (*create)(nenc_host_page *page);
    void (*record)(nenc_host_page *page, const nenc_sample *sample);
    void (*step)(nenc_host_page *page);
    void (*destroy)(nenc_host_page *page);
} host_interface;

extern pid_t host_pid;

/* Back from the user's code. It may have forked and returned in both: the child must not answer in its parent's place. */
static inline void host_back(void)
{
    if (getpid() != host_pid) _exit(0);
}

/* The object's own symbol of that name; NULL when only a library that it links has it. */
void *host_symbol(void *library, const char *name);

extern const host_interface host_v1, host_origin;

/* Says where the program is about to be: in a function of the user's at this time of the lab's. */
static inline void host_enter(nenc_host_page *page, nenc_host_call call, int64_t now_ns)
{
    page->call_ns = now_ns;
    page->call = call;
}

#endif
