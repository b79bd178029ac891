/* vnet_flow.c - what is asked of a flow: the pacer's target, frames, reports. */
#include <math.h>

#include "net/vnet_state.h"

int nenc_vnet_set_target(nenc_vnet *net, int flow, int64_t now_ns, double target_bps)
{
    nenc_flow *f = nenc_vnet_find_flow(net, flow);
    if (!f || !(target_bps >= 0.0) || !isfinite(target_bps)) return NENC_EINVAL;
    const int status = nenc_vnet_advance(net, now_ns);
    if (status) return status;
    nenc_flow_set_pace(f, now_ns, target_bps * f->config.pacer_factor);
    nenc_vnet_reschedule(net, f);
    return NENC_OK;
}

int64_t nenc_vnet_send_frame(nenc_vnet *net, int flow, int64_t capture_ns, int64_t ready_ns, int64_t bytes, uint32_t tag,
                             uint32_t flags, float qp, float psnr, float ssim)
{
    nenc_flow *f = nenc_vnet_find_flow(net, flow);
    if (!f || bytes <= 0 || bytes > INT32_MAX) return NENC_EINVAL;
    if (net->status) return net->status;
    if (ready_ns < net->now_ns) return NENC_ERANGE;
    const nenc_frame_row row = {.capture_ns = capture_ns,
                                .ready_ns = ready_ns,
                                .bytes = bytes,
                                .tag = tag,
                                .flags = flags,
                                .qp = qp,
                                .psnr = psnr,
                                .ssim = ssim};
    const int64_t number = nenc_flow_add_frame(f, &row);
    if (number < 0) nenc_vnet_fail(net, (int)number);
    nenc_vnet_reschedule(net, f);
    return number;
}

int nenc_vnet_send_report(nenc_vnet *net, int flow, int64_t now_ns)
{
    nenc_flow *f = nenc_vnet_find_flow(net, flow);
    if (!f) return NENC_EINVAL;
    int status = nenc_vnet_advance(net, now_ns);
    if (status) return status;
    nenc_packet carrier;
    const int made = nenc_flow_make_report(f, now_ns, &carrier);
    if (made <= 0) return nenc_vnet_fail(net, made);
    if (f->source.first_answer_link < 0) {
        status = nenc_pipe_push(&f->source.answers, &carrier);
    } else {
        status = nenc_pipe_push(&net->links[f->source.first_answer_link]->arrivals, &carrier);
        for (int i = 0; !status && i < net->chain_count[NENC_REVERSE]; i++)
            status = nenc_vnet_run_link(net, net->links[net->chain[NENC_REVERSE][i]], now_ns);
    }
    return status ? nenc_vnet_fail(net, status) : 1;
}

int64_t nenc_vnet_next_report(nenc_vnet *net, int flow)
{
    nenc_flow *f = nenc_vnet_find_flow(net, flow);
    if (!f || !f->reports_under_way) return INT64_MAX;
    int64_t next = nenc_pipe_time(&f->source.answers);
    if (next <= net->now_ns) return net->now_ns;
    if (f->reports_under_way == (int64_t)nenc_pipe_count(&f->source.answers)) return next;
    /* Some are not past their last queue yet: none of these can come before something next moves in the reverse direction. */
    for (int i = 0; i < net->chain_count[NENC_REVERSE]; i++) {
        const nenc_link *link = net->links[net->chain[NENC_REVERSE][i]];
        const int64_t arrival = nenc_pipe_time(&link->arrivals), departure = nenc_link_next_departure(link);
        if (arrival < next) next = arrival;
        if (departure < next) next = departure;
    }
    return next > net->now_ns ? next : net->now_ns + 1;
}

int nenc_vnet_take_report(nenc_vnet *net, int flow, int64_t now_ns, nenc_sample *sample)
{
    nenc_flow *f = nenc_vnet_find_flow(net, flow);
    if (!f || !sample) return NENC_EINVAL;
    const int status = nenc_vnet_advance(net, now_ns);
    if (status) return status;
    if (nenc_pipe_time(&f->source.answers) > now_ns) return 0;
    nenc_flow_take_report(f, sample);
    return 1;
}
