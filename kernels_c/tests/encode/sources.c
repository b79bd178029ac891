/* sources.c - made pictures are the same on every machine and in any order; files are read as they are, or refused with a word. */
#include "../core/check.h"
#include "nenc/source.h"

#include <sys/stat.h>
#include <unistd.h>

static uint32_t crc(const uint8_t *data, size_t bytes)
{
    uint32_t value = 0xffffffff;
    for (size_t i = 0; i < bytes; i++) {
        value ^= data[i];
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
    }
    return ~value;
}

static nenc_picture picture_in(uint8_t *memory, uint32_t width, uint32_t height)
{
    return (nenc_picture){.format = NENC_NV12,
                          .width = width,
                          .height = height,
                          .plane = {memory, memory + (size_t)width * height},
                          .stride = {width, width}};
}

static uint32_t shot(nenc_source *source, uint64_t number, uint32_t width, uint32_t height)
{
    const size_t bytes = (size_t)width * height * 3 / 2;
    uint8_t *memory = malloc(bytes);
    const nenc_picture picture = picture_in(memory, width, height);
    CHECK(nenc_source_render(source, number, &picture) == NENC_OK);
    const uint32_t value = crc(memory, bytes);
    free(memory);
    return value;
}

static void golden(void)
{
    static const struct {
        double complexity;
        uint64_t number;
        uint32_t crc;
    } known[] = {
        {0, 0, 0x6d899427}, {0.25, 7, 0xe63d7324}, {0.5, 100, 0x792f8025}, {0.75, 1000000, 0xf52add78}, {1, 59, 0x3cb5bdf4}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const nenc_pattern pattern = {
            .width = 322, .height = 182, .seed = 11, .complexity = known[i].complexity, .scene_frames = 50};
        nenc_source *source;
        CHECK(nenc_source_pattern(&pattern, &source, NULL, 0) == NENC_OK);
        const uint32_t value = shot(source, known[i].number, 322, 182);
        if (value != known[i].crc) printf("picture %zu: 0x%08x, not 0x%08x\n", i, value, known[i].crc);
        CHECK(value == known[i].crc);
        /* In any order. */
        shot(source, known[i].number + 50, 322, 182);
        CHECK(shot(source, known[i].number, 322, 182) == value);
        nenc_source_close(source);
    }
}

/* Samples stay within what the construction promises, so that sums never wrap. */
static void range(void)
{
    const nenc_pattern pattern = {.width = 1280, .height = 720, .seed = 99, .complexity = 1, .scene_frames = 1};
    uint8_t *memory = malloc(1280 * 720 * 3 / 2);
    const nenc_picture picture = picture_in(memory, 1280, 720);
    nenc_source *source;
    CHECK(nenc_source_pattern(&pattern, &source, NULL, 0) == NENC_OK);
    for (uint64_t number = 0; number < (check_quick() ? 2 : 40); number++) {
        int low = 255, high = 0, jumps = 0;
        CHECK(nenc_source_render(source, number, &picture) == NENC_OK);
        for (int i = 0; i < 1280 * 720; i++) {
            low = memory[i] < low ? memory[i] : low;
            high = memory[i] > high ? memory[i] : high;
            jumps += i && abs(memory[i] - memory[i - 1]) > 128;
        }
        CHECK(low >= 4 && high <= 252 && jumps == 0);
    }
    nenc_source_close(source);
    free(memory);
}

static const char *written(const char *name, const void *data, size_t bytes)
{
    FILE *file = fopen(name, "wb");
    fwrite(data, 1, bytes, file);
    fclose(file);
    return name;
}

static void refused(const char *what, const char *path, uint32_t width, uint32_t height)
{
    char text[300] = "";
    nenc_source *source;
    CHECK(nenc_source_file(path, width, height, &source, text, sizeof text) < 0 && !source);
    if (!strstr(text, what)) printf("%s: \"%s\" does not say \"%s\"\n", path, text, what);
    CHECK(strstr(text, what) && strstr(text, path));
}

static void files(void)
{
    char folder[] = "/tmp/nenc-sources-XXXXXX", path[100];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/clip", folder);
    enum { W = 16, H = 18, Y = W * H, FRAME = Y * 3 / 2 };
    uint8_t data[200 + 2 * (6 + FRAME)], out[FRAME];
    const char header[] = "YUV4MPEG2 W16 H18 F30000:1001 Ip A1:1 C420jpeg\n";
    size_t at = strlen(header);
    memcpy(data, header, at);
    for (int n = 0; n < 2; n++) {
        memcpy(data + at, "FRAME\n", 6);
        for (int i = 0; i < FRAME; i++) data[at + 6 + i] = (uint8_t)(i < Y ? i + n : i < Y * 5 / 4 ? 100 + n : 200 + n);
        at += 6 + FRAME;
    }
    nenc_source *source;
    uint32_t a, b;
    const nenc_picture picture = picture_in(out, W, H);
    CHECK(nenc_source_file(written(path, data, at), 0, 0, &source, NULL, 0) == NENC_OK);
    CHECK(nenc_source_size(source, &a, &b) == NENC_OK && a == W && b == H);
    CHECK(nenc_source_fps(source, &a, &b) == NENC_OK && a == 30000 && b == 1001);
    for (uint64_t n = 0; n < 5; n++) {
        CHECK(nenc_source_render(source, n, &picture) == NENC_OK);
        CHECK(out[1] == 1 + n % 2 && out[Y] == 100 + n % 2 && out[Y + 1] == 200 + n % 2 && out[FRAME - 1] == 200 + n % 2);
    }
    CHECK(truncate(path, 100) == 0); /* while it is open */
    CHECK(nenc_source_render(source, 1, &picture) == NENC_ERANGE);
    nenc_source_close(source);

    refused("middle of a picture", written(path, data, at - 1), 0, 0);
    refused("shorter than one picture", written(path, data, 60), 0, 0);
    refused("interlaced", written(path, "YUV4MPEG2 W16 H16 It\n", 21), 0, 0);
    refused("4:2:0", written(path, "YUV4MPEG2 W16 H16 C444\n", 23), 0, 0);
    refused("no end", written(path, "YUV4MPEG2 W16 H16", 17), 0, 0);
    refused("fraction", written(path, "YUV4MPEG2 W16 H16 F30:0\n", 24), 0, 0);
    refused("fraction", written(path, "YUV4MPEG2 W16 H16 F-1:1\n", 24), 0, 0);
    refused("fraction", written(path, "YUV4MPEG2 W16 H16 F30:1x\n", 25), 0, 0);
    refused("even", written(path, "YUV4MPEG2 W4294967312 H16\n", 26), 0, 0);
    refused("even", written(path, "YUV4MPEG2 W15 H16\n", 18), 0, 0);
    refused("width and height", written(path, data + 60, FRAME), 0, 0);
    refused("multiple", written(path, data + 60, FRAME + 1), W, H);
    CHECK(nenc_source_file(written(path, data + strlen(header) + 6, FRAME), W, H, &source, NULL, 0) == NENC_OK);
    CHECK(nenc_source_render(source, 3, &picture) == NENC_OK && memcmp(out, data + strlen(header) + 6, FRAME) == 0);
    nenc_source_close(source);
    unlink(path);
    CHECK(mkfifo(path, 0600) == 0);
    refused("no regular file", path, W, H);
    unlink(path);
    refused("No such file", path, W, H);
    rmdir(folder);
}

int main(void)
{
    golden();
    range();
    files();
    return CHECK_END();
}
