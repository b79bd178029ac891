"""The controller `fixed`: a constant rate, whatever the network does. It is the null controller."""

from __future__ import annotations

from math import inf

from nenc_lab.control.base import Sample, State
from nenc_lab.kernels import ffi


class FixedController:
    """Holds ``rate_bps`` (the flow's start rate) at full frame rate and resolution."""

    def __init__(self, rate_bps: float, fps: float, rung: int, tick_ns: int) -> None:
        self.tick_ns = tick_ns
        self._rate_bps = rate_bps
        self._fps = fps
        self._rung = rung
        self._ticks = 0
        self._newest = ffi.new("nenc_sample *")
        self._recorded = 0
        self._base_rtt_ms = 0.0

    def feedback(self, sample: Sample) -> None:
        if not (0.0 <= sample.rtt_ms < inf and 0.0 <= sample.loss <= 1.0):
            return  # NaN included; the core refuses it as well
        self._newest[0] = sample[0]
        self._base_rtt_ms = min(self._base_rtt_ms, sample.rtt_ms) if self._recorded else sample.rtt_ms
        self._recorded += 1

    def tick(self, now_ns: int, state: State) -> None:
        self._ticks += 1
        ffi.memmove(state, bytes(ffi.sizeof("nenc_state")), ffi.sizeof("nenc_state"))
        state.now_ns = now_ns
        state.rate_bps = state.encode_bps = self._rate_bps
        state.tfrc_bps = float("inf")
        if self._recorded:
            state.throughput_bps = self._newest.throughput_kbps * 1e3
            state.rtt_ms = self._newest.rtt_ms
            state.loss = self._newest.loss
            state.base_rtt_ms = self._base_rtt_ms
            state.queue_delay_ms = self._newest.rtt_ms - self._base_rtt_ms
        state.qp = 25.0
        state.fps = self._fps
        state.rung = self._rung
        state.ticks = self._ticks
        state.recorded = self._recorded

    def close(self) -> None:
        pass
