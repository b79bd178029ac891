/* display.c - opens a display: libva-drm's for a render node, or one of our own for a driver that needs no device.
 *
 * A display of our own is what libva-x11 and libva-drm make: a VADisplayContext with the hooks that libva calls, those of
 * libva up to 2.19 and the one that 2.20 put into the first reserved place. */
#include "encode/vaapi/display.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <va/va_backend.h>
#include <va/va_drmcommon.h>

static const char driver_prefix[] = "driver:";

/* ---- a display without a device ---------------------------------------------------------------------------------- */

/* The driver's name stands behind the context, so that one free gives all back. */
typedef struct own_display {
    struct VADisplayContext display;
    struct VADriverContext driver;
    struct drm_state drm;
    char name[64];
} own_display;

static int is_valid(VADisplayContextP display) { return display->pDriverContext != NULL; }
static void destroy(VADisplayContextP display) { free(display); }

static VAStatus candidates(VADisplayContextP display, int *count)
{
    *count = 1;
    return VA_STATUS_SUCCESS;
}

static VAStatus name_by_index(VADisplayContextP display, char **name, int index)
{
    *name = strdup(((own_display *)display)->name); /* libva frees it */
    return *name ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_ALLOCATION_FAILED;
}

static VAStatus names(VADisplayContextP display, char **list, unsigned *count)
{
    *count = 1;
    return name_by_index(display, list, 0);
}

static VADisplay make_own(const char *name)
{
    own_display *own = calloc(1, sizeof *own);
    if (!own) return NULL;
    snprintf(own->name, sizeof own->name, "%s", name);
    own->drm.fd = -1;
    own->driver.pDisplayContext = &own->display;
    own->driver.display_type = VA_DISPLAY_DRM_RENDERNODES;
    own->driver.drm_state = &own->drm;
    own->display.vadpy_magic = VA_DISPLAY_MAGIC;
    own->display.pDriverContext = &own->driver;
    own->display.vaIsValid = is_valid;
    own->display.vaDestroy = destroy;
    own->display.vaGetNumCandidates = candidates;
    own->display.vaGetDriverNameByIndex = name_by_index;
#if VA_CHECK_VERSION(1, 20, 0)
    own->display.vaGetDriverNames = names;
#else
    VAStatus (*hook)(VADisplayContextP, char **, unsigned *) = names;
    memcpy(&own->display.reserved[0], &hook, sizeof hook);
#endif
    return own;
}

/* ---- where our own driver is ------------------------------------------------------------------------------------- */

/* The folder of nenc_drv_video.so: this module's, or, in a build folder, va_driver in it. */
static int driver_folder(char folder[PATH_MAX])
{
    static const char *const within[] = {"", "/va_driver"};
    char own[PATH_MAX], path[PATH_MAX];
    Dl_info info;
    if (!dladdr((void *)nenc_display_open, &info) || !info.dli_fname || !realpath(info.dli_fname, own)) return 0;
    *strrchr(own, '/') = '\0';
    for (size_t i = 0; i < sizeof within / sizeof *within; i++) {
        if (snprintf(folder, PATH_MAX, "%s%s", own, within[i]) >= PATH_MAX) continue;
        if (snprintf(path, PATH_MAX, "%s/nenc_drv_video.so", folder) < PATH_MAX && access(path, R_OK) == 0) return 1;
    }
    return 0;
}

/* libva looks for drivers where LIBVA_DRIVERS_PATH says: what the user set stays first. Ours is for this one display, and it is
 * the driver that was named, whatever LIBVA_DRIVER_NAME says. */
static VAStatus initialize_own(VADisplay display, const char *name)
{
    char folder[PATH_MAX], path[2 * PATH_MAX + 1];
    int major, minor;
    static pthread_mutex_t environment = PTHREAD_MUTEX_INITIALIZER; /* it is the process's, and libva reads nothing else */
    pthread_mutex_lock(&environment);
    const char *before = getenv("LIBVA_DRIVERS_PATH");
    char *kept = before ? strdup(before) : NULL;
    if (strcmp(name, "nenc") == 0 && driver_folder(folder)) {
        snprintf(path, sizeof path, "%s%s%s", before ? before : "", before ? ":" : "", folder);
        setenv("LIBVA_DRIVERS_PATH", path, 1);
    }
    VAStatus status = vaSetDriverName(display, (char *)(uintptr_t)name); /* copied, not written to */
    if (status == VA_STATUS_SUCCESS) status = vaInitialize(display, &major, &minor);
    if (kept) setenv("LIBVA_DRIVERS_PATH", kept, 1);
    else if (!before) unsetenv("LIBVA_DRIVERS_PATH");
    free(kept);
    pthread_mutex_unlock(&environment);
    return status;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void keep_message(void *user, const char *message)
{
    nenc_display *display = user;
    snprintf(display->message, sizeof display->message, "%s", message);
    display->message[strcspn(display->message, "\n")] = '\0';
}

static void ignore_message(void *user, const char *message) {}

static int open_own(nenc_display *display, const char *name, nenc_failure *failure)
{
    if (!*name || strlen(name) > 63 || strchr(name, '/'))
        return nenc_fail(failure, NENC_EINVAL, "device: no driver is called '%s'", name);
    display->va = make_own(name);
    if (!display->va) return nenc_fail(failure, NENC_ENOMEM, "vaapi: out of memory");
    vaSetErrorCallback(display->va, keep_message, display);
    vaSetInfoCallback(display->va, ignore_message, NULL);
    const VAStatus status = initialize_own(display->va, name);
    if (status == (VAStatus)VA_STATUS_ERROR_UNKNOWN) /* what libva says when there is no such file */
        return nenc_fail(failure, NENC_ENCODE_MISSING,
                         "vaInitialize: no driver %s_drv_video.so; LIBVA_DRIVERS_PATH says where to look", name);
    return nenc_va_check(display, "vaInitialize", status, failure);
}

static int open_node(nenc_display *display, const char *device, nenc_failure *failure)
{
    int major, minor;
    display->drm = dlopen("libva-drm.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!display->drm) return nenc_fail(failure, NENC_ENCODE_MISSING, "vaapi: no libva-drm.so.2; apt-get install libva-drm2");
    VADisplay (*get)(int);
    *(void **)&get = dlsym(display->drm, "vaGetDisplayDRM");
    display->fd = open(device, O_RDWR | O_CLOEXEC);
    if (display->fd < 0)
        return nenc_fail(failure, NENC_ENCODE_MISSING, "vaapi: %s: %s%s", device, strerror(errno),
                         errno == EACCES ? "; sudo usermod -aG render $USER, then log in again" : "");
    display->va = get ? get(display->fd) : NULL;
    if (!display->va) return nenc_fail(failure, NENC_ENCODE_FAILED, "vaGetDisplayDRM: %s is no device for VA-API", device);
    vaSetErrorCallback(display->va, keep_message, display);
    vaSetInfoCallback(display->va, ignore_message, NULL);
    const VAStatus status = vaInitialize(display->va, &major, &minor);
    if (status == (VAStatus)VA_STATUS_ERROR_UNKNOWN) /* as above */
        return nenc_fail(failure, NENC_ENCODE_MISSING,
                         "vaapi: no VA driver serves %s; apt-get install intel-media-va-driver or mesa-va-drivers (AMD), or use "
                         "driver:nenc (software)",
                         device);
    return nenc_va_check(display, "vaInitialize", status, failure);
}

/* The software driver may also have been put in front of a device, by LIBVA_DRIVER_NAME; it is not to pass for hardware. */
static int is_software(VADisplay display)
{
    static const char ours[] = "nenc software driver";
    const char *vendor = vaQueryVendorString(display);
    return vendor && strncmp(vendor, ours, sizeof ours - 1) == 0;
}

int nenc_display_open(nenc_display *display, const char *device, nenc_failure *failure)
{
    *display = (nenc_display){.fd = -1};
    snprintf(display->place, sizeof display->place, "%s", device);
    const size_t prefix = sizeof driver_prefix - 1;
    int status = strncmp(device, driver_prefix, prefix) == 0 ? open_own(display, device + prefix, failure)
                                                             : open_node(display, device, failure);
    if (status != NENC_OK) nenc_display_close(display);
    else if (is_software(display->va)) snprintf(display->place, sizeof display->place, "%snenc", driver_prefix);
    return status;
}

void nenc_display_close(nenc_display *display)
{
    if (display->va) vaTerminate(display->va); /* also of one that failed to initialise */
    if (display->fd >= 0) close(display->fd);
    if (display->drm) dlclose(display->drm);
    display->va = display->drm = NULL;
    display->fd = -1;
}
