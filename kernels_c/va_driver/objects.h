/* objects.h - the handles that a client holds: numbers that are not soon used again, so that a stale one is noticed. */
#ifndef NENC_VA_OBJECTS_H
#define NENC_VA_OBJECTS_H

#include <stdint.h>

typedef enum object_kind {
    OBJECT_NONE,
    OBJECT_CONFIG,
    OBJECT_SURFACE,
    OBJECT_CONTEXT,
    OBJECT_BUFFER,
    OBJECT_IMAGE,
} object_kind;

typedef struct object_slot {
    object_kind kind;
    uint32_t id;
    void *object;
} object_slot;

typedef struct object_table {
    object_slot *slots;
    uint32_t count;
    uint32_t next; /* where the search for a free slot begins */
    uint32_t serial;
} object_table;

/* The new handle, or VA_INVALID_ID when memory is short. */
uint32_t objects_add(object_table *table, object_kind kind, void *object);
/* NULL: there is no such object of that kind. */
void *objects_get(const object_table *table, object_kind kind, uint32_t id);
void objects_remove(object_table *table, uint32_t id);
/* Any object of the kind, and its handle; NULL: there is none. */
void *objects_any(const object_table *table, object_kind kind, uint32_t *id);
void objects_free(object_table *table);

#endif
