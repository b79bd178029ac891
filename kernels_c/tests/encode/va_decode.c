/* va_decode.c - ffmpeg's decoder as the judge of a stream. */
#include "va_client.h"

#include <unistd.h>

void check_decodes(const va_client *self, unsigned pictures, uint32_t width, uint32_t height)
{
    static int missing;
    if (check_quick() || missing) return;
    if (system("ffmpeg -version >/dev/null 2>&1") != 0) {
        fprintf(stderr, "NOT CHECKED: that the streams decode: there is no ffmpeg (package ffmpeg)\n");
        missing = 1;
        return;
    }
    char path[] = "/tmp/nenc-check-XXXXXX", command[256], line[512];
    int file = mkstemp(path);
    if (file < 0 || write(file, self->stream, self->bytes) != (ssize_t)self->bytes) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    close(file);
    snprintf(command, sizeof command, "ffmpeg -v warning -threads 1 -f %s -i %s -f framecrc - 2>&1",
             self->profile == VAProfileHEVCMain ? "hevc" : "h264", path);
    FILE *ffmpeg = popen(command, "r");
    unsigned seen = 0, seen_width = 0, seen_height = 0;
    while (ffmpeg && fgets(line, sizeof line, ffmpeg)) {
        if (strncmp(line, "0,", 2) == 0) seen++;
        else if (line[0] != '#') {
            fprintf(stderr, "ffmpeg: %s", line);
            check_failures++;
        } else sscanf(line, "#dimensions 0: %ux%u", &seen_width, &seen_height);
    }
    CHECK(ffmpeg && pclose(ffmpeg) == 0);
    unlink(path);
    CHECK_NEAR(seen, pictures, 0);
    CHECK_NEAR(seen_width, width, 0);
    CHECK_NEAR(seen_height, height, 0);
}
