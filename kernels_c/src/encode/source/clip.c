/* clip.c - pictures of a file: Y4M (4:2:0, 8 bit) or raw NV12; read where they are needed, looped. */
#include "core/alloc.h"
#include "encode/source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char signature[] = "YUV4MPEG2 ", frame_line[] = "FRAME\n";
enum { HEADER_MAX = 512, FRAME_LINE = sizeof frame_line - 1 };

typedef struct clip {
    nenc_source source;
    int fd;
    int y4m;
    int64_t first; /* byte that the first picture begins at */
    int64_t pitch; /* from picture to picture */
    uint64_t count;
    uint8_t *row; /* one of U and one of V */
} clip;

/* All of it, or 0. */
static int read_at(int fd, void *into, size_t bytes, int64_t at)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t got = pread(fd, (char *)into + done, bytes - done, at + (int64_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        done += (size_t)got;
    }
    return 1;
}

static int rows_of(const clip *self, uint8_t *plane, int64_t stride, uint32_t rows, int64_t at)
{
    const uint32_t width = self->source.width;
    for (uint32_t y = 0; y < rows; y++)
        if (!read_at(self->fd, plane + y * stride, width, at + (int64_t)y * width)) return 0;
    return 1;
}

static int interleaved(const clip *self, uint8_t *plane, int64_t stride, int64_t u, int64_t v)
{
    const uint32_t half = self->source.width / 2;
    for (uint32_t y = 0; y < self->source.height / 2; y++) {
        if (!read_at(self->fd, self->row, half, u + (int64_t)y * half) ||
            !read_at(self->fd, self->row + half, half, v + (int64_t)y * half))
            return 0;
        uint8_t *out = plane + y * stride;
        for (uint32_t x = 0; x < half; x++) {
            out[2 * x] = self->row[x];
            out[2 * x + 1] = self->row[half + x];
        }
    }
    return 1;
}

static int render(nenc_source *source, uint64_t number, uint8_t *const plane[2], const int64_t stride[2])
{
    clip *self = (clip *)source;
    const int64_t luma = (int64_t)source->width * source->height;
    int64_t at = self->first + (int64_t)(number % self->count) * self->pitch;
    if (self->y4m) {
        char line[FRAME_LINE];
        if (!read_at(self->fd, line, sizeof line, at) || memcmp(line, frame_line, FRAME_LINE) != 0) return NENC_ERANGE;
        at += FRAME_LINE;
    }
    if (!rows_of(self, plane[0], stride[0], source->height, at)) return NENC_ERANGE;
    const int whole = self->y4m ? interleaved(self, plane[1], stride[1], at + luma, at + luma + luma / 4)
                                : rows_of(self, plane[1], stride[1], source->height / 2, at + luma);
    return whole ? NENC_OK : NENC_ERANGE;
}

static void close_clip(nenc_source *source)
{
    clip *self = (clip *)source;
    if (self->fd >= 0) close(self->fd);
    nenc_free(self->row);
    nenc_free(self);
}

/* A whole number from 1 to `most` up to `end`; 0 when it is none. */
static uint32_t parse_number(const char *text, char end, unsigned long most)
{
    char *rest;
    errno = 0;
    const unsigned long value = *text >= '0' && *text <= '9' ? strtoul(text, &rest, 10) : 0;
    return value && !errno && *rest == end && value <= most ? (uint32_t)value : 0;
}

/* NULL: it is one this can read; else what is wrong. */
static const char *parse_word(clip *self, const char *word)
{
    nenc_source *source = &self->source;
    switch (*word) {
    case 'W': source->width = parse_number(word + 1, '\0', 65536); return NULL;
    case 'H': source->height = parse_number(word + 1, '\0', 65536); return NULL;
    case 'F': {
        const char *colon = strchr(word, ':');
        source->fps_num = parse_number(word + 1, ':', 1000000);
        source->fps_den = colon ? parse_number(colon + 1, '\0', 1000000) : 0;
        return source->fps_num && source->fps_den ? NULL : "its frame rate is no fraction such as F30000:1001";
    }
    case 'I': return word[1] == 'p' || word[1] == '?' ? NULL : "it is interlaced; deinterlace it first (ffmpeg -vf bwdif)";
    case 'C':
        return strcmp(word + 1, "420") == 0 || strcmp(word + 1, "420jpeg") == 0 || strcmp(word + 1, "420mpeg2") == 0 ||
                       strcmp(word + 1, "420paldv") == 0
                   ? NULL
                   : "its samples are not 8-bit 4:2:0; convert them (ffmpeg -pix_fmt yuv420p)";
    default: return NULL;
    }
}

static const char *parse_header(clip *self, char *header)
{
    char *end = strchr(header, '\n'), *rest = NULL;
    if (!end) return "its header has no end";
    *end = '\0';
    self->y4m = 1;
    self->first = end + 1 - header;
    for (char *word = strtok_r(header + sizeof signature - 1, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        const char *wrong = parse_word(self, word);
        if (wrong) return wrong;
    }
    return NULL;
}

static const char *measure(clip *self)
{
    const nenc_source *source = &self->source;
    if (source->width < 16 || source->width > 16384 || source->width % 2 || source->height < 16 || source->height > 16384 ||
        source->height % 2)
        return self->y4m ? "its width and height must be even, 16 to 16384"
                         : "raw NV12 needs its width and height, even, 16 to 16384";
    struct stat about;
    if (fstat(self->fd, &about) < 0) return strerror(errno);
    self->pitch = (int64_t)source->width * source->height * 3 / 2 + (self->y4m ? FRAME_LINE : 0);
    self->count = (uint64_t)(about.st_size - self->first) / (uint64_t)self->pitch;
    if (!self->count) return "it is shorter than one picture";
    if ((about.st_size - self->first) % self->pitch)
        return self->y4m ? "it ends in the middle of a picture, or its frames have parameters of their own"
                         : "its size is no multiple of a picture's: another width or height, or cut off";
    return NULL;
}

static const char *begin(clip *self, const char *path, uint32_t width, uint32_t height)
{
    char header[HEADER_MAX + 1];
    self->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK /* a pipe must not be waited for */);
    if (self->fd < 0) return strerror(errno);
    struct stat about;
    if (fstat(self->fd, &about) < 0 || !S_ISREG(about.st_mode)) return "it is no regular file";
    ssize_t got = pread(self->fd, header, HEADER_MAX, 0);
    if (got < 0) return strerror(errno);
    header[got] = '\0';
    const char *wrong = NULL;
    if (strncmp(header, signature, sizeof signature - 1) == 0) {
        wrong = parse_header(self, header);
    } else {
        self->source.width = width;
        self->source.height = height;
    }
    return wrong ? wrong : measure(self);
}

int nenc_source_file(const char *path, uint32_t width, uint32_t height, nenc_source **source, char *text, size_t size)
{
    if (source) *source = NULL;
    if (!path || !source) return nenc_source_wrong(text, size, NENC_EINVAL, "no path, or nowhere to put the source");
    clip *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_source_wrong(text, size, NENC_ENOMEM, "out of memory");
    *self = (clip){.source = {.render = render, .close = close_clip}, .fd = -1};
    const char *wrong = begin(self, path, width, height);
    int status = wrong ? nenc_source_wrong(text, size, NENC_EINVAL, "%s: %s", path, wrong) : NENC_OK;
    if (!wrong && !(self->row = nenc_alloc(self->source.width)))
        status = nenc_source_wrong(text, size, NENC_ENOMEM, "out of memory");
    if (status != NENC_OK) close_clip(&self->source);
    else *source = &self->source;
    return status;
}
