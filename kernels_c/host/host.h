/* host.h - the parts of the controller host: each request is passed to the interface that the user's object has. */
#ifndef NENC_HOST_HOST_H
#define NENC_HOST_HOST_H

#include "protocol.h"

#include <stdbool.h>
#include <unistd.h>

/* A controller with one of the interfaces; a host has exactly one. */
typedef struct host_interface {
    bool (*find)(void *library, nenc_host_page *page); /* true when the object has this interface; describes it in the page */
    void (*create)(nenc_host_page *page);
    void (*record)(nenc_host_page *page, const nenc_sample *sample);
    void (*step)(nenc_host_page *page);
    void (*destroy)(nenc_host_page *page);
} host_interface;

extern pid_t host_pid;

/* Called on return from the user's code. That code may have forked and returned in both processes; the child must not
 * answer. */
static inline void host_back(void)
{
    if (getpid() != host_pid) _exit(0);
}

/* Finds a symbol that the object itself defines. Symbols found only in linked libraries are ignored; NULL when there is
 * none. */
void *host_symbol(void *library, const char *name);

extern const host_interface host_v1, host_origin;

/* Records which of the user's functions is about to run, and at which time of the lab's. */
static inline void host_enter(nenc_host_page *page, nenc_host_call call, int64_t now_ns)
{
    page->call_ns = now_ns;
    page->call = call;
}

#endif
