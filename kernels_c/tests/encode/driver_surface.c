/* driver_surface.c - the software VA-API driver: attributes, surfaces, images, memory in and out, waiting, ending. */
#include "va_client.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WIDTH = 176, HEIGHT = 96, PITCH = 256, SIZE = PITCH * HEIGHT * 3 / 2 };

static VADisplay display;

static unsigned descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

static void check_config_attributes(void)
{
    static const struct {
        VAConfigAttribType type;
        uint32_t value;
    } wanted[] = {
        {VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420},
        {VAConfigAttribRateControl, VA_RC_CBR | VA_RC_VBR | VA_RC_CQP},
        {VAConfigAttribEncPackedHeaders, VA_ENC_PACKED_HEADER_NONE},
        {VAConfigAttribEncInterlaced, VA_ENC_INTERLACED_NONE},
        {VAConfigAttribEncMaxRefFrames, 1},
        {VAConfigAttribEncMaxSlices, 1},
        {VAConfigAttribEncQualityRange, 6},
        {VAConfigAttribMaxPictureWidth, 16384},
        {VAConfigAttribMaxPictureHeight, 16384},
        {VAConfigAttribEncROI, VA_ATTRIB_NOT_SUPPORTED},
        {VAConfigAttribMaxFrameSize, VA_ATTRIB_NOT_SUPPORTED},
        {VAConfigAttribDecSliceMode, VA_ATTRIB_NOT_SUPPORTED},
    };
    enum { WANTED = sizeof wanted / sizeof *wanted };
    VAProfile profiles[16];
    int profile_count;
    CHECK(vaMaxNumProfiles(display) <= 16 && vaMaxNumConfigAttributes(display) >= WANTED);
    CHECK_VA(vaQueryConfigProfiles(display, profiles, &profile_count));
    CHECK(profile_count == 3 + NENC_HAVE_X265);
    for (int number = 0; number < profile_count; number++) {
        VAEntrypoint entrypoints[8];
        int entrypoint_count;
        CHECK_VA(vaQueryConfigEntrypoints(display, profiles[number], entrypoints, &entrypoint_count));
        CHECK(entrypoint_count == (profiles[number] == VAProfileHEVCMain ? 1 : 2) && entrypoints[0] == VAEntrypointEncSlice);
        for (int entry = 0; entry < entrypoint_count; entry++) {
            VAConfigAttrib attributes[WANTED];
            for (int at = 0; at < WANTED; at++) attributes[at] = (VAConfigAttrib){.type = wanted[at].type};
            CHECK_VA(vaGetConfigAttributes(display, profiles[number], entrypoints[entry], attributes, WANTED));
            for (int at = 0; at < WANTED; at++) {
                const int size = wanted[at].value == 16384, hevc = profiles[number] == VAProfileHEVCMain;
                CHECK(attributes[at].value == (size && hevc ? 8192 : wanted[at].value));
            }
        }
    }
    VAEntrypoint none[8];
    int count;
    CHECK_STATUS(vaQueryConfigEntrypoints(display, VAProfileMPEG2Main, none, &count), VA_STATUS_ERROR_UNSUPPORTED_PROFILE);
    CHECK_STATUS(vaQueryConfigEntrypoints(display, VAProfileNone, none, &count), VA_STATUS_ERROR_UNSUPPORTED_PROFILE);
}

static VAStatus try_config(VAProfile profile, VAEntrypoint entrypoint, VAConfigAttribType type, uint32_t value)
{
    VAConfigID config;
    VAConfigAttrib attribute = {type, value};
    VAStatus status = vaCreateConfig(display, profile, entrypoint, &attribute, 1, &config);
    if (status == VA_STATUS_SUCCESS) CHECK_VA(vaDestroyConfig(display, config));
    return status;
}

static void check_configs(void)
{
    const VAEntrypoint low_power = VAEntrypointEncSliceLP, slice = VAEntrypointEncSlice;
    CHECK_VA(try_config(VAProfileH264Main, low_power, VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420));
    CHECK_STATUS(try_config(VAProfileVP9Profile0, slice, VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420),
                 VA_STATUS_ERROR_UNSUPPORTED_PROFILE);
    CHECK_STATUS(try_config(VAProfileH264Main, VAEntrypointVLD, VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420),
                 VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT);
    CHECK_STATUS(try_config(VAProfileH264Main, slice, VAConfigAttribRTFormat, VA_RT_FORMAT_YUV422),
                 VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
    CHECK_STATUS(try_config(VAProfileH264Main, slice, VAConfigAttribRateControl, VA_RC_ICQ), VA_STATUS_ERROR_INVALID_VALUE);
    CHECK_VA(try_config(VAProfileH264Main, slice, VAConfigAttribRateControl, VA_RC_CBR | VA_RC_VBR));
    CHECK_STATUS(try_config(VAProfileH264Main, slice, VAConfigAttribEncPackedHeaders, VA_ENC_PACKED_HEADER_SEQUENCE),
                 VA_STATUS_ERROR_INVALID_VALUE);
    CHECK_VA(try_config(VAProfileH264Main, slice, VAConfigAttribEncInterlaced, VA_ENC_INTERLACED_NONE));
    CHECK_STATUS(try_config(VAProfileH264Main, slice, VAConfigAttribEncInterlaced, VA_ENC_INTERLACED_FRAME),
                 VA_STATUS_ERROR_INVALID_VALUE);
    VAConfigAttrib cbr = {VAConfigAttribRateControl, VA_RC_CBR}, list[64];
    VAConfigID config;
    VAContextID context;
    VAProfile profile;
    VAEntrypoint entrypoint;
    int count, found = 0;
    CHECK_VA(vaCreateConfig(display, VAProfileH264High, slice, &cbr, 1, &config));
    CHECK_VA(vaQueryConfigAttributes(display, config, &profile, &entrypoint, list, &count));
    for (int number = 0; number < count; number++)
        found += list[number].type == VAConfigAttribRateControl && list[number].value == VA_RC_CBR;
    CHECK(profile == VAProfileH264High && entrypoint == VAEntrypointEncSlice && found == 1);
    CHECK_STATUS(vaCreateContext(display, config, 16385, 64, 0, NULL, 0, &context), VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED);
    CHECK_STATUS(vaCreateContext(display, config, 64, 15, 0, NULL, 0, &context), VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED);
    CHECK_STATUS(vaCreateContext(display, 77, 64, 64, 0, NULL, 0, &context), VA_STATUS_ERROR_INVALID_CONFIG);
    unsigned attributes = 0;
    VASurfaceAttrib surface_list[16];
    CHECK_VA(vaQuerySurfaceAttributes(display, config, NULL, &attributes));
    CHECK(attributes == 7);
    attributes = 2;
    CHECK_STATUS(vaQuerySurfaceAttributes(display, config, surface_list, &attributes), VA_STATUS_ERROR_MAX_NUM_EXCEEDED);
    CHECK(attributes == 7);
    CHECK_VA(vaQuerySurfaceAttributes(display, config, surface_list, &attributes));
    CHECK_VA(vaDestroyConfig(display, config));
    CHECK_STATUS(vaDestroyConfig(display, config), VA_STATUS_ERROR_INVALID_CONFIG);
}

/* Memory of the client's, as a dma-buf would come. */
static int memory(size_t size, uint8_t **data)
{
    int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0) abort();
    *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*data == MAP_FAILED) abort();
    return fd;
}

static VADRMPRIMESurfaceDescriptor describe(int fd, int separate)
{
    VADRMPRIMESurfaceDescriptor made = {.fourcc = VA_FOURCC_NV12, .width = WIDTH, .height = HEIGHT, .num_objects = 1};
    made.objects[0].fd = fd;
    made.objects[0].size = SIZE;
    made.num_layers = separate ? 2 : 1;
    for (int plane = 0; plane < 2; plane++) {
        const int layer = separate ? plane : 0, within = separate ? 0 : plane;
        made.layers[layer].drm_format = !separate ? VA_FOURCC_NV12
                                        : plane   ? VA_FOURCC('G', 'R', '8', '8')
                                                  : VA_FOURCC('R', '8', ' ', ' ');
        made.layers[layer].num_planes = separate ? 1 : 2;
        made.layers[layer].offset[within] = plane ? PITCH * HEIGHT : 0;
        made.layers[layer].pitch[within] = PITCH;
    }
    return made;
}

static VAStatus import(VADRMPRIMESurfaceDescriptor *from, VASurfaceID *surface)
{
    VASurfaceAttrib attributes[] = {
        {.type = VASurfaceAttribMemoryType,
         .flags = VA_SURFACE_ATTRIB_SETTABLE,
         .value = {.type = VAGenericValueTypeInteger, .value.i = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2}},
        {.type = VASurfaceAttribExternalBufferDescriptor,
         .flags = VA_SURFACE_ATTRIB_SETTABLE,
         .value = {.type = VAGenericValueTypePointer, .value.p = from}},
    };
    return vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, WIDTH, HEIGHT, surface, 1, attributes, 2);
}

static void open_small(va_client *client)
{
    CHECK_VA(client_open(client, display, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CQP, WIDTH, HEIGHT));
}

/* Pictures in the client's memory make the same stream as uploaded ones; a sealed object, which cannot be written, too. */
static void check_import(void)
{
    va_client plain, imported;
    va_coded coded;
    uint8_t *data;
    int fd = memory(SIZE, &data);
    open_small(&plain);
    for (int number = 0; number < 3; number++) CHECK_VA(client_encode(&plain, number ? 'P' : 'I', number ? "PL" : "SPL", &coded));
    for (int way = 0; way < 3; way++) {
        VASurfaceID surface;
        VAImage image;
        VADRMPRIMESurfaceDescriptor from = describe(fd, way == 1);
        if (way == 2) {
            uint8_t *other;
            from.objects[1] = from.objects[0];
            from.objects[1].fd = memory(SIZE, &other);
            munmap(other, SIZE);
            from.num_objects = 2; /* the second is not used: legal */
        }
        CHECK_VA(import(&from, &surface));
        if (way == 2) close(from.objects[1].fd);
        open_small(&imported);
        for (int number = 0; number < 3; number++) {
            picture_draw(data, data + PITCH * HEIGHT, WIDTH, HEIGHT, PITCH, (uint64_t)number);
            CHECK_VA(client_submit(&imported, surface, number ? 'P' : 'I', number ? "PL" : "SPL"));
            CHECK_VA(client_fetch(&imported, surface, &coded));
        }
        CHECK(plain.bytes == imported.bytes && memcmp(plain.stream, imported.stream, plain.bytes) == 0);
        CHECK_VA(vaDeriveImage(display, surface, &image));
        CHECK_VA(vaDestroyImage(display, image.image_id));
        client_close(&imported);
        CHECK_VA(vaDestroySurfaces(display, &surface, 1));
    }
    client_close(&plain);
    munmap(data, SIZE);
    close(fd);
}

static void check_sealed(void)
{
    uint8_t *data;
    VASurfaceID surface;
    VAImage image;
    va_client client;
    va_coded coded;
    int fd = memory(SIZE, &data);
    memset(data, 128, SIZE);
    munmap(data, SIZE);
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0);
    VADRMPRIMESurfaceDescriptor from = describe(fd, 0);
    CHECK_VA(import(&from, &surface));
    close(fd); /* the driver has its own */
    open_small(&client);
    CHECK_VA(client_submit(&client, surface, 'I', "SPL"));
    CHECK_VA(client_fetch(&client, surface, &coded));
    CHECK_STATUS(vaDeriveImage(display, surface, &image), VA_STATUS_ERROR_OPERATION_FAILED); /* it could not be written */
    client_close(&client);
    CHECK_VA(vaDestroySurfaces(display, &surface, 1));
}

/* Each is wrong in one way. */
static void check_bad_imports(void)
{
    uint8_t *data;
    int fd = memory(SIZE, &data);
    const unsigned before = descriptors();
    for (int way = 0; way < 11; way++) {
        VASurfaceID surface;
        VADRMPRIMESurfaceDescriptor from = describe(fd, 0);
        VAStatus wanted = VA_STATUS_ERROR_INVALID_PARAMETER;
        if (way == 0) from.fourcc = VA_FOURCC_BGRX, wanted = VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
        else if (way == 1) from.objects[0].drm_format_modifier = 1, wanted = VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
        else if (way == 2) from.objects[0].size = SIZE + 1;
        else if (way == 3) from.layers[0].pitch[0] = WIDTH - 2;
        else if (way == 4) from.layers[0].offset[1] = SIZE - 10;
        else if (way == 5) from.layers[0].object_index[1] = 1;
        else if (way == 6) from.objects[0].fd = -1;
        else if (way == 7) from.num_layers = 3;
        else if (way == 8) from.width = WIDTH - 2;
        else if (way == 9) from.layers[0].offset[0] = 0xffffff00;
        else from.layers[0].drm_format = VA_FOURCC_BGRX;
        CHECK_STATUS(import(&from, &surface), wanted);
    }
    CHECK(descriptors() == before);
    munmap(data, SIZE);
    close(fd);
}

/* What is exported is the surface's own memory: what is written there is encoded. */
static void check_export(int separate)
{
    va_client client;
    VADRMPRIMESurfaceDescriptor out;
    VASurfaceID again;
    open_small(&client);
    const uint32_t flags = separate ? VA_EXPORT_SURFACE_SEPARATE_LAYERS : VA_EXPORT_SURFACE_COMPOSED_LAYERS;
    CHECK_VA(client_draw(&client, client.input[0], 1));
    CHECK_VA(vaExportSurfaceHandle(display, client.input[0], VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
                                   flags | VA_EXPORT_SURFACE_READ_WRITE, &out));
    CHECK(out.num_objects == 1 && out.num_layers == (separate ? 2 : 1) && out.width == WIDTH && out.height == HEIGHT);
    uint8_t *data = mmap(NULL, out.objects[0].size, PROT_READ | PROT_WRITE, MAP_SHARED, out.objects[0].fd, 0);
    CHECK(data != MAP_FAILED);
    CHECK_VA(import(&out, &again));
    close(out.objects[0].fd);
    VAImage image;
    uint8_t *other;
    CHECK_VA(vaDeriveImage(display, again, &image));
    CHECK_VA(vaMapBuffer(display, image.buf, (void **)&other));
    data[10] = 99;
    CHECK(other[10] == 99);
    CHECK_VA(vaUnmapBuffer(display, image.buf));
    CHECK_VA(vaDestroySurfaces(display, &again, 1)); /* the image keeps the memory */
    CHECK(memcmp(other, data, WIDTH) == 0);
    CHECK_VA(vaDestroyImage(display, image.image_id));
    munmap(data, out.objects[0].size);
    CHECK_STATUS(vaExportSurfaceHandle(display, client.input[0], VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME, flags, &out),
                 VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE);
    client_close(&client);
}

static void check_images(void)
{
    va_client client;
    VAImageFormat format;
    VAImage there, back;
    uint8_t *data, *seen;
    int count;
    open_small(&client);
    CHECK_VA(vaQueryImageFormats(display, &format, &count));
    CHECK(count == 1 && format.fourcc == VA_FOURCC_NV12);
    CHECK_VA(vaCreateImage(display, &format, WIDTH, HEIGHT, &there));
    CHECK_VA(vaCreateImage(display, &format, WIDTH, HEIGHT, &back));
    CHECK_VA(vaMapBuffer(display, there.buf, (void **)&data));
    for (uint32_t at = 0; at < there.data_size; at++) data[at] = (uint8_t)(at * 7);
    CHECK_VA(vaMapBuffer(display, back.buf, (void **)&seen));
    CHECK_VA(vaPutImage(display, client.input[0], there.image_id, 0, 0, WIDTH, HEIGHT, 0, 0, WIDTH, HEIGHT));
    CHECK_VA(vaGetImage(display, client.input[0], 0, 0, WIDTH, HEIGHT, back.image_id));
    for (int plane = 0; plane < 2; plane++)
        for (int line = 0; line < (plane ? HEIGHT / 2 : HEIGHT); line++)
            CHECK(memcmp(data + there.offsets[plane] + (size_t)line * there.pitches[plane],
                         seen + back.offsets[plane] + (size_t)line * back.pitches[plane], WIDTH) == 0);
    CHECK_VA(vaPutImage(display, client.input[0], there.image_id, 16, 8, 32, 20, 40, 30, 32, 20));
    CHECK_VA(vaGetImage(display, client.input[0], 40, 30, 32, 20, back.image_id));
    CHECK(memcmp(seen, data + 8 * there.pitches[0] + 16, 32) == 0);
    CHECK_STATUS(vaPutImage(display, client.input[0], there.image_id, 0, 0, 32, 32, 0, 0, 64, 64),
                 VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_STATUS(vaPutImage(display, client.input[0], there.image_id, 160, 0, 32, 32, 0, 0, 32, 32),
                 VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_STATUS(vaGetImage(display, client.input[0], -2, 0, 32, 32, back.image_id), VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_VA(vaDestroyImage(display, there.image_id));
    CHECK_STATUS(vaPutImage(display, client.input[0], there.image_id, 0, 0, 32, 32, 0, 0, 32, 32), VA_STATUS_ERROR_INVALID_IMAGE);
    CHECK_VA(vaDestroyImage(display, back.image_id));
    format.fourcc = VA_FOURCC_BGRA;
    CHECK_STATUS(vaCreateImage(display, &format, WIDTH, HEIGHT, &there), VA_STATUS_ERROR_INVALID_IMAGE_FORMAT);
    client_close(&client);
}

/* vaEndPicture returns at once; waiting waits, with and without patience. */
static void check_waiting(void)
{
    va_client client;
    va_coded coded;
    VASurfaceStatus state;
    open_small(&client);
    CHECK(fault("slow:300@1") == 0);
    CHECK_VA(client_draw(&client, client.input[0], 0));
    CHECK_VA(client_submit(&client, client.input[0], 'I', "SPL"));
    CHECK_VA(vaQuerySurfaceStatus(display, client.input[0], &state));
    CHECK(state == VASurfaceRendering);
    CHECK_STATUS(vaSyncSurface2(display, client.input[0], 0), VA_STATUS_ERROR_TIMEDOUT);
    CHECK_STATUS(vaSyncBuffer(display, client.coded_buffer, 1000000), VA_STATUS_ERROR_TIMEDOUT);
    CHECK_VA(vaSyncSurface2(display, client.input[0], 20000000000));
    CHECK_VA(vaQuerySurfaceStatus(display, client.input[0], &state));
    CHECK(state == VASurfaceReady);
    CHECK_VA(client_fetch(&client, client.input[0], &coded));
    CHECK_STATUS(vaSyncSurface(display, 0x7f000001), VA_STATUS_ERROR_INVALID_SURFACE);
    CHECK_STATUS(vaSyncBuffer(display, 0x7f000001, 0), VA_STATUS_ERROR_INVALID_BUFFER);
    CHECK(fault("") == 0);
    client_close(&client);
}

/* A display of its own in each thread. They are opened one after the other: libva 2.17's vaInitialize itself is not safe. */
static void *run_alone(void *own)
{
    va_client client;
    va_coded coded;
    CHECK_VA(client_open(&client, own, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CQP, WIDTH, HEIGHT));
    for (int number = 0; number < 10; number++)
        CHECK_VA(client_encode(&client, number ? 'P' : 'I', number ? "PL" : "SPL", &coded));
    uint8_t *stream = client.stream;
    client.stream = NULL;
    client_close(&client);
    return stream;
}

static void check_two_displays(void)
{
    pthread_t threads[2];
    VADisplay displays[2];
    void *streams[2];
    for (int number = 0; number < 2; number++) {
        VAStatus status;
        displays[number] = display_open(&status);
        CHECK_VA(status);
    }
    for (int number = 0; number < 2; number++)
        if (pthread_create(&threads[number], NULL, run_alone, displays[number]) != 0) abort();
    for (int number = 0; number < 2; number++) pthread_join(threads[number], &streams[number]);
    for (int number = 0; number < 2; number++) CHECK_VA(vaTerminate(displays[number]));
    CHECK(streams[0] && streams[1] && memcmp(streams[0], streams[1], 1000) == 0);
    free(streams[0]);
    free(streams[1]);
}

/* A client that gives nothing back, with a picture under way. */
static void check_left_behind(void)
{
    const unsigned before = descriptors();
    VAStatus status;
    VADisplay own = display_open(&status);
    va_client client;
    VAImage image;
    void *data;
    CHECK_VA(status);
    CHECK_VA(client_open(&client, own, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, WIDTH, HEIGHT));
    CHECK(fault("slow:100@1") == 0);
    CHECK_VA(client_draw(&client, client.input[0], 0));
    CHECK_VA(vaDeriveImage(own, client.input[1], &image));
    CHECK_VA(vaMapBuffer(own, image.buf, &data));
    CHECK_VA(client_submit(&client, client.input[0], 'I', "SPLRB"));
    CHECK_VA(vaTerminate(own));
    CHECK(fault("") == 0);
    CHECK(descriptors() == before);
}

static void check_surfaces(void)
{
    VASurfaceID surface;
    VASurfaceAttrib attribute = {.type = VASurfaceAttribPixelFormat,
                                 .flags = VA_SURFACE_ATTRIB_SETTABLE,
                                 .value = {.type = VAGenericValueTypeInteger, .value.i = VA_FOURCC_P010}};
    CHECK_STATUS(vaCreateSurfaces(display, VA_RT_FORMAT_YUV422, 64, 64, &surface, 1, NULL, 0),
                 VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
    CHECK_STATUS(vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 64, 64, &surface, 1, &attribute, 1),
                 VA_STATUS_ERROR_ATTR_NOT_SUPPORTED);
    attribute.type = VASurfaceAttribMemoryType;
    attribute.value.value.i = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME;
    CHECK_STATUS(vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 64, 64, &surface, 1, &attribute, 1),
                 VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE);
    CHECK_STATUS(vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 20000, 64, &surface, 1, NULL, 0),
                 VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED);
    CHECK_VA(vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 64, 64, &surface, 1, NULL, 0));
    CHECK_VA(vaDestroySurfaces(display, &surface, 1));
    CHECK_STATUS(vaDestroySurfaces(display, &surface, 1), VA_STATUS_ERROR_INVALID_SURFACE); /* a stale handle is noticed */
}

static void check_buffers(void)
{
    va_client client;
    VABufferID buffer;
    open_small(&client);
    CHECK_STATUS(vaCreateBuffer(display, client.context, VASliceDataBufferType, 64, 1, NULL, &buffer),
                 VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE);
    CHECK_VA(vaCreateBuffer(display, client.context, VAEncPackedHeaderParameterBufferType, 64, 1, NULL, &buffer));
    CHECK_VA(vaBeginPicture(display, client.context, client.input[0]));
    CHECK_VA(vaRenderPicture(display, client.context, &buffer, 1)); /* clients send packed headers without asking */
    CHECK_VA(vaDestroyBuffer(display, buffer));
    CHECK_STATUS(vaCreateBuffer(display, client.context, VAEncCodedBufferType, 0, 1, NULL, &buffer),
                 VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_STATUS(vaCreateBuffer(display, client.context, VAEncCodedBufferType, 1u << 31, 8, NULL, &buffer),
                 VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_STATUS(vaCreateBuffer(display, 4711, VAEncCodedBufferType, 64, 1, NULL, &buffer), VA_STATUS_ERROR_INVALID_CONTEXT);
    /* Too small for what it says it is. */
    CHECK_VA(vaCreateBuffer(display, client.context, VAEncPictureParameterBufferType, 16, 1, NULL, &buffer));
    CHECK_VA(vaBeginPicture(display, client.context, client.input[0]));
    CHECK_STATUS(vaRenderPicture(display, client.context, &buffer, 1), VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_VA(vaDestroyBuffer(display, buffer));
    CHECK_STATUS(vaDestroyBuffer(display, buffer), VA_STATUS_ERROR_INVALID_BUFFER);
    CHECK_STATUS(vaRenderPicture(display, client.context, &buffer, 1), VA_STATUS_ERROR_INVALID_BUFFER);
    client_close(&client);
}

int main(void)
{
    VAStatus status;
    display = display_open(&status);
    if (status != VA_STATUS_SUCCESS) {
        fprintf(stderr, "vaInitialize: %s: %s\n", vaErrorStr(status), display_message);
        return EXIT_FAILURE;
    }
    const unsigned before = descriptors();
    check_config_attributes();
    check_configs();
    check_surfaces();
    check_buffers();
    check_import();
    check_sealed();
    check_bad_imports();
    check_export(0);
    check_export(1);
    check_images();
    check_waiting();
    check_two_displays();
    check_left_behind();
    CHECK(descriptors() == before);
    CHECK_VA(vaTerminate(display));
    return CHECK_END();
}
