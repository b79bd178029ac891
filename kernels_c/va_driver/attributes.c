/* attributes.c - the table of what can be encoded and within which limits; it reports only what the encoders really support. */
#include "calls.h"
#include "config.h"

static const struct {
    VAProfile profile;
    const codec *codec;
    int low_power; /* EncSliceLP is the same encoder, so that clients of either entry point find one */
    uint32_t limit; /* width and height */
} profiles[] = {
    {VAProfileH264ConstrainedBaseline, &codec_x264, 1, PICTURE_LIMIT},
    {VAProfileH264Main, &codec_x264, 1, PICTURE_LIMIT},
    {VAProfileH264High, &codec_x264, 1, PICTURE_LIMIT},
#if NENC_HAVE_X265
    {VAProfileHEVCMain, &codec_x265, 0, 8192},
#endif
};
enum { COUNT = sizeof profiles / sizeof *profiles };
_Static_assert((int)COUNT <= (int)PROFILES, "max_profiles");

static int find(VAProfile profile)
{
    for (int number = 0; number < COUNT; number++)
        if (profiles[number].profile == profile) return number;
    return -1;
}

VAStatus config_supported(VAProfile profile, VAEntrypoint entrypoint)
{
    int number = find(profile);
    if (number < 0) return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
    if (entrypoint == VAEntrypointEncSlice || (entrypoint == VAEntrypointEncSliceLP && profiles[number].low_power))
        return VA_STATUS_SUCCESS;
    return VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT;
}

const codec *config_codec(VAProfile profile) { return profiles[find(profile)].codec; }

uint32_t config_attribute(VAProfile profile, VAConfigAttribType type)
{
    switch (type) {
    case VAConfigAttribRTFormat: return VA_RT_FORMAT_YUV420;
    case VAConfigAttribRateControl: return VA_RC_CBR | VA_RC_VBR | VA_RC_CQP;
    case VAConfigAttribEncPackedHeaders:
        return VA_ENC_PACKED_HEADER_NONE; /* no packed headers: the encoder writes its own, which describe what it really does */
    case VAConfigAttribEncInterlaced: return VA_ENC_INTERLACED_NONE;
    case VAConfigAttribEncMaxRefFrames: return 1; /* list 0 only, which makes every client leave out B-frames */
    case VAConfigAttribEncMaxSlices: return 1;
    case VAConfigAttribEncQualityRange: return QUALITY_LEVELS;
    case VAConfigAttribMaxPictureWidth:
    case VAConfigAttribMaxPictureHeight: return profiles[find(profile)].limit;
    default: return VA_ATTRIB_NOT_SUPPORTED;
    }
}

VAStatus drv_query_profiles(VADriverContextP va, VAProfile *list, int *count)
{
    for (int number = 0; number < COUNT; number++) list[number] = profiles[number].profile;
    *count = COUNT;
    return VA_STATUS_SUCCESS;
}

VAStatus drv_query_entrypoints(VADriverContextP va, VAProfile profile, VAEntrypoint *list, int *count)
{
    int number = find(profile);
    *count = 0;
    if (number < 0) return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
    list[(*count)++] = VAEntrypointEncSlice;
    if (profiles[number].low_power) list[(*count)++] = VAEntrypointEncSliceLP;
    return VA_STATUS_SUCCESS;
}

VAStatus drv_get_config_attributes(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint, VAConfigAttrib *attributes,
                                   int count)
{
    VAStatus status = config_supported(profile, entrypoint);
    if (status != VA_STATUS_SUCCESS) return status;
    for (int number = 0; number < count; number++) attributes[number].value = config_attribute(profile, attributes[number].type);
    return VA_STATUS_SUCCESS;
}
