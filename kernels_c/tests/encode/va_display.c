/* va_display.c - a VADisplay of our own making: what libva-x11 or libva-drm would fill in, without X and without a device. */
#include "va_client.h"

#include <dlfcn.h>
#include <va/va_backend.h>

int check_failures;
char display_message[1024];

static int is_valid(VADisplayContextP display) { return display->pDriverContext != NULL; }

static void destroy(VADisplayContextP display)
{
    free(display->pDriverContext->drm_state);
    free(display->pDriverContext);
    free(display);
}

/* libva up to 2.19 */
static VAStatus candidates(VADisplayContextP display, int *count)
{
    *count = 1;
    return VA_STATUS_SUCCESS;
}

static VAStatus name_by_index(VADisplayContextP display, char **name, int index)
{
    *name = strdup("nenc");
    return *name ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_ALLOCATION_FAILED;
}

/* libva from 2.20 on */
static VAStatus names(VADisplayContextP display, char **list, unsigned *count)
{
    *count = 1;
    return name_by_index(display, list, 0);
}

/* libva adds its own word behind the driver's. */
static void note(void *user, const char *message)
{
    const size_t have = strlen(display_message);
    snprintf(display_message + have, sizeof display_message - have, "%s", message);
}

/* Calls that fail leave the display to be terminated, as libva wants it. */
VADisplay display_open(VAStatus *status)
{
    int major, minor;
    VADisplayContextP display = calloc(1, sizeof *display);
    VADriverContextP driver = calloc(1, sizeof *driver);
    struct drm_state *drm = calloc(1, sizeof *drm);
    if (!display || !driver || !drm) abort();
    drm->fd = -1;
    driver->pDisplayContext = display;
    driver->display_type = VA_DISPLAY_DRM_RENDERNODES;
    driver->drm_state = drm;
    display->vadpy_magic = VA_DISPLAY_MAGIC;
    display->pDriverContext = driver;
    display->vaIsValid = is_valid;
    display->vaDestroy = destroy;
    display->vaGetNumCandidates = candidates;
    display->vaGetDriverNameByIndex = name_by_index;
#if VA_CHECK_VERSION(1, 20, 0)
    display->vaGetDriverNames = names;
#else
    VAStatus (*hook)(VADisplayContextP, char **, unsigned *) = names;
    memcpy(&display->reserved[0], &hook, sizeof hook);
#endif
    vaSetErrorCallback(display, note, NULL);
    vaSetInfoCallback(display, note, NULL);
    *status = vaInitialize(display, &major, &minor);
    return display;
}

/* libx265 3.5 loses memory of its own with every encoder (FrameFilter::init, x265_copy_params; a program of twenty lines around it
 * shows the same). All else has to be clean, libva and libx264 included. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libx265.so\n"; }

int fault(const char *plan)
{
    int (*set)(const char *);
    *(void **)&set = dlsym(RTLD_DEFAULT, "nenc_va_fault");
    if (set) return set(plan);
    fprintf(stderr, "nenc_va_fault is not to be found\n");
    exit(EXIT_FAILURE);
}
