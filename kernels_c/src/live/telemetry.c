/* telemetry.c - fixed-size records in mapped memory, with one writer per ring. */
#include "live/telemetry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const size_t record_bytes[NENC_RINGS] = {
    [NENC_RING_SENT] = sizeof(nenc_sent_record),      [NENC_RING_CAPTURED] = sizeof(nenc_captured_record),
    [NENC_RING_TICKS] = sizeof(nenc_tick_record),     [NENC_RING_SAMPLES] = sizeof(nenc_sample),
    [NENC_RING_EVENTS] = sizeof(nenc_event_record),   [NENC_RING_ARRIVALS] = sizeof(nenc_arrival_record),
    [NENC_RING_REPORTS] = sizeof(nenc_report_record),
};

enum { ALIGNMENT = 4096 };

static uint64_t aligned(uint64_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static int map(const char *path, size_t bytes, void **memory)
{
    int fd = -1;
    if (path) {
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0) return -errno;
        /* Allocates the space now, so that a full tmpfs is an error here and not a SIGBUS in mid-run. */
        const int error = posix_fallocate(fd, 0, (off_t)bytes);
        if (error) {
            close(fd);
            unlink(path);
            return -error;
        }
    }
    *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, path ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
    const int error = errno;
    if (fd >= 0) close(fd);
    if (*memory != MAP_FAILED) return 0;
    if (path) unlink(path);
    return -error;
}

/* Written last and atomically: from then on, readers regard the header as complete. */
static void set_magic(nenc_telemetry *telemetry)
{
    typedef uint64_t __attribute__((may_alias)) word;
    uint64_t magic;
    memcpy(&magic, "NENCLIV1", sizeof magic);
    __atomic_store_n((word *)(void *)telemetry->magic, magic, __ATOMIC_RELEASE);
}

int nenc_telemetry_open(const char *path, const uint32_t *capacities, int64_t origin_ns, nenc_telemetry **telemetry)
{
    nenc_telemetry header = {.bytes = sizeof header, .origin_ns = origin_ns, .pid = getpid()};
    uint64_t end = aligned(sizeof header);
    for (int ring = 0; ring < NENC_RINGS; ring++) {
        header.rings[ring] = (nenc_ring_info){.offset = end, .record_bytes = record_bytes[ring], .capacity = capacities[ring]};
        end += aligned(capacities[ring] * record_bytes[ring]);
    }
    void *memory;
    const int status = map(path, end, &memory);
    if (status) return status;
    *telemetry = memory;
    **telemetry = header;
    set_magic(*telemetry);
    return 0;
}

void *nenc_telemetry_next(nenc_telemetry *telemetry, nenc_ring_kind ring)
{
    const nenc_ring_info *info = &telemetry->rings[ring];
    if (!info->capacity) return NULL;
    return (char *)telemetry + info->offset + (info->written & (info->capacity - 1)) * info->record_bytes;
}

void nenc_telemetry_put(nenc_telemetry *telemetry, nenc_ring_kind ring)
{
    nenc_ring_info *info = &telemetry->rings[ring];
    __atomic_store_n(&info->written, info->written + 1, __ATOMIC_RELEASE);
}

void nenc_telemetry_late(uint64_t *bins, int64_t *max_ns, int64_t late_ns)
{
    if (late_ns > *max_ns) *max_ns = late_ns;
    const int64_t bin = late_ns > 0 ? late_ns / 125000 : 0;
    bins[bin < NENC_LATE_BINS ? bin : NENC_LATE_BINS - 1]++;
}

void nenc_telemetry_close(nenc_telemetry *telemetry)
{
    if (!telemetry) return;
    const nenc_ring_info *last = &telemetry->rings[NENC_RINGS - 1];
    __atomic_store_n(&telemetry->finished, 1, __ATOMIC_RELEASE);
    munmap(telemetry, last->offset + aligned(last->capacity * last->record_bytes));
}
