"""A controller from a user's shared object. Its decisions are checked and completed, and its failures are named.

Fields that a decision leaves open are set as by the controller `fixed`: every frame, full resolution, QP 25. The
interface of three functions (nenc.h) decides the rate only. It does not know the flow's limits, so its rate is clamped
to them.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from math import inf, isfinite, isnan, nan

from nenc_lab.control.base import Sample, State
from nenc_lab.control.external.in_process import InProcess
from nenc_lab.control.external.isolated import Isolated
from nenc_lab.control.external.link import Failure, Link, Setup
from nenc_lab.control.settings import ControllerSettings
from nenc_lab.errors import ControllerError, InputError
from nenc_lab.kernels import ffi, lib

QP = 25.0
RTT_LIMIT_MS = 64_000.0
"""The same limit as in the core: no path takes longer."""
FINITE = ("p", "i", "d", "error", "anchor_bps", "delivered_bps", "capacity_bps")

_BLANK = ffi.new(
    "nenc_decision *",
    {
        "size": ffi.sizeof("nenc_decision"),
        "rate_bps": nan,
        "encode_bps": nan,
        "qp": nan,
        "fps": nan,
        "tfrc_bps": inf,
        "queue_delay_ms": nan,
        "base_rtt_ms": nan,
    },
)
_DECISION_BYTES, _STATE_BYTES = ffi.sizeof("nenc_decision"), ffi.sizeof("nenc_state")
_NOTHING = bytes(_STATE_BYTES)


class ExternalController:
    """A `nenc_lab.control.base.Controller` that calls the user's code. Every method may raise ControllerError."""

    def __init__(
        self,
        link: Link,
        failed: Callable[[Failure], ControllerError],
        *,
        tick_ns: int,
        rates_bps: tuple[float, float],
        fps: float,
        height: int,
    ) -> None:
        self.tick_ns = tick_ns
        self.about = {"interface": link.abi, "name": link.about[0], "version": link.about[1]}
        """What the object says of itself, for run.json."""
        self._link = link
        self._failed = failed
        self._low_bps, self._high_bps = rates_bps
        self._fps, self._height = fps, height
        self._newest = ffi.new("nenc_sample *")
        self._recorded = self._ticks = 0
        self._base_rtt_ms = 0.0

    def feedback(self, sample: Sample) -> None:
        if not (0.0 <= sample.rtt_ms < inf and 0.0 <= sample.loss <= 1.0):
            return  # NaN included; the core refuses it as well
        newest = self._newest
        newest[0] = sample[0]
        newest.rtt_ms = min(newest.rtt_ms, RTT_LIMIT_MS)
        self._base_rtt_ms = min(self._base_rtt_ms, newest.rtt_ms) if self._recorded else newest.rtt_ms
        self._recorded += 1
        try:
            self._link.record(newest)
        except Failure as failure:
            raise self._failed(failure) from None

    def tick(self, now_ns: int, state: State) -> None:
        link = self._link
        ffi.memmove(link.decision, _BLANK, _DECISION_BYTES)
        try:
            link.step(now_ns)
            self._complete()
        except Failure as failure:
            raise self._failed(failure) from None
        except _Illegal as illegal:
            function = "step" if link.abi == "v1" else "get_current_bitrate"
            raise self._failed(Failure(function, now_ns, str(illegal))) from None
        self._ticks += 1
        self._fill(now_ns, state)

    def close(self) -> None:
        try:
            self._link.close()
        except Failure as failure:
            raise self._failed(failure) from None

    def _complete(self) -> None:
        """Checks the decision and fills in what it leaves open."""
        made = self._link.decision
        if self._link.abi == "origin" and made.rate_bps > 0:
            made.bounds = lib.NENC_BOUND_MIN * (made.rate_bps < self._low_bps) | lib.NENC_BOUND_MAX * (
                made.rate_bps > self._high_bps
            )
            made.rate_bps = min(max(made.rate_bps, self._low_bps), self._high_bps)
        rate = made.rate_bps
        _within("rate_bps", rate, self._low_bps, self._high_bps)
        if isnan(made.encode_bps):
            made.encode_bps = rate
        else:
            _within("encode_bps", made.encode_bps, 1.0, rate)
        if isnan(made.qp):
            made.qp = QP
        else:
            _within("qp", made.qp, 0.0, 51.0)
        if isnan(made.fps):
            made.fps = self._fps
        else:
            _within("fps", made.fps, 0.01, self._fps)
        made.rung = made.rung or self._height
        _within("rung", made.rung, 1, self._height)
        for name in FINITE:
            if not isfinite(getattr(made, name)):
                raise _Illegal(f"its decision has {name} = {getattr(made, name)}: it must be finite")
        if isnan(made.tfrc_bps):
            raise _Illegal("its decision has tfrc_bps = nan: leave it as it is when there is no bound")
        if isnan(made.base_rtt_ms):
            made.base_rtt_ms = self._base_rtt_ms
        if isnan(made.queue_delay_ms):
            made.queue_delay_ms = self._newest.rtt_ms - self._base_rtt_ms
        if not (isfinite(made.base_rtt_ms) and isfinite(made.queue_delay_ms)):
            raise _Illegal("its decision has an infinite base_rtt_ms or queue_delay_ms")

    def _fill(self, now_ns: int, state: State) -> None:
        made, newest = self._link.decision, self._newest
        ffi.memmove(state, _NOTHING, _STATE_BYTES)
        state.now_ns = now_ns
        state.rate_bps = made.rate_bps
        state.encode_bps = made.encode_bps
        state.qp = made.qp
        state.fps = made.fps
        state.rung = made.rung
        state.p, state.i, state.d = made.p, made.i, made.d
        state.error = made.error
        state.anchor_bps = made.anchor_bps
        state.delivered_bps = made.delivered_bps
        state.capacity_bps = made.capacity_bps
        state.tfrc_bps = made.tfrc_bps
        state.queue_delay_ms = made.queue_delay_ms
        state.base_rtt_ms = made.base_rtt_ms
        state.bounds = made.bounds
        state.throughput_bps = newest.throughput_kbps * 1e3
        state.rtt_ms = newest.rtt_ms
        state.loss = newest.loss
        state.ticks = self._ticks
        state.recorded = self._recorded


class _Illegal(Exception):
    """A decision that no encoder could follow."""


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # NaN included
        raise _Illegal(f"its decision has {name} = {value:.10g}: it must be from {low:.10g} to {high:.10g}")


def make_external(settings: ControllerSettings, now_ns: int) -> ExternalController:
    """Creates the controller of a shared object. Raises InputError when the object does not provide one."""
    given = settings.external
    assert given is not None  # the scenario's schema demands it
    place = f"flows.{settings.flow}.controller"
    try:
        digest = sha256(given.library.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{place}.library: {given.library}: {error.strerror}") from None
    if digest != given.sha256:
        raise InputError(f"{place}.library: {given.library} was changed after it was checked: start again")

    def failed(failure: Failure) -> ControllerError:
        when = f"{failure.function} at {failure.at_ns / 1e9:.6f} s"
        text = f"{place}: {given.library}: {when}: {failure.reason}"
        return ControllerError(text, settings.flow, failure.at_ns, {"library": str(given.library), **failure.detail})

    try:
        link: Link = (Isolated if given.isolate else InProcess)(_setup(settings, now_ns))
    except Failure as failure:
        raise InputError(f"{place}: {given.library}: {failure}") from None
    return ExternalController(
        link,
        failed,
        tick_ns=settings.tick_ns,
        rates_bps=(settings.rate_min_bps, settings.rate_max_bps),
        fps=settings.fps,
        height=settings.height,
    )


def _setup(settings: ControllerSettings, now_ns: int) -> Setup:
    given = settings.external
    assert given is not None
    return Setup(
        library=given.library,
        sha256=given.sha256,
        abi=given.abi,
        timeout_s=given.timeout_ns / 1e9,
        now_ns=now_ns,
        config={
            "tick_ns": settings.tick_ns,
            "rate_min_bps": settings.rate_min_bps,
            "rate_max_bps": settings.rate_max_bps,
            "rate_start_bps": settings.rate_start_bps,
            "fps_max": settings.fps,
            "height_max": settings.height,
            "packet_bytes": settings.packet_bytes,
        },
        knobs=settings.values,
        gains=given.gains,
    )
