/* memory.c - allocates, maps and exports the memory of surfaces. It uses memfds, so that every surface can be exported. */
#include "memory.h"
#include "alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PITCH_ALIGN = 64 };

/* Takes ownership of the descriptor, even on failure. */
static mapping *map(int fd, size_t size)
{
    mapping *self = driver_alloc(sizeof *self);
    if (!self) goto fail;
    *self = (mapping){.users = 1, .fd = fd, .writable = 1, .size = size};
    self->data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (self->data == MAP_FAILED) { /* sealed or read-only descriptors are sufficient for encoding */
        self->writable = 0;
        self->data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    }
    if (self->data != MAP_FAILED) return self;
fail:;
    int error = self ? errno : ENOMEM;
    driver_free(self);
    close(fd);
    errno = error;
    return NULL;
}

mapping *memory_map(int fd, size_t size)
{
    off_t have = lseek(fd, 0, SEEK_END); /* works for a dma-buf too, whose st_size is 0 */
    struct stat stat;
    if (have < 0 && fstat(fd, &stat) == 0) have = stat.st_size;
    if (have <= 0 || (size_t)have < size) {
        errno = EINVAL;
        return NULL;
    }
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    mapping *self = own < 0 ? NULL : map(own, size ? size : (size_t)have);
    if (self) self->foreign = 1;
    return self;
}

int memory_create(surface_memory *memory, uint32_t width, uint32_t height)
{
    uint32_t pitch = (width + PITCH_ALIGN - 1) & ~(PITCH_ALIGN - 1u);
    uint32_t lines = memory_lines(height);
    size_t size = (size_t)pitch * lines * 3 / 2;
    int fd = memfd_create("nenc-va-surface", MFD_CLOEXEC);
    if (fd < 0) return 0;
    if (ftruncate(fd, (off_t)size) != 0) {
        close(fd);
        return 0;
    }
    mapping *object = map(fd, size);
    if (!object) return 0;
    object->users = 2;
    *memory = (surface_memory){.object = {object, object}, .offset = {0, pitch * lines}, .pitch = {pitch, pitch}};
    return 1;
}

void memory_share(const surface_memory *memory)
{
    memory->object[0]->users++;
    memory->object[1]->users++;
}

void memory_release(surface_memory *memory)
{
    for (int plane = 0; plane < 2; plane++) {
        mapping *object = memory->object[plane];
        if (!object || --object->users) continue;
        munmap(object->data, object->size);
        close(object->fd);
        driver_free(object);
    }
    *memory = (surface_memory){0};
}

void memory_access(const surface_memory *memory, int begin, int write)
{
    for (int plane = 0; plane < 2; plane++) {
        const mapping *object = memory->object[plane];
        if (!object->foreign || (plane && object == memory->object[0])) continue;
        struct dma_buf_sync sync = {.flags = (begin ? DMA_BUF_SYNC_START : DMA_BUF_SYNC_END) |
                                             (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ)};
        /* A memfd does not support the call and does not need it. */
        while (ioctl(object->fd, DMA_BUF_IOCTL_SYNC, &sync) < 0 && errno == EINTR) {
        }
    }
}
