/* pool.c - pictures in memory objects of their own: memfds, or DMA-BUFs made of memfds by udmabuf. */
#include "nenc/pool.h"
#include "core/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROW_UNIT = 256, LUMA_BLACK = 16, CHROMA_BLACK = 128 };

typedef struct slot {
    uint8_t *memory;
    int memfd;
    int dmabuf; /* -1: there is none */
} slot;

struct nenc_pool {
    uint32_t width;
    uint32_t height;
    uint32_t count;
    int memory;
    size_t stride;
    size_t bytes; /* of an object: whole pages */
    slot slots[NENC_POOL_MAX];
};

static size_t rounded(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

static int make_memfd(slot *one, const nenc_pool *pool)
{
    one->memfd = memfd_create("nenc-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (one->memfd < 0 || ftruncate(one->memfd, (off_t)pool->bytes) < 0) return NENC_ENOMEM;
    /* udmabuf asks for it, and it keeps whoever has the descriptor from pulling the memory away under the others. */
    if (fcntl(one->memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) return NENC_ENOMEM;
    void *memory = mmap(NULL, pool->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, one->memfd, 0);
    if (memory == MAP_FAILED) return NENC_ENOMEM;
    one->memory = memory;
    memset(one->memory, LUMA_BLACK, pool->stride * pool->height);
    memset(one->memory + pool->stride * pool->height, CHROMA_BLACK, pool->stride * pool->height / 2);
    return NENC_OK;
}

static int make_dmabuf(slot *one, const nenc_pool *pool, int device)
{
    struct udmabuf_create create = {.memfd = (uint32_t)one->memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = pool->bytes};
    one->dmabuf = ioctl(device, UDMABUF_CREATE, &create);
    return one->dmabuf < 0 ? NENC_ESTATE : NENC_OK;
}

static int make_slots(nenc_pool *pool, int device)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        int status = make_memfd(&pool->slots[i], pool);
        if (status == NENC_OK && device >= 0) status = make_dmabuf(&pool->slots[i], pool, device);
        if (status != NENC_OK) return status;
    }
    pool->memory = device >= 0 ? NENC_MEMORY_DMABUF : NENC_MEMORY_MEMFD;
    return NENC_OK;
}

static void drop_slots(nenc_pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        slot *one = &pool->slots[i];
        if (one->memory) munmap(one->memory, pool->bytes);
        if (one->memfd >= 0) close(one->memfd);
        if (one->dmabuf >= 0) close(one->dmabuf);
        one->memory = NULL;
        one->memfd = one->dmabuf = -1;
    }
}

static int fill(nenc_pool *pool, uint32_t memory)
{
    int device = memory == NENC_MEMORY_MEMFD ? -1 : open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
    if (device < 0 && memory == NENC_MEMORY_DMABUF) return NENC_ESTATE;
    int status = make_slots(pool, device);
    if (status == NENC_ESTATE && memory == NENC_MEMORY_ANY) { /* there is a device that would not */
        drop_slots(pool);
        status = make_slots(pool, -1);
    }
    if (device >= 0) close(device);
    return status;
}

int nenc_pool_create(uint32_t width, uint32_t height, uint32_t count, uint32_t memory, nenc_pool **pool)
{
    if (!pool) return NENC_EINVAL;
    *pool = NULL;
    if (width < 16 || width > 16384 || width % 2 || height < 16 || height > 16384 || height % 2 || count < 1 ||
        count > NENC_POOL_MAX || memory > NENC_MEMORY_DMABUF)
        return NENC_EINVAL;
    nenc_pool *self = nenc_alloc(sizeof *self);
    if (!self) return NENC_ENOMEM;
    self->width = width;
    self->height = height;
    self->count = count;
    self->stride = rounded(width, ROW_UNIT);
    self->bytes = rounded(self->stride * height * 3 / 2, (size_t)sysconf(_SC_PAGESIZE));
    for (int i = 0; i < NENC_POOL_MAX; i++) self->slots[i] = (slot){.memfd = -1, .dmabuf = -1};
    int status = fill(self, memory);
    if (status != NENC_OK) nenc_pool_destroy(self);
    else *pool = self;
    return status;
}

int nenc_pool_memory(const nenc_pool *pool) { return pool ? pool->memory : NENC_EINVAL; }

int nenc_pool_frame(const nenc_pool *pool, uint32_t number, nenc_frame *frame)
{
    if (!pool || !frame || number >= pool->count) return NENC_EINVAL;
    const slot *one = &pool->slots[number];
    const size_t luma = pool->stride * pool->height;
    *frame = (nenc_frame){
        .picture = {.format = NENC_NV12,
                    .width = pool->width,
                    .height = pool->height,
                    .plane = {one->memory, one->memory + luma},
                    .stride = {(int64_t)pool->stride, (int64_t)pool->stride}},
        .fd = one->dmabuf >= 0 ? one->dmabuf : one->memfd,
        .buffer = number + 1,
        .offset = {0, (uint32_t)luma},
    };
    return NENC_OK;
}

int nenc_pool_written(const nenc_pool *pool, uint32_t number)
{
    if (!pool || number >= pool->count) return NENC_EINVAL;
    const int dmabuf = pool->slots[number].dmabuf;
    if (dmabuf < 0) return NENC_OK;
    /* The pair flushes what this processor's caches hold. */
    for (int i = 0; i < 2; i++) {
        struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_WRITE | (i ? DMA_BUF_SYNC_END : DMA_BUF_SYNC_START)};
        int result;
        do result = ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync);
        while (result < 0 && (errno == EINTR || errno == EAGAIN));
        if (result < 0) return NENC_ESTATE;
    }
    return NENC_OK;
}

void nenc_pool_destroy(nenc_pool *pool)
{
    if (!pool) return;
    drop_slots(pool);
    nenc_free(pool);
}
