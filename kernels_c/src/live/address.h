/* address.h - where packets go and come from: HOST:PORT as it is written, and as the kernel wants it. */
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

/* 127.0.0.1:5004, [::1]:5004, name:5004, :5004. False when it is none of these; `endpoint` is then unchanged. */
bool nenc_endpoint_parse(const char *text, nenc_endpoint *endpoint);

/* In the network namespace of the calling thread. "" becomes :: (IPv4 included), or 0.0.0.0 where there is no IPv6. False when
 * there is no such host: `why` has the words. */
bool nenc_endpoint_resolve(const nenc_endpoint *endpoint, nenc_address *address, char *why, size_t why_bytes);

/* As it is written, an IPv4 address inside an IPv6 one as IPv4; returns `text`. */
const char *nenc_address_text(const nenc_address *address, char text[NENC_ADDRESS_TEXT_BYTES]);

bool nenc_address_equal(const nenc_address *left, const nenc_address *right);

#endif
