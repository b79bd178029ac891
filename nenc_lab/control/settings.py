"""The settings of a flow's controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class ExternalSettings:
    """Additional settings when the controller is a user's shared object."""

    library: Path
    sha256: str
    """Digest of the object when the scenario was checked."""
    abi: Literal["auto", "v1", "origin"]
    isolate: bool
    timeout_ns: int
    gains: tuple[float, float, float] | None
    """kp, ki, kd; NaN for a gain that the scenario leaves out. None when it gives no gains."""


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """Settings of one flow's controller. Rates are bit/s, times ns, and ``height`` is in lines."""

    kind: str
    flow: str
    rate_min_bps: float
    rate_max_bps: float
    rate_start_bps: float
    fps: float
    height: int
    packet_bytes: int
    tick_ns: int
    values: Mapping[str, float] = field(default_factory=dict)
    """Gains (kp, ki, kd) and knobs by name. For an external controller, the knobs alone."""
    external: ExternalSettings | None = None
    """Set if and only if ``kind`` is external."""
