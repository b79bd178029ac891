"""Prepares a run's summary as small text tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nenc_lab.texttable import TextTable, number

if TYPE_CHECKING:
    from nenc_lab.analysis.metrics.metric import Metric, Shown
    from nenc_lab.identify import Identified


def changes(summary: Mapping[str, Any]) -> TextTable:
    """How the controller responded to each change: one row per flow and change, in the order of the summary."""
    from nenc_lab.analysis.metrics.metric import ChangeMetric

    shown = _shown(ChangeMetric)
    rows = tuple(
        (name, str(change["kind"]), *_cells(shown, change))
        for name, flow in _flows(summary)
        for change in flow["changes"]
    )
    return TextTable("changes", ("flow", "change", *(column.heading for _, column in shown)), rows, left=2)


def totals(summary: Mapping[str, Any]) -> TextTable:
    """Figures of the whole run, one row per flow."""
    from nenc_lab.analysis.metrics.metric import FlowMetric

    shown = _shown(FlowMetric)
    rows = tuple((name, *_cells(shown, flow)) for name, flow in _flows(summary))
    return TextTable("whole run", ("flow", *(column.heading for _, column in shown)), rows)


def identified(found: Identified) -> TextTable:
    """What was measured of an encoder: one row per step of the target rate."""
    columns = (
        *("size", "mode", "from\nMbit/s", "to\nMbit/s", "dead\nms", "tau\nms", "over-\nshoot%", "error\n%"),
        *("key\nratio", "spread\n%", "encode\nms", "at QP\nlimit %"),
    )
    rows = tuple(
        (
            drive.resolution,
            drive.mode,
            number(step.from_bps / 1e6, 2),
            number(step.to_bps / 1e6, 2),
            number(step.dead_s, 0, 1000),
            number(step.tau_s, 0, 1000),
            number(step.overshoot, 0, 100),
            number(step.error, 1, 100),
            *(
                (
                    number(drive.key_ratio, 1),
                    number(drive.size_scale, 0, 100),
                    number(drive.encode_ms, 2),
                    number(drive.qp_limited, 0, 100),
                )
                if index == 0
                else ("", "", "", "")
            ),
        )
        for drive in found.drives
        for index, step in enumerate(drive.responses)
    )
    return TextTable(f"encoder {found.encoder}", columns, rows, left=2)


def _shown(scope: type[Metric]) -> list[tuple[str, Shown]]:
    """The metrics of this scope that are printed, from left to right, with their format."""
    from nenc_lab.analysis.metrics.table import in_scope  # here, because it imports numpy, which a --help does not need

    columns = [(metric.name, metric.shown) for metric in in_scope(scope) if metric.shown is not None]
    return sorted(columns, key=lambda column: column[1].order)


def _cells(shown: Sequence[tuple[str, Shown]], figures: Mapping[str, object]) -> list[str]:
    from nenc_lab.analysis.metrics.shape import figure

    cells = []
    for name, column in shown:
        value = figure(figures, name)
        cells.append(value if isinstance(value, str) else number(value, column.digits, column.scale))
    return cells


def _flows(summary: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from (summary.get("flows") or {}).items()
