/* pictures.c - pictures for the checks and the benchmarks of the quality kernels. */
#include "kernels.h"

#include <sys/mman.h>
#include <unistd.h>

enum { CACHES = 4 }; /* times the largest cache, in pictures */

void random_samples(uint8_t *a, uint8_t *b, size_t size, uint64_t *random)
{
    const uint64_t kind = check_below(random, 6);
    const uint8_t flat_a = (uint8_t)check_random(random), flat_b = (uint8_t)check_random(random);
    for (size_t i = 0; i < size; i++) {
        const uint64_t draw = check_random(random);
        const int value = (int)(draw & 0xff), near = value + (int)(draw >> 8 & 7) - 3;
        switch (kind) {
        case 0: a[i] = (uint8_t)value, b[i] = (uint8_t)(draw >> 8); break;
        case 1: a[i] = (uint8_t)value, b[i] = (uint8_t)(near < 0 ? 0 : near > 255 ? 255 : near); break;
        case 2: a[i] = b[i] = (uint8_t)value; break;
        case 3: a[i] = flat_a, b[i] = flat_b; break;
        case 4: a[i] = flat_a & 1 ? 255 : 0, b[i] = flat_a & 1 ? 0 : 255; break;
        default: a[i] = draw & 1 ? 255 : 0, b[i] = draw & 2 ? 255 : 0; break;
        }
    }
}

static size_t largest_cache(void)
{
    const long names[] = {_SC_LEVEL4_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL2_CACHE_SIZE};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sysconf(names[i]) > 0) return (size_t)sysconf(names[i]);
    return 32 << 20;
}

static nenc_picture i420_at(const uint8_t *data, uint32_t width, uint32_t height)
{
    const uint32_t half = (width + 1) / 2;
    const size_t luma = (size_t)width * height, chroma = (size_t)half * ((height + 1) / 2);
    return (nenc_picture){
        .format = NENC_I420,
        .width = width,
        .height = height,
        .plane = {data, data + luma, data + luma + chroma},
        .stride = {width, half, half},
    };
}

picture_ring picture_ring_new(uint32_t width, uint32_t height)
{
    const size_t bytes = (size_t)width * height + 2 * (size_t)((width + 1) / 2) * ((height + 1) / 2);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    picture_ring ring = {.bytes = bytes, .count = (int)(CACHES * largest_cache() / (2 * room)) + 2};
    ring.mapping_size = 2 * room * (size_t)ring.count;
    ring.mapping = mmap(NULL, ring.mapping_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    ring.a = calloc((size_t)ring.count, sizeof *ring.a);
    ring.b = calloc((size_t)ring.count, sizeof *ring.b);
    if (ring.mapping == MAP_FAILED || !ring.a || !ring.b) {
        perror("pictures");
        exit(EXIT_FAILURE);
    }
    uint64_t random = 1;
    for (int i = 0; i < ring.count; i++) {
        uint8_t *a = (uint8_t *)ring.mapping + 2 * room * (size_t)i, *b = a + room;
        for (size_t at = 0; at < bytes; at++) {
            const uint64_t draw = check_random(&random);
            a[at] = (uint8_t)(64 + (at / 16 % 128) + (draw & 7));
            b[at] = (uint8_t)(a[at] + (draw >> 8 & 3));
        }
        ring.a[i] = i420_at(a, width, height);
        ring.b[i] = i420_at(b, width, height);
    }
    return ring;
}

void picture_ring_free(picture_ring *ring)
{
    munmap(ring->mapping, ring->mapping_size);
    free(ring->a);
    free(ring->b);
    *ring = (picture_ring){0};
}

nenc_picture picture_as_nv12(const nenc_picture *i420)
{
    const int64_t row = 2 * i420->stride[1];
    return (nenc_picture){
        .format = NENC_NV12,
        .width = i420->width,
        .height = i420->height,
        .plane = {i420->plane[0], i420->plane[1]},
        .stride = {i420->stride[0], row},
    };
}

int picture_ring_turn(picture_ring *ring)
{
    const int turn = ring->next;
    ring->next = (turn + 1) % ring->count;
    return turn;
}
