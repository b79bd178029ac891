/* symbol.c - finds what the object itself defines; dlsym would continue to the libraries it links, and libnenc has both
 * interfaces. */
#include "host.h"

#include <dlfcn.h>
#include <link.h>

void *host_symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);
    struct link_map *asked, *owner;
    Dl_info unused;
    if (!found || dlinfo(library, RTLD_DI_LINKMAP, &asked) != 0) return NULL;
    if (!dladdr1(found, &unused, (void **)&owner, RTLD_DL_LINKMAP)) return NULL;
    return owner == asked ? found : NULL;
}
