"""Small networks for the tests: links and flows with what the test is about, everything else plain."""

from __future__ import annotations

from typing import Any

from nenc_lab.kernels import ffi
from nenc_lab.network.base import CrossSetting, FlowSetting, LinkSetting, QueueSetting
from nenc_lab.network.virtual import VirtualNetwork

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
MEDIA_BYTES, WIRE_BYTES, OVERHEAD_BYTES = 1188, 1242, 54
AT_ONCE_BPS = 1e15
"""A pacer's target that does not pace."""


def link(
    rate_bps: float | None = 20e6, delay_ms: float = 10.0, direction: Any = "forward", **changes: Any
) -> LinkSetting:
    settings: dict[str, Any] = {"queue": QueueSetting("packets", 1 << 40)} | changes
    return LinkSetting(direction=direction, rate_bps=rate_bps, delay_ns=round(delay_ms * MS_NS), **settings)


def flow(first: int = 0, last: int = 0, **changes: Any) -> FlowSetting:
    settings: dict[str, Any] = {"packet_bytes": 1200, "pacer_factor": 1.0, "pacer_burst_ns": SECOND_NS, "ecn": False}
    return FlowSetting(first, last, **(settings | changes))


def cross(rate_bps: float, first: int = 0, last: int = 0, **changes: Any) -> CrossSetting:
    settings: dict[str, Any] = {"kind": "cbr", "direction": "forward", "wire_bytes": WIRE_BYTES} | changes
    times = {"start_ns": 0, "stop_ns": 1 << 62} | {
        key: settings.pop(key) for key in ("start_ns", "stop_ns") if key in settings
    }
    return CrossSetting(first=first, last=last, rate_bps=rate_bps, **settings, **times)


def network(
    links: list[LinkSetting], flows: list[FlowSetting], crosses: list[CrossSetting] | None = None, seed: int = 1
) -> VirtualNetwork:
    return VirtualNetwork(seed, links, flows, crosses or [], log_packets=True)


def send(net: VirtualNetwork, number: int, t_ns: int, size: int) -> int:
    return net.send_frame(number, t_ns, t_ns, size, 0, 0, 0.0, 0.0, 0.0)


def counters(net: VirtualNetwork, number: int = 0) -> Any:
    into = ffi.new("nenc_flow_counters *")
    net.counters(number, into)
    return into
