/* objects.c - the handles that clients hold. */
#include "objects.h"
#include "alloc.h"

#include <string.h>

enum { SLOT_BITS = 20, SERIALS = (1 << (31 - SLOT_BITS)) - 1 };

/* Returns false when out of memory, or when there are a million objects. */
static int grow(object_table *table)
{
    uint32_t count = table->count ? table->count * 2 : 64;
    if (count > 1u << SLOT_BITS) return 0;
    object_slot *slots = driver_alloc(count * sizeof *slots);
    if (!slots) return 0;
    if (table->count) memcpy(slots, table->slots, table->count * sizeof *slots);
    driver_free(table->slots);
    table->slots = slots;
    table->next = table->count;
    table->count = count;
    return 1;
}

static object_slot *free_slot(object_table *table)
{
    for (uint32_t tried = 0; tried < table->count; tried++) {
        uint32_t number = (table->next + tried) % table->count;
        if (table->slots[number].kind != OBJECT_NONE) continue;
        table->next = number + 1;
        return &table->slots[number];
    }
    return grow(table) ? &table->slots[table->next++] : NULL;
}

uint32_t objects_add(object_table *table, object_kind kind, void *object)
{
    object_slot *slot = free_slot(table);
    if (!slot) return UINT32_MAX;
    table->serial = table->serial % SERIALS + 1;
    slot->kind = kind;
    slot->id = table->serial << SLOT_BITS | (uint32_t)(slot - table->slots);
    slot->object = object;
    return slot->id;
}

void *objects_get(const object_table *table, object_kind kind, uint32_t id)
{
    uint32_t number = id & ((1u << SLOT_BITS) - 1);
    if (number >= table->count) return NULL;
    const object_slot *slot = &table->slots[number];
    return slot->kind == kind && slot->id == id ? slot->object : NULL;
}

void objects_remove(object_table *table, uint32_t id) { table->slots[id & ((1u << SLOT_BITS) - 1)] = (object_slot){0}; }

void *objects_any(const object_table *table, object_kind kind, uint32_t *id)
{
    for (uint32_t number = 0; number < table->count; number++) {
        if (table->slots[number].kind != kind) continue;
        *id = table->slots[number].id;
        return table->slots[number].object;
    }
    return NULL;
}

void objects_free(object_table *table)
{
    driver_free(table->slots);
    *table = (object_table){0};
}
