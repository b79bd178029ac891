/* vnet_rows.c - taking out what happened: counters, frames, path, delays, packets. */
#include "net/vnet_state.h"

int nenc_vnet_flow_counters_get(const nenc_vnet *net, int flow, nenc_flow_counters *counters)
{
    const nenc_flow *f = nenc_vnet_find_flow(net, flow);
    if (!f || !counters) return NENC_EINVAL;
    *counters = f->counters;
    return NENC_OK;
}

int nenc_vnet_take_frames(nenc_vnet *net, int flow, nenc_frame_row *rows, int max, int all)
{
    nenc_flow *f = nenc_vnet_find_flow(net, flow);
    if (!f || (!rows && max > 0)) return NENC_EINVAL;
    const int taken = nenc_flow_take_frames(f, rows, max, all);
    if (all) nenc_vnet_reschedule(net, f);
    return taken;
}

int nenc_vnet_take_path(nenc_vnet *net, nenc_path_row *rows, int max)
{
    return net && (rows || max <= 0) ? nenc_rows_take(&net->path_rows, rows, max) : NENC_EINVAL;
}

int nenc_vnet_cut_delays(nenc_vnet *net, int64_t now_ns)
{
    if (!net) return NENC_EINVAL;
    const int status = nenc_vnet_advance(net, now_ns);
    if (status) return status;
    for (int i = 0; i < net->flow_count; i++) {
        nenc_histogram *delays = &net->flows[i]->delays;
        for (int bin = delays->first; bin <= delays->last; bin++) {
            if (!delays->counts[bin]) continue;
            nenc_delay_row *row = nenc_rows_push(&net->delay_rows);
            if (!row) return nenc_vnet_fail(net, NENC_ENOMEM);
            *row = (nenc_delay_row){net->delays_from_ns, now_ns, nenc_histogram_upper_ns(bin), i, delays->counts[bin]};
        }
        nenc_histogram_clear(delays);
    }
    net->delays_from_ns = now_ns;
    return NENC_OK;
}

int nenc_vnet_take_delays(nenc_vnet *net, nenc_delay_row *rows, int max)
{
    return net && (rows || max <= 0) ? nenc_rows_take(&net->delay_rows, rows, max) : NENC_EINVAL;
}

int nenc_vnet_take_packets(nenc_vnet *net, nenc_packet_row *rows, int max)
{
    return net && (rows || max <= 0) ? nenc_rows_take(&net->packet_rows, rows, max) : NENC_EINVAL;
}
