"""What an entry of the table of metrics holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from nenc_lab.analysis.rows import ChangeRows, FlowRows, RunRows

Value = float | int | str | None
"""A figure; None where there is nothing to say, such as the settling time of a rate that never settled."""
Found = Value | Mapping[str, Value]
"""What a metric's function returns: its figure, or several figures by the last word of their names."""
Better = Literal["higher", "lower"] | None
Kind = Literal["f8", "i8"]
"""How a table stores the figure: as a number with a fraction, or as a whole one."""
ChangeFigures = Mapping[str, Value]
"""One entry of ``changes`` in a summary."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of the tables that ``nenc-lab run`` prints."""

    heading: str
    """At most two lines, unit included."""
    digits: int
    """Decimals."""
    scale: float = 1.0
    """What the figure is multiplied by: 100 for percent."""
    order: int = 0
    """Columns with a lower one stand further left; those alike keep the order of the table of metrics."""


@dataclass(frozen=True, slots=True)
class OverChanges:
    """One column of a sweep: a figure of all changes of a flow in one cell."""

    column: str
    meaning: str
    function: Callable[[Sequence[ChangeFigures], str], Value]
    """Of the changes and the metric's name."""
    kind: Kind = "f8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure. ``better`` says which way is better, None where neither is or where it depends.

    A dot in ``name`` makes a group: ``rtt_ms.p95`` is ``p95`` of the group ``rtt_ms``. Groups have one level.
    """

    name: str
    unit: str
    """Empty for counts and ratios."""
    meaning: str
    better: Better = None
    shown: Shown | None = None

    @property
    def word(self) -> str:
        """The last word of the name: ``p95`` of ``rtt_ms.p95``."""
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
    """Its columns of sweeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetric(Metric):
    """A figure of the run as a whole."""

    scope: ClassVar[str] = "run"
    function: Callable[[RunRows], Found]
    kind: Kind = "f8"
    sweep: bool = True
    """Whether it is a column of sweeps."""
