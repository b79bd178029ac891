"""What a scenario asks of each kind of encoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NullSettings:
    """``resolution`` in lines."""

    resolution: int = 2160
    fps: float = 60.0


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Parameters of RFC 8593 figure 2 (B0 = rate / 8 / fps) and what the lab adds. Times ns, rates bit/s."""

    resolution: int = 2160
    fps: float = 60.0
    key_ratio: float = 13.5 / 4.17
    """K_B / B0 of the RFC's example."""
    transient_frames: int = 8
    """K_d."""
    reaction_ns: int = 100_000_000
    """tau_v: after a reaction, further requests wait this long."""
    size_scale: float = 0.15
    """SCALE_B: Laplacian scale of (B - B0) / B0."""
    interval_scale: float = 0.15
    """SCALE_t: Laplacian scale of (t - t0) / t0."""
    lag_ns: int = 0
    """Time constant the output follows the rate with; 0: at once. With one, no change of rate is abrupt."""
    transient_change: float = 0.10
    """Relative change of rate that sets off a transient (RFC 8593 section 7)."""
    encode_ns: int = 4_000_000
    software_ns: int = 8_000_000
    watchdog_ns: int = 100_000_000
    rate_min_bps: float = 0.0
    """R_min and R_max of section 5.4."""
    rate_max_bps: float = float("inf")
    key_interval_ns: int = 0
    """A key frame at least this often; 0: only on demand."""
    follow_rung: bool = True
    """Follow the controller's rung and frame rate (below ``resolution`` and ``fps``); False: keep to the source's."""


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """What a scenario asks of a real encoder. Times ns, ``resolution`` in lines, quantisers 0..51."""

    kind: str
    flow: str
    resolution: int
    fps: float
    rate_bps: float
    """To begin with."""
    codec: str
    mode: str
    preset: str
    device: str
    entry: str
    vbv_ns: int
    qp_min: int
    qp_max: int
    qp_initial: int
    threads: int
    encode_ns: int
    software_ns: int
    watchdog_ns: int
    measured: bool
    isolate: bool
    quality: bool
    follow_rung: bool
    key_interval_ns: int
    complexity: float
    cut_ns: int
    file: Path | None
    width: int | None
    height: int | None
    start_ns: int
    """Of the flow: picture 0 is filmed then."""
    seed: int
