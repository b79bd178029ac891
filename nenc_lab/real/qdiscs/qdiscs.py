"""Options of each qdisc in the lab's units; tc_options.py converts them to the kernel's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nenc_lab.network.base import LossSetting
from nenc_lab.real.qdiscs.limits import UNLIMITED_BPS

NO_LOSS = LossSetting()
FAIR_BPS = 1_000_000_000
"""A class needs a fair share to be served at all; alone in its qdisc it may have any value."""
LONGEST_S = 4000
"""Length of an outage whose end is not known; tc's limit is 4294 s."""
FIFO_RATE_BPS = UNLIMITED_BPS
"""A netem with a rate keeps its packets in order. No bottleneck is faster than this one (0.3 us per packet)."""


@dataclass(frozen=True, slots=True)
class Netem:
    """Delay, jitter, loss and duplication, as a complete state: whatever is not named here is off."""

    kind: ClassVar[str] = "netem"
    limit_packets: int
    delay_ns: int = 0
    jitter_ns: int = 0
    """sigma in the kernel's sum ``delay + sigma * table[random] / 8192``."""
    table: tuple[int, ...] = ()
    """16-bit numbers; when empty, the kernel uses its own (uniform) table, or keeps the one it has."""
    loss: LossSetting = NO_LOSS
    duplicate: float = 0.0
    rate_bps: int = 0
    """0 for no rate: packets may then overtake each other."""
    seed: int | None = None
    """Only for a new qdisc, on Linux 6.6 or newer."""


@dataclass(frozen=True, slots=True)
class Hfsc:
    """The qdisc that holds the bottleneck's class; packets go to class 1."""

    kind: ClassVar[str] = "hfsc"


@dataclass(frozen=True, slots=True)
class HfscClass:
    """The bottleneck: a class with only an upper limit (the fair share matters between classes, and there is one).

    It is an exact serialiser: it starts a packet no earlier than the one before has taken its time, makes up for late
    timers, and saves up nothing while it is idle. (A tbf forgets lateness that exceeds its bucket, and sends a whole
    bucket at once after each pause.)
    """

    kind: ClassVar[str] = "hfsc"
    rate_bps: int
    """0 lets nothing pass for `LONGEST_S`, and almost nothing after that."""


@dataclass(frozen=True, slots=True)
class Bfifo:
    """A droptail queue limited in bytes."""

    kind: ClassVar[str] = "bfifo"
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Pfifo:
    """A droptail queue limited in packets."""

    kind: ClassVar[str] = "pfifo"
    limit_packets: int


@dataclass(frozen=True, slots=True)
class Codel:
    """CoDel (RFC 8289). Packets that waited longer than ``ce_ns`` are marked, whatever its law decides."""

    kind: ClassVar[str] = "codel"
    target_ns: int
    interval_ns: int
    limit_packets: int
    ecn: bool
    ce_ns: int | None = None


@dataclass(frozen=True, slots=True)
class FqCodel:
    """FQ-CoDel (RFC 8290)."""

    kind: ClassVar[str] = "fq_codel"
    target_ns: int
    interval_ns: int
    limit_packets: int
    ecn: bool
    flows: int = 1024
    quantum_bytes: int = 1514
    memory_bytes: int = 32 << 20


@dataclass(frozen=True, slots=True)
class Pie:
    """PIE (RFC 8033), which measures delay by timestamps instead of estimating the drain rate."""

    kind: ClassVar[str] = "pie"
    target_ns: int
    update_ns: int
    limit_packets: int
    ecn: bool


@dataclass(frozen=True, slots=True)
class Cake:
    """CAKE without its own shaper, with one priority class. ``rtt_ns`` is the typical round-trip time for its AQM."""

    kind: ClassVar[str] = "cake"
    rtt_ns: int
    memory_bytes: int
    isolation: str = "triple-isolate"


Options = Netem | Hfsc | HfscClass | Bfifo | Pfifo | Codel | FqCodel | Pie | Cake
