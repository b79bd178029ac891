/* choose.c - profile, entry point, rate control and size: the best that the driver has of what is asked for. */
#include "encode/vaapi/vaapi.h"

#include <stdlib.h>
#include <string.h>

static const VAProfile h264_profiles[] = {VAProfileH264High, VAProfileH264Main, VAProfileH264ConstrainedBaseline, VAProfileNone};
static const VAProfile hevc_profiles[] = {VAProfileHEVCMain, VAProfileNone};

static const char *profile_name(VAProfile profile)
{
    switch (profile) {
    case VAProfileH264High: return "H.264 High";
    case VAProfileH264Main: return "H.264 Main";
    case VAProfileH264ConstrainedBaseline: return "H.264 Constrained Baseline";
    default: return "HEVC Main";
    }
}

static const char *entry_name(VAEntrypoint entry) { return entry == VAEntrypointEncSliceLP ? "EncSliceLP" : "EncSlice"; }

/* The entry points of a profile as bits of nenc_entry; 0 when the driver does not have it, a failure below 0. */
static int entries_of(nenc_vaapi *self, VAProfile profile, nenc_failure *failure)
{
    VAEntrypoint list[32];
    const int room = vaMaxNumEntrypoints(self->display.va);
    VAEntrypoint *entries = room > 32 ? calloc((size_t)room, sizeof *entries) : list;
    int count = 0, found = 0;
    if (!entries) return nenc_fail(failure, NENC_ENOMEM, "vaapi: out of memory");
    const VAStatus status = vaQueryConfigEntrypoints(self->display.va, profile, entries, &count);
    for (int i = 0; status == VA_STATUS_SUCCESS && i < count; i++) {
        if (entries[i] == VAEntrypointEncSlice) found |= 1 << NENC_ENTRY_SLICE;
        if (entries[i] == VAEntrypointEncSliceLP) found |= 1 << NENC_ENTRY_LOW_POWER;
    }
    if (entries != list) free(entries);
    if (status != VA_STATUS_SUCCESS && status != VA_STATUS_ERROR_UNSUPPORTED_PROFILE)
        return nenc_vaapi_check(self, "vaQueryConfigEntrypoints", status, failure);
    return found;
}

static int choose_profile(nenc_vaapi *self, nenc_failure *failure)
{
    const uint32_t wanted = self->config.entry;
    int seen = 0;
    for (const VAProfile *profile = self->config.codec == NENC_H264 ? h264_profiles : hevc_profiles; *profile != VAProfileNone;
         profile++) {
        const int entries = entries_of(self, *profile, failure);
        if (entries < 0) return entries;
        seen |= entries;
        if (!entries || (wanted != NENC_ENTRY_ANY && !(entries & 1 << wanted))) continue;
        self->profile = *profile;
        const int slice = wanted == NENC_ENTRY_SLICE || (wanted == NENC_ENTRY_ANY && entries & 1 << NENC_ENTRY_SLICE);
        self->entry = slice ? VAEntrypointEncSlice : VAEntrypointEncSliceLP;
        return NENC_OK;
    }
    const char *codec = self->config.codec == NENC_H264 ? "H.264" : "HEVC", *vendor = vaQueryVendorString(self->display.va);
    if (!seen) return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "%s does not encode %s", vendor, codec);
    return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "%s encodes %s by %s only", vendor, codec,
                     seen & 1 << NENC_ENTRY_SLICE ? "EncSlice" : "EncSliceLP");
}

static int check_attributes(nenc_vaapi *self, nenc_failure *failure)
{
    VAConfigAttrib attributes[] = {{.type = VAConfigAttribRTFormat},
                                   {.type = VAConfigAttribRateControl},
                                   {.type = VAConfigAttribMaxPictureWidth},
                                   {.type = VAConfigAttribMaxPictureHeight}};
    int status = nenc_vaapi_check(self, "vaGetConfigAttributes",
                                  vaGetConfigAttributes(self->display.va, self->profile, self->entry, attributes, 4), failure);
    if (status != NENC_OK) return status;
    const uint32_t mode = self->config.rate_mode == NENC_CBR ? VA_RC_CBR : VA_RC_VBR;
    const char *profile = profile_name(self->profile);
    if (attributes[0].value == VA_ATTRIB_NOT_SUPPORTED || !(attributes[0].value & VA_RT_FORMAT_YUV420))
        return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "%s: no 8-bit 4:2:0 pictures", profile);
    if (attributes[1].value == VA_ATTRIB_NOT_SUPPORTED || !(attributes[1].value & mode))
        return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "%s by %s: no %s", profile, entry_name(self->entry),
                         mode == VA_RC_CBR ? "CBR" : "VBR");
    for (int i = 2; i < 4; i++) {
        const uint32_t most = attributes[i].value, is = i == 2 ? self->config.width : self->config.height;
        if (most != VA_ATTRIB_NOT_SUPPORTED && most && is > most)
            return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "%s: %ux%u is too large, at most %ux%u", profile,
                             self->config.width, self->config.height, attributes[2].value, attributes[3].value);
    }
    VAConfigAttrib chosen[] = {{VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420}, {VAConfigAttribRateControl, mode}};
    return nenc_vaapi_check(self, "vaCreateConfig",
                            vaCreateConfig(self->display.va, self->profile, self->entry, chosen, 2, &self->va_config), failure);
}

/* Drivers that do not tell have what every HEVC encoder here has had so far: blocks of 8 to 32, transforms of 4 to 32. */
static int ask_hevc(nenc_vaapi *self, nenc_failure *failure)
{
    VAConfigAttrib attributes[] = {{.type = VAConfigAttribEncHEVCBlockSizes},
                                   {.type = VAConfigAttribEncHEVCFeatures},
                                   {.type = VAConfigAttribPredictionDirection}};
    if (self->config.codec != NENC_HEVC) return NENC_OK;
    int status = nenc_vaapi_check(self, "vaGetConfigAttributes (HEVC)",
                                  vaGetConfigAttributes(self->display.va, self->profile, self->entry, attributes, 3), failure);
    if (status != NENC_OK) return status;
    self->hevc_sizes.bits.log2_max_coding_tree_block_size_minus3 = 2;
    self->hevc_sizes.bits.log2_max_luma_transform_block_size_minus2 = 3;
    self->hevc_sizes.bits.max_max_transform_hierarchy_depth_inter =
        self->hevc_sizes.bits.max_max_transform_hierarchy_depth_intra = 2;
    self->hevc_features.bits.amp = self->hevc_features.bits.cu_qp_delta = 1;
    if (attributes[0].value != VA_ATTRIB_NOT_SUPPORTED) self->hevc_sizes.value = attributes[0].value;
    if (attributes[1].value != VA_ATTRIB_NOT_SUPPORTED) self->hevc_features.value = attributes[1].value;
    self->both_lists =
        attributes[2].value != VA_ATTRIB_NOT_SUPPORTED && attributes[2].value & VA_PREDICTION_DIRECTION_BI_NOT_EMPTY;
    return NENC_OK;
}

int nenc_vaapi_choose(nenc_vaapi *self, nenc_failure *failure)
{
    int status = choose_profile(self, failure);
    if (status == NENC_OK) status = ask_hevc(self, failure);
    if (status == NENC_OK) status = check_attributes(self, failure);
    if (status == NENC_OK)
        snprintf(self->about, sizeof self->about, "%s (%s), %s, %s, %s", vaQueryVendorString(self->display.va),
                 self->display.place, profile_name(self->profile), entry_name(self->entry),
                 self->config.rate_mode == NENC_CBR ? "CBR" : "VBR");
    return status;
}
