/* memory.h - where the picture of a surface lies: a memory object of our own or the client's, mapped. */
#ifndef NENC_VA_MEMORY_H
#define NENC_VA_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* One mapped memory object; a surface and the images derived from it share it. */
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
    mapping *object[2]; /* of each plane; may be the same */
    uint32_t offset[2];
    uint32_t pitch[2];
} surface_memory;

/* Lines of a surface's own memory: of luma, rounded up to whole macroblocks. */
static inline uint32_t memory_lines(uint32_t height) { return (height + 15) & ~15u; }

/* False when memory is short. */
int memory_create(surface_memory *memory, uint32_t width, uint32_t height);
/* A mapping of the client's descriptor, which stays the client's; NULL with errno. At least size bytes; 0: what it has. */
mapping *memory_map(int fd, size_t size);
/* One user more. */
void memory_share(const surface_memory *memory);
void memory_release(surface_memory *memory);
/* The processor is about to read or write, and is done: dma-bufs want to be told. */
void memory_access(const surface_memory *memory, int begin, int write);

static inline uint8_t *memory_plane(const surface_memory *memory, int plane)
{
    return memory->object[plane]->data + memory->offset[plane];
}

#endif
