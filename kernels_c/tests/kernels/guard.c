/* guard.c - memory between two pages that trap. */
#include "kernels.h"

#include <sys/mman.h>
#include <unistd.h>

static guarded map(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t inner = (size + page - 1) / page * page;
    guarded memory = {.size = size, .mapping_size = inner + 2 * page};
    memory.mapping = mmap(NULL, memory.mapping_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory.mapping == MAP_FAILED || mprotect((char *)memory.mapping + page, inner, PROT_READ | PROT_WRITE) != 0) {
        perror("guarded memory");
        exit(EXIT_FAILURE);
    }
    return memory;
}

guarded guarded_new(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guarded memory = map(size);
    memory.data = (uint8_t *)memory.mapping + memory.mapping_size - page - size;
    guarded_poison(&memory);
    return memory;
}

guarded guarded_new_front(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guarded memory = map(size);
    memory.data = (uint8_t *)memory.mapping + page;
    guarded_poison(&memory);
    return memory;
}

void guarded_poison(guarded *memory) { memset(memory->data, 0xa5, memory->size); }

void guarded_free(guarded *memory)
{
    munmap(memory->mapping, memory->mapping_size);
    *memory = (guarded){0};
}
