/* v1.c - a controller that exports the table of controller.h. */
#include "host.h"

#include <stdio.h>

static const struct nenc_controller_v1 *table;
static void *controller;

static bool find(void *library, nenc_host_page *page)
{
    table = host_symbol(library, "nenc_controller_v1");
    if (!table) return false;
    page->abi_version = table->abi_version;
    page->table_size = table->size;
    /* The other fields are valid only if this is such a table; the lab reports what is wrong. */
    if (table->abi_version != NENC_CONTROLLER_ABI || table->size != sizeof *table) return true;
    page->missing = (!table->create) | (!table->record) << 1 | (!table->step) << 2 | (!table->destroy) << 3;
    page->has_set_gains = table->set_gains != NULL;
    if (table->name) snprintf(page->name, sizeof page->name, "%s", table->name);
    if (table->version) snprintf(page->version, sizeof page->version, "%s", table->version);
    return true;
}

static void create(nenc_host_page *page)
{
    nenc_controller_knob knobs[NENC_HOST_KNOBS];
    nenc_controller_config config = page->config;
    for (uint32_t i = 0; i < config.knob_count; i++) knobs[i] = (nenc_controller_knob){page->knob_name[i], page->knob_value[i]};
    config.knobs = config.knob_count ? knobs : NULL;
    host_enter(page, NENC_HOST_IN_CREATE, config.now_ns);
    controller = table->create(&config, page->text, sizeof page->text);
    host_back();
    page->status = controller != NULL;
    if (controller && page->has_gains) {
        host_enter(page, NENC_HOST_IN_SET_GAINS, config.now_ns);
        const int refused = table->set_gains(controller, page->gain[0], page->gain[1], page->gain[2]);
        host_back();
        if (refused) page->status = -1;
    }
}

static void record(nenc_host_page *page, const nenc_sample *sample)
{
    const nenc_sample own = *sample;
    host_enter(page, NENC_HOST_IN_RECORD, own.time_ns);
    table->record(controller, &own);
    host_back();
}

static void step(nenc_host_page *page)
{
    nenc_decision decision = page->decision;
    host_enter(page, NENC_HOST_IN_STEP, page->now_ns);
    const int status = table->step(controller, page->now_ns, &decision);
    host_back();
    page->status = status;
    page->decision = decision;
}

static void destroy(nenc_host_page *page)
{
    host_enter(page, NENC_HOST_IN_DESTROY, page->now_ns);
    table->destroy(controller);
    host_back();
    controller = NULL;
}

const host_interface host_v1 = {.find = find, .create = create, .record = record, .step = step, .destroy = destroy};
