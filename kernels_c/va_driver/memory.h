/* memory.h - the memory of a surface's picture: a mapped memory object of our own or of the client. */
#ifndef NENC_VA_MEMORY_H
#define NENC_VA_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* A mapped memory object, shared by a surface and the images derived from it. */
typedef struct mapping {
    unsigned users;
    int fd;
    int foreign; /* the client's */
    int writable;
    uint8_t *data;
    size_t size;
} mapping;

/* An NV12 picture. */
typedef struct surface_memory {
    mapping *object[2]; /* memory of each plane; both may be the same */
    uint32_t offset[2];
    uint32_t pitch[2];
} surface_memory;

/* Lines of luma in a surface's own memory, rounded up to whole macroblocks. */
static inline uint32_t memory_lines(uint32_t height) { return (height + 15) & ~15u; }

/* Returns false when out of memory. */
int memory_create(surface_memory *memory, uint32_t width, uint32_t height);
/* Maps the client's descriptor, which the client keeps, with at least size bytes (0: all it has). Returns NULL with errno on
 * failure. */
mapping *memory_map(int fd, size_t size);
/* Adds a reference. */
void memory_share(const surface_memory *memory);
void memory_release(surface_memory *memory);
/* Tells a dma-buf that the processor begins or ends reading or writing. */
void memory_access(const surface_memory *memory, int begin, int write);

static inline uint8_t *memory_plane(const surface_memory *memory, int plane)
{
    return memory->object[plane]->data + memory->offset[plane];
}

#endif
