/* address.c - HOST:PORT to a socket address and back. */
#include "live/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool parse_port(const char *text, uint16_t *port)
{
    unsigned value = 0;
    if (!*text || strlen(text) > 5) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        value = 10 * value + (unsigned)(*text - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

bool nenc_endpoint_parse(const char *text, nenc_endpoint *endpoint)
{
    nenc_endpoint read = {.port = 0};
    const char *colon = strrchr(text, ':'), *host = text, *end = colon;
    if (!colon || !parse_port(colon + 1, &read.port)) return false;
    if (*text == '[') {
        host = text + 1;
        end = colon - 1;
        if (end <= host || *end != ']') return false;
    } else if (memchr(text, ':', (size_t)(colon - text))) {
        return false; /* an IPv6 address without brackets is rejected: where its port begins is ambiguous */
    }
    if (end - host >= NENC_HOST_BYTES) return false;
    memcpy(read.host, host, (size_t)(end - host));
    *endpoint = read;
    return true;
}

static bool has_ipv6(void)
{
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool works = fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof any) == 0;
    if (fd >= 0) close(fd);
    return works;
}

bool nenc_endpoint_resolve(const nenc_endpoint *endpoint, nenc_address *address, char *why, size_t why_bytes)
{
    *address = (nenc_address){.bytes = 0};
    if (!*endpoint->host && has_ipv6()) {
        const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
        memcpy(&address->storage, &any, address->bytes = sizeof any);
        return true;
    }
    if (!*endpoint->host) {
        const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
        memcpy(&address->storage, &any, address->bytes = sizeof any);
        return true;
    }
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)endpoint->port);
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(endpoint->host, port, &wanted, &found);
    if (failed) {
        snprintf(why, why_bytes, "cannot resolve %s: %s", endpoint->host, gai_strerror(failed));
        return false;
    }
    address->bytes = found->ai_addrlen;
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

const char *nenc_address_text(const nenc_address *address, char text[NENC_ADDRESS_TEXT_BYTES])
{
    char host[INET6_ADDRSTRLEN] = "?";
    unsigned port = 0;
    if (address->any.sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, &address->storage, sizeof six);
        port = ntohs(six.sin6_port);
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&six.sin6_addr);
        if (mapped) inet_ntop(AF_INET, six.sin6_addr.s6_addr + 12, host, sizeof host);
        else inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof host);
        snprintf(text, NENC_ADDRESS_TEXT_BYTES, mapped ? "%s:%u" : "[%s]:%u", host, port);
    } else {
        struct sockaddr_in four = {.sin_port = 0};
        if (address->any.sa_family == AF_INET) memcpy(&four, &address->storage, sizeof four);
        inet_ntop(AF_INET, &four.sin_addr, host, sizeof host);
        snprintf(text, NENC_ADDRESS_TEXT_BYTES, "%s:%u", host, (unsigned)ntohs(four.sin_port));
    }
    return text;
}
