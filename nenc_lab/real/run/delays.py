"""The path's delay without queues over a run. A packet's delay minus this is how long it waited."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nenc_lab.network.base import Rows
from nenc_lab.real.run.plan import RunPlan


def base_delays(plan: RunPlan, flow: int, calibrated_ns: int) -> Callable[[Rows], Rows]:
    """Returns a function from times of receipt (int64 ns) to the delay of one flow's packets without queues.

    ``calibrated_ns`` is the delay measured on the empty path of the first flow. What exceeds that path's own delays is
    the machine's, and is added for every flow.
    """
    flows = plan.scenario.flows
    machine_ns = calibrated_ns - sum(plan.links[hop].delay_ns for hop in plan.timeline.crossed(flows[0]))
    base = plan.timeline.base_delay(flows[flow], machine_ns)
    at = np.array(base.times_ns, np.int64)
    delays = np.array([base.first, *base.values], np.int64)
    return lambda received_ns: delays[np.searchsorted(at, received_ns, side="right")]
