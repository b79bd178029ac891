"""The virtual network: libnenc's packet simulation, driven by the engine's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from nenc_lab.ctables import kinds
from nenc_lab.ctables.kinds import CrossKind, QueueKind
from nenc_lab.errors import InputError
from nenc_lab.kernels import CData, check, dtype, ffi, lib
from nenc_lab.network.base import (
    CrossSetting,
    FlowSetting,
    LinkChange,
    LinkSetting,
    LossSetting,
    QueueSetting,
    Rows,
)
from nenc_lab.records import PACKET_OVERHEAD_BYTES, RTP_HEADER_BYTES
from nenc_lab.scenario.capacity import Opportunities, Ramp, RateProgram

PATH_ROW_NS = 10_000_000
RAMP_STEP_NS = 10_000_000
UNLIMITED = -1.0
_BLOCK = 4096
_Kind = TypeVar("_Kind", QueueKind, CrossKind)

_DIRECTION = {"forward": 0, "reverse": 1}
_LOSS = {"none": 0, "bernoulli": 1, "gilbert-elliott": 2}
_JITTER = {"none": 0, "ordered": 1, "reorder": 2}
_TAKE = {
    "path": ("nenc_path_row", lib.nenc_vnet_take_path),
    "delays": ("nenc_delay_row", lib.nenc_vnet_take_delays),
    "packets": ("nenc_packet_row", lib.nenc_vnet_take_packets),
}

_ALIKE = frozenset(field.name for field in fields(LinkSetting)) & {
    name for name, member in ffi.typeof("nenc_link_config").fields if member.type.kind == "primitive"
} - {"direction", "rate_bps"}
"""Settings of a link that the C core takes under the same name and in the same unit."""


def _find(name: str, table: Sequence[_Kind]) -> tuple[int, _Kind]:
    """The number and row of a kind in a table of the C core. Raises InputError when the table has no such kind."""
    for number, row in enumerate(table):
        if row.name == name:
            return number, row
    raise InputError(f"the virtual network has no {name}: the backend netem has")


def _fill_queue(into: CData, queue: QueueSetting) -> None:
    into.kind, row = _find(queue.kind, kinds.queues())
    into.unit = kinds.LIMIT_UNITS.index(queue.unit)
    into.limit = queue.limit
    for number, parameter in enumerate(row.parameters):
        into.values[number] = queue.parameters.get(parameter.name, parameter.default)


class VirtualNetwork:
    """Links, flows and cross traffic, numbered in the order given."""

    def __init__(
        self,
        seed: int,
        links: Sequence[LinkSetting],
        flows: Sequence[FlowSetting],
        crosses: Sequence[CrossSetting],
        *,
        log_packets: bool,
    ) -> None:
        net = lib.nenc_vnet_create(seed & (2**64 - 1), PATH_ROW_NS, log_packets)
        if net == ffi.NULL:
            raise MemoryError("nenc_vnet_create")
        self._net = ffi.gc(net, lib.nenc_vnet_destroy)
        self._links = list(links)
        self._sample = ffi.new("nenc_sample *")
        for link in links:
            self._add_link(link)
        for flow in flows:
            self._add_flow(flow)
        for cross in crosses:
            self._add_cross(cross)

    # ---- building

    def _add_link(self, link: LinkSetting) -> None:
        config = ffi.new("nenc_link_config *")
        config.direction = _DIRECTION[link.direction]
        _fill_queue(config.queue, link.queue)
        for name in _ALIKE:
            setattr(config, name, getattr(link, name))
        config.rate_bps = UNLIMITED if link.rate_bps is None else link.rate_bps
        _fill_loss(config.loss, link.loss, link.loss_at)
        config.jitter_kind = _JITTER[link.jitter.kind]
        config.jitter_std_ns = link.jitter.std_ns
        config.jitter_max_ns = link.jitter.max_ns
        config.ecn = link.ecn_ns is not None
        config.ecn_threshold_ns = link.ecn_ns or 0
        number = check(lib.nenc_vnet_add_link(self._net, config), "nenc_vnet_add_link")
        match link.capacity:
            case RateProgram(t_ns, rate_bps, period_ns):
                check(lib.nenc_vnet_set_rate(self._net, number, 0.0), "nenc_vnet_set_rate")
                self._program(number, t_ns, rate_bps, period_ns)
            case Opportunities(t_ns, size, period_ns):
                times = np.ascontiguousarray(t_ns, np.int64)
                pointer = ffi.cast("int64_t *", ffi.from_buffer(times))
                status = lib.nenc_vnet_set_opportunities(self._net, number, pointer, len(times), period_ns, 0, size)
                check(status, "nenc_vnet_set_opportunities")

    def _program(
        self, link: int, t_ns: npt.NDArray[np.int64], rate_bps: npt.NDArray[np.float64], period_ns: int
    ) -> None:
        times, rates = np.ascontiguousarray(t_ns, np.int64), np.ascontiguousarray(rate_bps, np.float64)
        status = lib.nenc_vnet_set_program(
            self._net,
            link,
            ffi.cast("int64_t *", ffi.from_buffer(times)),
            ffi.cast("double *", ffi.from_buffer(rates)),
            len(times),
            period_ns,
        )
        check(status, "nenc_vnet_set_program")

    def _add_flow(self, flow: FlowSetting) -> None:
        config = ffi.new("nenc_flow_config *")
        config.first_link, config.last_link = flow.first, flow.last
        config.packet_bytes = flow.packet_bytes
        config.header_bytes = RTP_HEADER_BYTES
        config.overhead_bytes = PACKET_OVERHEAD_BYTES
        config.ecn = flow.ecn
        config.pacer_factor = flow.pacer_factor
        config.pacer_burst_ns = flow.pacer_burst_ns
        check(lib.nenc_vnet_add_flow(self._net, config), "nenc_vnet_add_flow")

    def _add_cross(self, cross: CrossSetting) -> None:
        config = ffi.new("nenc_cross_config *")
        config.kind, row = _find(cross.kind, kinds.cross_traffic())
        config.direction = _DIRECTION[cross.direction]
        config.first_link, config.last_link = cross.first, cross.last
        config.wire_bytes = cross.wire_bytes
        config.start_ns, config.stop_ns = cross.start_ns, cross.stop_ns
        values = {"rate": cross.rate_bps, "on": cross.on_ns, "off": cross.off_ns}
        for number, parameter in enumerate(row.parameters):
            config.values[number] = values[parameter.name]
        check(lib.nenc_vnet_add_cross(self._net, config), "nenc_vnet_add_cross")

    # ---- the hot calls: one C call each

    def set_target(self, flow: int, now_ns: int, target_bps: float) -> None:
        if lib.nenc_vnet_set_target(self._net, flow, now_ns, target_bps) < 0:
            check(lib.nenc_vnet_set_target(self._net, flow, now_ns, target_bps), "nenc_vnet_set_target")

    def send_frame(
        self,
        flow: int,
        capture_ns: int,
        ready_ns: int,
        size: int,
        tag: int,
        flags: int,
        qp: float,
        psnr: float,
        ssim: float,
    ) -> int:
        number: int = lib.nenc_vnet_send_frame(self._net, flow, capture_ns, ready_ns, size, tag, flags, qp, psnr, ssim)
        return number if number >= 0 else check(number, "nenc_vnet_send_frame")

    def send_report(self, flow: int, now_ns: int) -> None:
        check(lib.nenc_vnet_send_report(self._net, flow, now_ns), "nenc_vnet_send_report")

    def next_report(self, flow: int) -> int:
        return int(lib.nenc_vnet_next_report(self._net, flow))

    def take_report(self, flow: int, now_ns: int) -> CData | None:
        taken = check(lib.nenc_vnet_take_report(self._net, flow, now_ns, self._sample), "nenc_vnet_take_report")
        return self._sample if taken else None

    def counters(self, flow: int, into: CData) -> None:
        lib.nenc_vnet_flow_counters_get(self._net, flow, into)

    # ---- the timeline

    def apply(self, now_ns: int, change: LinkChange) -> None:
        net, link = self._net, change.link
        check(lib.nenc_vnet_advance(net, now_ns), "nenc_vnet_advance")
        if change.queue is not None:
            queue = ffi.new("nenc_queue_config *")
            _fill_queue(queue, change.queue)
            check(lib.nenc_vnet_set_queue(net, link, queue), "nenc_vnet_set_queue")
        if change.ramp is not None:
            self._ramp(now_ns, link, change.ramp)
        elif change.rate_bps is not None:
            check(lib.nenc_vnet_set_rate(net, link, change.rate_bps), "nenc_vnet_set_rate")
        if change.delay_ns is not None:
            check(lib.nenc_vnet_set_delay(net, link, change.delay_ns), "nenc_vnet_set_delay")
        if change.loss is not None:
            loss = ffi.new("nenc_loss *")
            _fill_loss(loss[0], change.loss, self._links[link].loss_at)
            check(lib.nenc_vnet_set_loss(net, link, loss), "nenc_vnet_set_loss")
        if change.jitter is not None:
            jitter = change.jitter
            status = lib.nenc_vnet_set_jitter(net, link, _JITTER[jitter.kind], jitter.std_ns, jitter.max_ns)
            check(status, "nenc_vnet_set_jitter")
        if change.duplicate is not None:
            check(lib.nenc_vnet_set_duplicate(net, link, change.duplicate), "nenc_vnet_set_duplicate")

    def _ramp(self, now_ns: int, link: int, ramp: Ramp) -> None:
        """Approximates a ramp by steps at its mean rate, so that the integral of capacity is exact."""
        edges = np.append(np.arange(0, ramp.length_ns, RAMP_STEP_NS, dtype=np.int64), ramp.length_ns)
        self._program(link, now_ns + edges, np.append(ramp.means(edges), ramp.end_bps), 0)

    # ---- what happened

    def cut_delays(self, now_ns: int) -> None:
        check(lib.nenc_vnet_cut_delays(self._net, now_ns), "nenc_vnet_cut_delays")

    def take(self, what: Literal["path", "delays", "packets"]) -> Rows:
        struct, call = _TAKE[what]
        return _drain(struct, lambda rows, count: call(self._net, rows, count))

    def take_frames(self, flow: int, *, all_: bool) -> Rows:
        return _drain(
            "nenc_frame_row", lambda rows, count: lib.nenc_vnet_take_frames(self._net, flow, rows, count, all_)
        )

    def close(self) -> None:
        if self._net is not None:
            ffi.release(self._net)
            self._net = None


def _drain(struct: str, take: Callable[[CData, int], int]) -> Rows:
    blocks = []
    while True:
        block = np.empty(_BLOCK, dtype(struct))
        taken = check(take(ffi.cast(f"{struct} *", ffi.from_buffer(block)), _BLOCK), struct)
        blocks.append(block[:taken])
        if taken < _BLOCK:
            return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _fill_loss(into: CData, loss: LossSetting, at: str) -> None:
    into.kind = _LOSS[loss.kind]
    into.at_entry = at == "entry"
    into.p, into.r, into.loss_bad, into.loss_good = loss.p, loss.r, loss.loss_bad, loss.loss_good
