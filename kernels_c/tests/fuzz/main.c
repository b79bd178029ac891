/* main.c - a harness without libFuzzer: its seeds, and mutations of them.
 *
 *   fuzz_NAME [RUNS]          RUNS mutations (20000); as many less when NENC_CHECK_QUICK=1
 *   fuzz_NAME --seeds FOLDER  writes the seeds as files, for libFuzzer to begin with */
#include "fuzz.h"

enum { ROOM = 65536, SEEDS = 64, LONGEST = ROOM - 64 };

static int write_seeds(const char *folder)
{
    static uint8_t seed[ROOM];
    for (unsigned i = 0; i < SEEDS; i++) {
        char name[4096];
        const size_t size = fuzz_seed(i, seed, LONGEST);
        snprintf(name, sizeof name, "%s/seed-%02u", folder, i);
        FILE *file = fopen(name, "wb");
        if (!file || fwrite(seed, 1, size, file) != size || fclose(file) != 0) {
            fprintf(stderr, "%s: cannot be written\n", name);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}

/* One change; the new size. */
static size_t mutate(uint8_t *data, size_t size, uint64_t *chance)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x1f, 0x40};
    const size_t at = size ? check_below(chance, size) : 0, some = 1 + check_below(chance, 16);
    switch (size ? check_below(chance, 7) : 5) {
    case 0: data[at] ^= (uint8_t)(1u << check_below(chance, 8)); return size;
    case 1: data[at] = telling[check_below(chance, sizeof telling)]; return size;
    case 2: data[at] = (uint8_t)check_random(chance); return size;
    case 3: return at; /* cut short */
    case 4: { /* without some */
        const size_t gone = some < size - at ? some : size - at;
        memmove(data + at, data + at + gone, size - at - gone);
        return size - gone;
    }
    case 5: /* with some more */
        if (size + some > LONGEST) return size;
        memmove(data + at + some, data + at, size - at);
        for (size_t i = 0; i < some; i++) data[at + i] = (uint8_t)check_random(chance);
        return size + some;
    default: { /* some of it again, elsewhere */
        const size_t from = check_below(chance, size), most = size - (from > at ? from : at);
        memmove(data + at, data + from, some < most ? some : most);
        return size;
    }
    }
}

/* In memory of its own size: a sanitizer sees one byte too many. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (size) memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

int main(int argc, char **argv)
{
    static uint8_t data[ROOM];
    if (argc == 3 && strcmp(argv[1], "--seeds") == 0) return write_seeds(argv[2]);
    const int runs = argc > 1 ? atoi(argv[1]) : check_quick() ? 1000 : 20000;
    uint64_t chance = 1;
    run(data, 0);
    for (unsigned i = 0; i < SEEDS; i++) run(data, fuzz_seed(i, data, LONGEST));
    for (int i = 0; i < runs; i++) {
        size_t size = fuzz_seed((unsigned)check_below(&chance, SEEDS), data, LONGEST);
        for (uint64_t left = 1 + check_below(&chance, 8); left; left--) size = mutate(data, size, &chance);
        run(data, size);
    }
    printf("%u seeds, %d mutations\n", SEEDS, runs);
    return EXIT_SUCCESS;
}
