/* encode_file.c - an encoder on made pictures into a file, a line per frame: for the tests that hold streams against ffmpeg.
 *
 *   encode_file ENCODER OUT [width=640] [height=360] [frames=600] [fps=30] [bps=2000000] [step=FRAME:BPS] [complexity=0.8]
 *               [codec=hevc] [mode=vbr] [preset=...] [device=...] [entry=lp] [key=FRAME] [qpmin=N] [qpmax=N] [vbv=MS]
 *               [pool=1] [source=FILE] [recon=FILE]
 *
 * Prints: number bytes key qp input, and at last "# " and what the encoder is. source and recon: NV12 of what went in and of what
 * the encoder says will come out. */
#include "nenc/failover.h"
#include "nenc/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    const size_t length = strlen(name);
    for (int i = 3; i < argc; i++)
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') return argv[i] + length + 1;
    return otherwise;
}

static double number(int argc, char **argv, const char *name, double otherwise)
{
    const char *text = option(argc, argv, name, NULL);
    return text ? strtod(text, NULL) : otherwise;
}

static void save(FILE *file, const nenc_picture *picture)
{
    for (int plane = 0; file && plane < 2; plane++)
        for (uint32_t y = 0; y < picture->height >> plane; y++)
            fwrite(picture->plane[plane] + y * picture->stride[plane], 1, picture->width, file);
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

int main(int argc, char **argv)
{
    char text[300] = "";
    nenc_encoder_config config;
    nenc_encoder *encoder;
    nenc_source *source;
    nenc_pool *pool;
    if (argc < 3) return fail("usage", "encode_file ENCODER OUT [NAME=VALUE ...]");
    nenc_encoder_config_default(&config);
    config.timeout_ns = 30000000000;
    config.width = (uint32_t)number(argc, argv, "width", 640);
    config.height = (uint32_t)number(argc, argv, "height", 360);
    config.fps_num = (uint32_t)number(argc, argv, "fps", 30);
    config.rate.bitrate_bps = (uint32_t)number(argc, argv, "bps", 2e6);
    config.rate.qp_min = (uint32_t)number(argc, argv, "qpmin", config.rate.qp_min);
    config.rate.qp_max = (uint32_t)number(argc, argv, "qpmax", config.rate.qp_max);
    config.rate.vbv_ms = (uint32_t)number(argc, argv, "vbv", config.rate.vbv_ms);
    config.codec = strcmp(option(argc, argv, "codec", "h264"), "hevc") == 0 ? NENC_HEVC : NENC_H264;
    config.rate_mode = strcmp(option(argc, argv, "mode", "cbr"), "vbr") == 0 ? NENC_VBR : NENC_CBR;
    config.entry = strcmp(option(argc, argv, "entry", ""), "lp") == 0 ? NENC_ENTRY_LOW_POWER : NENC_ENTRY_ANY;
    config.reconstruct = option(argc, argv, "recon", NULL) != NULL;
    snprintf(config.preset, sizeof config.preset, "%s", option(argc, argv, "preset", ""));
    snprintf(config.device, sizeof config.device, "%s", option(argc, argv, "device", ""));
    const nenc_pattern pattern = {
        .width = config.width, .height = config.height, .seed = 1, .complexity = number(argc, argv, "complexity", 0.8)};
    if (nenc_source_pattern(&pattern, &source, text, sizeof text) != NENC_OK) return fail("pattern", text);
    if (nenc_pool_create(config.width, config.height, 3, NENC_MEMORY_ANY, &pool) != NENC_OK)
        return fail("pool", "cannot be made");
    if (nenc_encoder_open(argv[1], &config, &encoder, text, sizeof text) != NENC_OK) return fail(argv[1], text);
    FILE *out = fopen(argv[2], "wb");
    if (!out) return fail(argv[2], "cannot be written");
    FILE *shot = option(argc, argv, "source", NULL) ? fopen(option(argc, argv, "source", NULL), "wb") : NULL;
    FILE *made = config.reconstruct ? fopen(option(argc, argv, "recon", NULL), "wb") : NULL;
    const char *step = option(argc, argv, "step", NULL), *step_bps = step ? strchr(step, ':') : NULL;
    const int frames = (int)number(argc, argv, "frames", 600), key = (int)number(argc, argv, "key", -1);
    int result = 0;
    const int by_hand = number(argc, argv, "pool", 1) == 0;
    for (int i = 0; i < frames; i++) {
        nenc_frame frame;
        nenc_coded coded;
        nenc_pool_frame(pool, (uint32_t)i % 3, &frame);
        if (by_hand) {
            frame.fd = -1;
            frame.buffer = 0;
        }
        if (nenc_source_render(source, (uint64_t)i, &frame.picture) != NENC_OK) return fail("pattern", "cannot be made");
        save(shot, &frame.picture);
        if (step_bps && i == atoi(step)) {
            config.rate.bitrate_bps = (uint32_t)strtoul(step_bps + 1, NULL, 10);
            if (nenc_encoder_set_rate(encoder, &config.rate) != NENC_OK) return fail("set_rate", nenc_encoder_failure(encoder));
        }
        if (i == key) nenc_encoder_request_key(encoder);
        frame.pts_ns = i * 1000000000LL / config.fps_num;
        if (nenc_encoder_encode(encoder, &frame, &coded) != NENC_OK) {
            result = fail("encode", nenc_encoder_failure(encoder));
            break;
        }
        fwrite(coded.data, 1, coded.bytes, out);
        if (coded.reconstruction.plane[0]) save(made, &coded.reconstruction);
        printf("%d %u %u %.1f %u\n", i, coded.bytes, coded.key, (double)coded.qp, coded.input);
    }
    printf("# %s\n", nenc_encoder_describe(encoder));
    nenc_encoder_close(encoder);
    nenc_pool_destroy(pool);
    nenc_source_close(source);
    if (shot) fclose(shot);
    if (made) fclose(made);
    return fclose(out) == 0 ? result : fail(argv[2], "cannot be written");
}
