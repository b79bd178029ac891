/* vnet_change.c - what the timeline changes at the time last advanced to. */
#include "net/vnet_state.h"

/* A refused change changes nothing; one that ran out of memory may have been half made, and the network with it. */
static int changed(nenc_vnet *net, int status) { return status == NENC_ENOMEM ? nenc_vnet_fail(net, status) : status; }

int nenc_vnet_set_rate(nenc_vnet *net, int link, double rate_bps)
{
    nenc_link *l = nenc_vnet_find_link(net, link);
    return l ? changed(net, nenc_link_set_rate(l, net->now_ns, rate_bps)) : NENC_EINVAL;
}

int nenc_vnet_set_delay(nenc_vnet *net, int link, int64_t delay_ns)
{
    nenc_link *l = nenc_vnet_find_link(net, link);
    if (!l || delay_ns < 0) return NENC_EINVAL;
    l->config.delay_ns = delay_ns;
    return NENC_OK;
}

int nenc_vnet_set_queue(nenc_vnet *net, int link, const nenc_queue_config *config)
{
    nenc_link *l = nenc_vnet_find_link(net, link);
    return l ? changed(net, nenc_link_set_queue(l, net->now_ns, config)) : NENC_EINVAL;
}

int nenc_vnet_set_loss(nenc_vnet *net, int link, const nenc_loss *loss)
{
    nenc_link *l = nenc_vnet_find_link(net, link);
    if (!l || nenc_loss_check(loss)) return NENC_EINVAL;
    l->loss.model = *loss;
    return NENC_OK;
}

int nenc_vnet_set_jitter(nenc_vnet *net, int link, uint32_t kind, int64_t std_ns, int64_t max_ns)
{
    nenc_link *l = nenc_vnet_find_link(net, link);
    if (!l || nenc_jitter_check(kind, std_ns, max_ns)) return NENC_EINVAL;
    l->jitter.kind = kind;
    l->jitter.std_ns = std_ns;
    l->jitter.max_ns = max_ns;
    return NENC_OK;
}

int nenc_vnet_set_duplicate(nenc_vnet *net, int link, double probability)
{
    nenc_link *l = nenc_vnet_find_link(net, link);
    if (!l || !(probability >= 0.0 && probability <= 1.0)) return NENC_EINVAL;
    l->config.duplicate = probability;
    return NENC_OK;
}

int nenc_vnet_set_program(nenc_vnet *net, int link, const int64_t *t_ns, const double *rate_bps, size_t count, int64_t period_ns)
{
    nenc_link *l = nenc_vnet_find_link(net, link);
    return l ? changed(net, nenc_link_set_program(l, net->now_ns, t_ns, rate_bps, count, period_ns)) : NENC_EINVAL;
}

int nenc_vnet_set_opportunities(nenc_vnet *net, int link, const int64_t *t_ns, size_t count, int64_t period_ns, int64_t start_ns,
                                double bytes)
{
    nenc_link *l = nenc_vnet_find_link(net, link);
    return l ? changed(net, nenc_link_set_opportunities(l, net->now_ns, t_ns, count, period_ns, start_ns, bytes)) : NENC_EINVAL;
}
