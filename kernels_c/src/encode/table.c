/* table.c - the table of encoders. */
#include "encode/table.h"
#include "encode/null.h"
#if NENC_HAVE_NVENC
#include "encode/nvenc/nvenc.h"
#define NVENC_BACKEND &nenc_nvenc_backend
#else
#define NVENC_BACKEND NULL
#endif

#include <string.h>

static const nenc_encoder_kind kinds[] = {
    {{"null", "", "exactly the rate's share of bytes per picture, no video"}, &nenc_null_backend, NULL, ""},
    {{"x264", "libx264.so", "H.264 in software (GPL)"}, NULL, "nenc-x264.so", "apt-get install libx264-dev, then build again"},
    {{"vaapi", "libva.so.2", "a GPU through VA-API, or this project's software driver"},
     NULL,
     "nenc-vaapi.so",
     "apt-get install libva-dev, then build again"},
    {{"nvenc", "libnvidia-encode.so.1", "an NVIDIA GPU through NVENC"},
     NVENC_BACKEND,
     NULL,
     "apt-get install libffmpeg-nvenc-dev, then build again"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

const nenc_encoder_info *nenc_encoder_at(size_t number) { return number < KINDS ? &kinds[number].info : NULL; }

const nenc_encoder_kind *nenc_encoder_find(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].info.name, name) == 0) return &kinds[i];
    return NULL;
}
