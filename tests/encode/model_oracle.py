"""The model encoder in plain Python, as RFC 8593 section 5 reads: what the C core must equal in every bit.

RFC 8593's K_B is an absolute size (13.5 KB at 1 Mbit/s); here it is ``key_ratio`` x B0, so that it holds at 4K and 8K.
The transient comes only with key frames and with changes of more than ``transient_change`` since the last reaction: the
controller ticks at 60 Hz, and not every tick is an abrupt change (section 5.2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, nan

from nenc_lab.encode.base import Happening
from nenc_lab.kernels import check, ffi, lib

_BLOCK = 2048
"""Random numbers are drawn this many at a time: one C call per block."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Parameters of RFC 8593 figure 2 and what the lab adds, by the names that the C core's table of fields has."""

    lines: int = 2160
    fps: float = 60.0
    key_ratio: float = 13.5 / 4.17
    transient_frames: int = 8
    reaction_ns: int = 100_000_000
    size_scale: float = 0.15
    interval_scale: float = 0.15
    lag_ns: int = 0
    transient_change: float = 0.10
    encode_ns: int = 4_000_000
    software_ns: int = 8_000_000
    watchdog_ns: int = 100_000_000
    rate_min_bps: float = 0.0
    rate_max_bps: float = inf
    key_interval_ns: int = 0
    follow_rung: bool = True


@dataclass(slots=True)
class OracleFrame:
    """What `nenc_lab.encode.base.Frame` has."""

    bytes: int = 0
    key: bool = False
    software: int = 0
    rung: int = 0
    encode_ns: int = 0
    interval_ns: int = 0
    qp: float = field(default=nan)
    psnr: float = field(default=nan)
    ssim: float = field(default=nan)


class Oracle:
    """The model encoder without the C core, but for its random numbers."""

    names = ("model", "software")

    def __init__(self, settings: ModelSettings, seed: int, stream: int) -> None:
        self._settings = settings
        self._seed = seed
        self._stream = stream
        self._resolution = settings.lines
        self._rung = 0
        self._failed = False
        self._lost_ns = 0
        """What the fault has cost the next frame: the time until it was noticed."""
        self._ignores_rate = False
        self.happenings: list[Happening] = []
        self.about: dict[str, str] = {}
        self._frame = OracleFrame()
        self._rate_bps = 0.0
        self._output_bps = 0.0
        self._reacted_ns = 0
        self._key = True
        self._key_ns = 0
        self._transient_left = 0
        self._debt = 0.0
        """What the transient's first frame was over the mean, in mean frames: the frames behind it pay it back."""
        self._size_noise: list[float] = []
        self._interval_noise: list[float] = []
        self._drawn = 0
        self._next = _BLOCK

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> OracleFrame:
        settings = self._settings
        frame = self._frame
        if settings.follow_rung:
            fps = min(fps, settings.fps)
            rung = min(rung, self._resolution)
        else:
            fps = settings.fps
            rung = self._resolution
        if rung != self._rung:
            self._rung = rung
            self._key = True
        burst = self._react(now_ns, rate_bps) and not settings.lag_ns
        if settings.key_interval_ns and now_ns - self._key_ns >= settings.key_interval_ns:
            self._key = True
        if self._next == _BLOCK:
            self._draw()
        mean = self._follow(fps) / 8.0 / fps
        if self._key or burst:
            size = settings.key_ratio
            self._transient_left = settings.transient_frames - 1
            self._debt += size - 1.0
        else:
            size = 1.0 + self._size_noise[self._next]
            if self._debt:
                # K_d frames pay it; what they cannot (none gets under a tenth of the mean), those behind them do.
                paid = min(self._debt / max(self._transient_left, 1), size - 0.1)
                self._debt -= paid
                self._transient_left -= 1
                size -= paid
        frame.bytes = max(1, int(size * mean))
        frame.key = self._key
        if self._key:
            self._key_ns = now_ns
            self._key = False
        frame.rung = rung
        frame.interval_ns = int(1e9 / fps * (1.0 + self._interval_noise[self._next]))
        frame.encode_ns = (settings.software_ns if self._failed else settings.encode_ns) + self._lost_ns
        self._lost_ns = 0
        frame.software = 1 if self._failed else 0
        frame.qp = qp if qp > 0 else nan
        self._next += 1
        return frame

    def _follow(self, fps: float) -> float:
        """The rate of this frame: first order behind the one asked for (backward Euler, exact on every machine)."""
        interval_ns = 1e9 / fps
        behind = self._rate_bps - self._output_bps if self._output_bps else 0.0
        self._output_bps = self._rate_bps - behind * (self._settings.lag_ns / (self._settings.lag_ns + interval_ns))
        return self._output_bps

    def _react(self, now_ns: int, rate_bps: float) -> bool:
        """Section 5.1: adopts the requested rate unless it reacted less than tau_v ago. True: the change is abrupt."""
        settings = self._settings
        wanted = min(max(rate_bps, settings.rate_min_bps), settings.rate_max_bps)
        before = self._rate_bps
        if before == 0.0:
            self._rate_bps = wanted
            self._reacted_ns = now_ns
            return False
        if wanted == before or now_ns < self._reacted_ns + settings.reaction_ns or self._ignores_rate:
            return False
        self._rate_bps = wanted
        self._reacted_ns = now_ns
        return abs(wanted - before) > settings.transient_change * before

    def _draw(self) -> None:
        """The next block of noise, truncated at +-0.95 on both sides so that its mean stays zero."""
        settings = self._settings
        size = draws(self._seed, self._stream, self._drawn, "laplace", _BLOCK)
        interval = draws(self._seed, self._stream + 1, self._drawn, "laplace", _BLOCK)
        self._size_noise = [max(-0.95, min(0.95, settings.size_scale * x)) for x in size]
        self._interval_noise = [max(-0.95, min(0.95, settings.interval_scale * x)) for x in interval]
        self._drawn += _BLOCK
        self._next = 0

    def request_key(self) -> None:
        self._key = True

    def set_resolution(self, rung: int) -> None:
        self._resolution = rung

    def set_fault(self, kind: str, on: bool) -> None:
        if kind == "ignore_rate":
            self._ignores_rate = on
            return
        if on and not self._failed:
            # A hang is noticed by the watchdog, what fails or dies says so when the frame is due.
            self._lost_ns = self._settings.watchdog_ns if kind == "gpu_hang" else self._settings.encode_ns
        self._key = self._key or on != self._failed
        self._failed = on

    def close(self) -> None:
        pass


def draws(seed: int, stream: int, start: int, kind: str, count: int) -> list[float]:
    """Returns ``count`` random numbers of stream (seed, stream), beginning with number ``start``.

    ``kind`` is uniform [0, 1), laplace (scale 1), normal N(0, 1) or exponential (mean 1). The numbers are the same on
    every machine.
    """
    code = {"uniform": 0, "laplace": 1, "normal": 2, "exponential": 3}[kind]
    out = ffi.new("double[]", count)
    check(lib.nenc_random(seed & (2**64 - 1), stream & (2**64 - 1), start, code, out, count), "nenc_random")
    return list(out)
