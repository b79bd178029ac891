/* machine.c - the steps of the machine of views. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>

static bool acquires(machine_order order) { return order == MACHINE_ACQUIRE || order >= MACHINE_ACQ_REL; }

static bool releases(machine_order order) { return order >= MACHINE_RELEASE; }

static void join(machine_view *view, const machine_view *other)
{
    for (unsigned i = 0; i < MACHINE_LOCATIONS; i++)
        if (other->at[i] > view->at[i]) view->at[i] = other->at[i];
}

void machine_begin(machine *m, unsigned location, uint64_t value)
{
    m->memory.store[location][0].value = value;
    m->memory.count[location] = 1;
}

uint64_t machine_load(machine *m, unsigned thread, unsigned location, unsigned which, machine_order order)
{
    machine_thread *t = &m->thread[thread];
    const machine_store *store = &m->memory.store[location][which];
    t->current.at[location] = (uint8_t)which;
    join(&t->acquired, &t->current);
    join(&t->acquired, &store->view);
    if (acquires(order)) join(&t->current, &store->view);
    return store->value;
}

/* Stores from `place` on move up by one, and so does what anybody knows of them. */
static void make_room(machine *m, unsigned location, unsigned place)
{
    machine_memory *memory = &m->memory;
    if (memory->count[location] == MACHINE_STORES) {
        fprintf(stderr, "machine: over %d stores to one location\n", MACHINE_STORES);
        exit(EXIT_FAILURE);
    }
    for (unsigned i = memory->count[location]++; i > place; i--) memory->store[location][i] = memory->store[location][i - 1];
    if (place == memory->count[location] - 1u) return;
    for (unsigned l = 0; l < MACHINE_LOCATIONS; l++)
        for (unsigned i = 0; i < memory->count[l]; i++)
            memory->store[l][i].view.at[location] += memory->store[l][i].view.at[location] >= place;
    for (unsigned i = 0; i < MACHINE_THREADS; i++) {
        m->thread[i].current.at[location] += m->thread[i].current.at[location] >= place;
        m->thread[i].acquired.at[location] += m->thread[i].acquired.at[location] >= place;
        m->thread[i].released.at[location] += m->thread[i].released.at[location] >= place;
    }
    m->fenced.at[location] += m->fenced.at[location] >= place;
}

void machine_put(machine *m, unsigned thread, unsigned location, unsigned place, uint64_t value, machine_order order)
{
    machine_thread *t = &m->thread[thread];
    make_room(m, location, place);
    t->current.at[location] = (uint8_t)place;
    join(&t->acquired, &t->current);
    machine_view view = releases(order) ? t->current : t->released;
    view.at[location] = (uint8_t)place;
    m->memory.store[location][place] = (machine_store){.value = value, .view = view};
}

uint64_t machine_add(machine *m, unsigned thread, unsigned location, unsigned which, uint64_t operand, machine_order order)
{
    uint64_t value = machine_load(m, thread, location, which, order);
    machine_put(m, thread, location, which + 1, value + operand, order);
    machine_store *store = m->memory.store[location];
    join(&store[which + 1].view, &store[which].view);
    store[which + 1].glued = true;
    return value;
}

void machine_fence(machine *m, unsigned thread, machine_order order)
{
    machine_thread *t = &m->thread[thread];
    if (acquires(order)) t->current = t->acquired;
    if (order == MACHINE_SEQ_CST) {
        join(&t->current, &m->fenced);
        join(&t->acquired, &t->current);
        m->fenced = t->current;
    }
    if (releases(order)) t->released = t->current;
}

void machine_join(machine *m, unsigned thread)
{
    machine_thread *t = &m->thread[thread];
    for (unsigned i = 0; i < MACHINE_LOCATIONS; i++)
        if (m->memory.count[i]) t->current.at[i] = m->memory.count[i] - 1;
    t->acquired = t->current;
}
