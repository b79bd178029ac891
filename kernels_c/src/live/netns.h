/* netns.h - into a network namespace that somebody else has made. */
#ifndef NENC_LIVE_NETNS_H
#define NENC_LIVE_NETNS_H

/* The calling thread, and threads it starts later, are in the namespace of `fd` from now on; sockets made before stay where they
 * are. 0, or -1 with errno (EPERM: needs CAP_SYS_ADMIN over it). `fd` stays open. */
int nenc_netns_enter(int fd);

#endif
