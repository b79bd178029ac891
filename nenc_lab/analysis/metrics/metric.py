"""The types of the entries in the table of metrics."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from nenc_lab.analysis.rows import ChangeRows, FlowRows, RunRows

Value = float | int | str | None
"""A figure; None when it does not exist, such as the settling time of a rate that never settled."""
Found = Value | Mapping[str, Value]
"""What a metric's function returns: one figure, or several by the last part of their names."""
Better = Literal["higher", "lower"] | None
Kind = Literal["f8", "i8"]
"""How a table stores the figure: as floating point or as an integer."""
UNIT_SUFFIX = "_(s|ms|mbps|mbit|db)$"
"""Names of figures end in their unit."""
ChangeFigures = Mapping[str, Value]
"""One entry of ``changes`` in a summary."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of the tables that ``nenc-lab run`` prints."""

    heading: str
    """Heading of at most two lines, with the unit."""
    digits: int
    """Decimals."""
    scale: float = 1.0
    """Factor applied to the figure: 100 for percent."""
    order: int = 0
    """Columns are sorted by this number; equal ones keep the order of the table of metrics."""


@dataclass(frozen=True, slots=True)
class OverChanges:
    """A column of a sweep that reduces a figure over all changes of a flow."""

    column: str
    meaning: str
    function: Callable[[Sequence[ChangeFigures], str], Value]
    """Receives the changes and the metric's name."""
    kind: Kind = "f8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure. ``better`` says which direction is better; None when neither is, or when it depends.

    A dot in ``name`` makes a group: ``rtt_ms.p95`` is ``p95`` in the group ``rtt_ms``. Groups have one level.
    """

    name: str
    unit: str
    """The unit; empty for counts and ratios."""
    meaning: str
    better: Better = None
    shown: Shown | None = None

    @property
    def caption(self) -> str:
        """The name in words and without its unit: "queue delay p95" of ``queue_delay_ms.p95``."""
        group, _, word = self.name.partition(".")
        return f"{re.sub(UNIT_SUFFIX, '', group).replace('_', ' ')} {word}".rstrip()

    @property
    def word(self) -> str:
        """The last part of the name: ``p95`` of ``rtt_ms.p95``."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowMetric(Metric):
    """A figure of a flow over its whole time."""

    scope: ClassVar[str] = "flow"
    function: Callable[[FlowRows], Found]
    kind: Kind = "f8"
    sweep: bool = True
    """Whether it is a column of sweeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMetric(Metric):
    """A figure of one change of a flow, which lasts to the next change."""

    scope: ClassVar[str] = "change"
    function: Callable[[ChangeRows], Found]
    sweep: tuple[OverChanges, ...] = ()
    """Its columns in sweeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetric(Metric):
    """A figure of the run as a whole."""

    scope: ClassVar[str] = "run"
    function: Callable[[RunRows], Found]
    kind: Kind = "f8"
    sweep: bool = True
    """Whether it is a column of sweeps."""
