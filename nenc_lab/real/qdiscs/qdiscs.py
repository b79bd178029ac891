"""What a qdisc is asked to do, in the units of the lab; tc_options.py turns it into the kernel's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nenc_lab.network.base import LossSetting
from nenc_lab.real.qdiscs.limits import UNLIMITED_BPS

NO_LOSS = LossSetting()
FAIR_BPS = 1_000_000_000
"""A class needs a fair share to be served at all; alone in its qdisc it may be any."""
LONGEST_S = 4000
"""An outage without a word from the timeline: tc's limit is 4294 s."""
FIFO_RATE_BPS = UNLIMITED_BPS
"""A netem with a rate keeps its packets in order; no bottleneck is above this one (0.3 us a packet)."""


@dataclass(frozen=True, slots=True)
class Netem:
    """Delay, jitter, loss, duplication. The whole state: what is not named here is off."""

    kind: ClassVar[str] = "netem"
    limit_packets: int
    delay_ns: int = 0
    jitter_ns: int = 0
    """sigma of the kernel's sum ``delay + sigma * table[random] / 8192``."""
    table: tuple[int, ...] = ()
    """Of 16-bit numbers; empty: the kernel's own (uniform), or the one it has."""
    loss: LossSetting = NO_LOSS
    duplicate: float = 0.0
    rate_bps: int = 0
    """0: none, and packets may overtake each other."""
    seed: int | None = None
    """Only for a new qdisc; Linux 6.6 or newer."""


@dataclass(frozen=True, slots=True)
class Hfsc:
    """What the bottleneck's class lives in; packets go to class 1."""

    kind: ClassVar[str] = "hfsc"


@dataclass(frozen=True, slots=True)
class HfscClass:
    """The bottleneck: an upper limit alone (the fair share counts only between classes, and there is one).

    A serialiser to the letter: it starts a packet no earlier than the one before has taken its time, owes what a late
    timer kept waiting, and saves nothing while it has nothing to send. (A tbf forgets what is later than its bucket
    holds, and lets a bucketful through after each pause.)
    """

    kind: ClassVar[str] = "hfsc"
    rate_bps: int
    """0: nothing passes for `LONGEST_S` (and then, a little)."""


@dataclass(frozen=True, slots=True)
class Bfifo:
    """A queue of so many bytes."""

    kind: ClassVar[str] = "bfifo"
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Pfifo:
    """A queue of so many packets."""

    kind: ClassVar[str] = "pfifo"
    limit_packets: int


@dataclass(frozen=True, slots=True)
class Codel:
    """RFC 8289. ``ce_ns``: packets that waited longer are marked whatever the law says."""

    kind: ClassVar[str] = "codel"
    target_ns: int
    interval_ns: int
    limit_packets: int
    ecn: bool
    ce_ns: int | None = None


@dataclass(frozen=True, slots=True)
class FqCodel:
    """RFC 8290."""

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
    """RFC 8033, with its timestamps instead of the estimate of the drain rate."""

    kind: ClassVar[str] = "pie"
    target_ns: int
    update_ns: int
    limit_packets: int
    ecn: bool


@dataclass(frozen=True, slots=True)
class Cake:
    """CAKE without its own shaper, in the order of one class. ``rtt_ns``: what its AQM takes for a usual round trip."""

    kind: ClassVar[str] = "cake"
    rtt_ns: int
    memory_bytes: int
    isolation: str = "triple-isolate"


Options = Netem | Hfsc | HfscClass | Bfifo | Pfifo | Codel | FqCodel | Pie | Cake
