/* address.h - parses HOST:PORT, and converts between it and socket addresses. */
#ifndef NENC_LIVE_ADDRESS_H
#define NENC_LIVE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { NENC_HOST_BYTES = 256, NENC_ADDRESS_TEXT_BYTES = 64 };

typedef struct nenc_endpoint {
    char host[NENC_HOST_BYTES]; /* without brackets; "" means any address of this machine */
    uint16_t port;
} nenc_endpoint;

typedef struct nenc_address {
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
    };
    socklen_t bytes;
} nenc_address;

/* Accepts 127.0.0.1:5004, [::1]:5004, name:5004, :5004. Returns false for anything else; `endpoint` is then unchanged. */
bool nenc_endpoint_parse(const char *text, nenc_endpoint *endpoint);

/* Resolves in the network namespace of the calling thread. "" becomes :: (IPv4 included), or 0.0.0.0 where there is no IPv6.
 * Returns false when the host cannot be resolved; `why` then has the reason. */
bool nenc_endpoint_resolve(const nenc_endpoint *endpoint, nenc_address *address, char *why, size_t why_bytes);

/* Formats an address, with an IPv4-mapped IPv6 address as IPv4; returns `text`. */
const char *nenc_address_text(const nenc_address *address, char text[NENC_ADDRESS_TEXT_BYTES]);

#endif
