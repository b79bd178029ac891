/* objects.h - handles for clients: numbers that are not reused soon, so that a stale one is detected. */
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

/* Returns the new handle, or VA_INVALID_ID when out of memory. */
uint32_t objects_add(object_table *table, object_kind kind, void *object);
/* Returns NULL when there is no object of that kind with this handle. */
void *objects_get(const object_table *table, object_kind kind, uint32_t id);
void objects_remove(object_table *table, uint32_t id);
/* Returns any object of the kind, and its handle; NULL when there is none. */
void *objects_any(const object_table *table, object_kind kind, uint32_t *id);
void objects_free(object_table *table);

#endif
