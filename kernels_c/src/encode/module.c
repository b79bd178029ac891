/* module.c - finds and loads an encoder's module: never unloaded, because drivers leave threads and handlers behind. */
#include "encode/module.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder_given[PATH_MAX];

int nenc_encoder_modules(const char *folder)
{
    if (folder && strlen(folder) >= sizeof folder_given) return NENC_ERANGE;
    strcpy(folder_given, folder ? folder : "");
    return NENC_OK;
}

/* The folder that this code was loaded from; false when it cannot be told. */
static int own_folder(char folder[PATH_MAX])
{
    Dl_info info;
    if (!dladdr((void *)nenc_encoder_modules, &info) || !info.dli_fname || !realpath(info.dli_fname, folder)) return 0;
    *strrchr(folder, '/') = '\0';
    return 1;
}

static int found_in(char path[PATH_MAX], const char *folder, const char *within, const char *file)
{
    int length = snprintf(path, PATH_MAX, "%s%s/%s", folder, within, file);
    return length < PATH_MAX && access(path, R_OK) == 0;
}

const char *nenc_module_folder(void) { return *folder_given ? folder_given : NULL; }

int nenc_module_find(char path[PATH_MAX], const char *file)
{
    char own[PATH_MAX];
    const char *environment = getenv("NENC_MODULES");
    return (*folder_given && found_in(path, folder_given, "", file)) || (environment && found_in(path, environment, "", file)) ||
           (own_folder(own) && (found_in(path, own, "", file) || found_in(path, own, "/nenc", file)));
}

const nenc_backend *nenc_module_load(const nenc_encoder_kind *kind, nenc_failure *failure)
{
    char path[PATH_MAX];
    if (kind->backend) return kind->backend;
    if (!kind->module) {
        nenc_fail(failure, 0, "%s: not in this build; %s", kind->info.name, kind->remedy);
        return NULL;
    }
    if (!nenc_module_find(path, kind->module)) {
        nenc_fail(failure, 0, "%s: this build has no %s; %s", kind->info.name, kind->module, kind->remedy);
        return NULL;
    }
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        nenc_fail(failure, 0, "%s: %s (it needs %s)", kind->info.name, dlerror(), kind->info.library);
        return NULL;
    }
    const nenc_backend *backend = dlsym(library, NENC_MODULE_SYMBOL);
    if (!backend || backend->abi != NENC_BACKEND_ABI || backend->size != sizeof *backend) {
        nenc_fail(failure, 0, "%s: %s is of another version of libnenc; build it again", kind->info.name, path);
        return NULL;
    }
    return backend;
}
