/* pool.c - pictures in shared memory: where their rows are, who else sees them, what is left when making them fails half-way. */
#include "nenc/pool.h"
#include "../core/check.h"
#include "leftovers.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Mappings of pictures: none may outlive its pool. */
static int mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int count = 0;
    while (fgets(line, sizeof line, maps)) count += strstr(line, "nenc-picture") != NULL;
    fclose(maps);
    return count;
}

static void layout(uint32_t width, uint32_t height, uint32_t count)
{
    nenc_pool *pool;
    CHECK(nenc_pool_create(width, height, count, NENC_MEMORY_MEMFD, &pool) == NENC_OK);
    CHECK(nenc_pool_memory(pool) == NENC_MEMORY_MEMFD);
    for (uint32_t i = 0; i < count; i++) {
        nenc_frame frame;
        struct stat about;
        CHECK(nenc_pool_frame(pool, i, &frame) == NENC_OK);
        CHECK(frame.buffer == i + 1 && frame.modifier == 0 && frame.offset[0] == 0);
        CHECK(frame.picture.format == NENC_NV12 && frame.picture.width == width && frame.picture.height == height);
        CHECK(frame.picture.stride[0] % 256 == 0 && frame.picture.stride[0] >= width);
        CHECK(frame.picture.stride[1] == frame.picture.stride[0]);
        CHECK(frame.picture.plane[1] - frame.picture.plane[0] == (ptrdiff_t)frame.offset[1]);
        CHECK(frame.offset[1] == (uint64_t)frame.picture.stride[0] * height);
        CHECK(fstat(frame.fd, &about) == 0);
        CHECK((uint64_t)about.st_size >= frame.offset[1] + (uint64_t)frame.picture.stride[1] * height / 2);
        CHECK(about.st_size % sysconf(_SC_PAGESIZE) == 0); /* udmabuf takes nothing else */
        /* Black, to its last row. */
        CHECK(frame.picture.plane[0][frame.picture.stride[0] * (height - 1) + width - 1] == 16);
        CHECK(frame.picture.plane[1][frame.picture.stride[1] * (height / 2 - 1) + width - 1] == 128);
    }
    nenc_pool_destroy(pool);
}

/* Whoever has the descriptor sees what was written, without a copy, and cannot take the memory away under the others. */
static void shared(void)
{
    nenc_pool *pool;
    nenc_frame frame;
    CHECK(nenc_pool_create(64, 32, 2, NENC_MEMORY_ANY, &pool) == NENC_OK);
    CHECK(nenc_pool_frame(pool, 1, &frame) == NENC_OK);
    const size_t bytes = frame.offset[1] + (size_t)frame.picture.stride[1] * 16;
    const uint8_t *theirs = mmap(NULL, bytes, PROT_READ, MAP_SHARED, frame.fd, 0);
    CHECK(theirs != MAP_FAILED);
    ((uint8_t *)(uintptr_t)frame.picture.plane[1])[5] = 77;
    CHECK(nenc_pool_written(pool, 1) == NENC_OK);
    CHECK(theirs[frame.offset[1] + 5] == 77);
    if (nenc_pool_memory(pool) == NENC_MEMORY_MEMFD) {
        CHECK(ftruncate(frame.fd, 0) < 0 && errno == EPERM);
        CHECK(ftruncate(frame.fd, 1 << 20) < 0 && errno == EPERM);
    }
    nenc_pool_destroy(pool);
    CHECK(theirs[frame.offset[1] + 5] == 77); /* an importer keeps its picture */
    munmap((void *)(uintptr_t)theirs, bytes);
}

static void misuse(void)
{
    static const uint32_t wrong[][4] = {{15, 16, 1, 0},    {16, 15, 1, 0}, {17, 16, 1, 0},
                                        {16, 17, 1, 0},    {0, 16, 1, 0},  {16386, 16, 1, 0},
                                        {16, 16386, 1, 0}, {16, 16, 0, 0}, {16, 16, NENC_POOL_MAX + 1, 0},
                                        {16, 16, 1, 3}};
    nenc_pool *pool;
    nenc_frame frame;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pool = (nenc_pool *)&frame;
        CHECK(nenc_pool_create(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3], &pool) == NENC_EINVAL && !pool);
    }
    CHECK(nenc_pool_create(16, 16, 1, 0, NULL) == NENC_EINVAL);
    CHECK(nenc_pool_create(16, 16, 2, 0, &pool) == NENC_OK);
    CHECK(nenc_pool_frame(pool, 2, &frame) == NENC_EINVAL && nenc_pool_frame(pool, 0, NULL) == NENC_EINVAL);
    CHECK(nenc_pool_frame(NULL, 0, &frame) == NENC_EINVAL && nenc_pool_written(pool, 2) == NENC_EINVAL);
    CHECK(nenc_pool_written(NULL, 0) == NENC_EINVAL && nenc_pool_memory(NULL) == NENC_EINVAL);
    nenc_pool_destroy(pool);
    nenc_pool_destroy(NULL);
    if (access("/dev/udmabuf", R_OK | W_OK) != 0)
        CHECK(nenc_pool_create(16, 16, 1, NENC_MEMORY_DMABUF, &pool) == NENC_ESTATE && !pool);
}

/* The n-th descriptor is not to be had: an error, and nothing of the n - 1 before it stays. */
static void no_descriptors(void)
{
    enum { COUNT = 8 };
    struct rlimit usual, tight;
    getrlimit(RLIMIT_NOFILE, &usual);
    const int before = open_descriptors();
    const int lowest = dup(STDIN_FILENO); /* number that is free */
    int failed = 0;
    close(lowest);
    for (int room = 0; room <= COUNT; room++) {
        nenc_pool *pool;
        tight = usual;
        tight.rlim_cur = (rlim_t)(lowest + room);
        setrlimit(RLIMIT_NOFILE, &tight);
        int status = nenc_pool_create(64, 64, COUNT, NENC_MEMORY_MEMFD, &pool);
        setrlimit(RLIMIT_NOFILE, &usual);
        CHECK(status == (room < COUNT ? NENC_ENOMEM : NENC_OK));
        failed += status != NENC_OK;
        CHECK((pool != NULL) == (status == NENC_OK));
        nenc_pool_destroy(pool);
        CHECK(open_descriptors() == before && mappings() == 0);
    }
    CHECK(failed == COUNT);
}

/* The address space is full: the same. */
static void no_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    struct rlimit usual, tight;
    getrlimit(RLIMIT_AS, &usual);
    const int before = open_descriptors();
    tight = usual;
    tight.rlim_cur = 200 << 20; /* not for 64 pictures of 8K */
    setrlimit(RLIMIT_AS, &tight);
    nenc_pool *pool;
    int status = nenc_pool_create(7680, 4320, NENC_POOL_MAX, NENC_MEMORY_MEMFD, &pool);
    setrlimit(RLIMIT_AS, &usual);
    CHECK(status == NENC_ENOMEM && !pool);
    CHECK(open_descriptors() == before && mappings() == 0);
#endif
}

int main(void)
{
    closefrom(STDERR_FILENO + 1); /* what a shell left open would be holes in the numbers */
    const int before = open_descriptors();
    layout(16, 16, 1);
    layout(642, 362, 3);
    layout(1920, 1080, 4);
    if (!check_quick()) layout(7680, 4320, 2);
    layout(16, 16, NENC_POOL_MAX);
    shared();
    misuse();
    no_descriptors();
    if (!check_quick()) no_memory();
    CHECK(open_descriptors() == before && mappings() == 0);
    return CHECK_END();
}
