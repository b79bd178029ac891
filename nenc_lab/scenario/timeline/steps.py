"""The entries of a scenario's timeline: the changes of one hop at one time, and their readable text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nenc_lab.scenario.capacity import Ramp
from nenc_lab.scenario.timeline.crossing import WAYS, Way, along
from nenc_lab.units import format_time

if TYPE_CHECKING:
    from nenc_lab.scenario.hop import HopChange
    from nenc_lab.scenario.schema import Scenario

WORDS = {"rate": "capacity"}
"""Names of a hop's keys in the events table and as kinds of change, where they differ from the keys."""


@dataclass(frozen=True, slots=True)
class Step:
    """New values of one hop from ``at_ns`` on; values that are None in ``change`` stay the same."""

    at_ns: int
    direction: Way
    hop: int
    hop_name: str
    change: HopChange
    ramp: Ramp | None = None
    """The ramp to the new rate; None when it applies at once or does not change."""

    @property
    def kind(self) -> str:
        """The keys that change: capacity, delay, loss, jitter, queue, duplicate, or several joined by ``+``."""
        return "+".join(WORDS.get(key, key) for key in self._written())

    @property
    def text(self) -> str:
        """A readable line, with values as the scenario file writes them."""
        ramp = f" over {format_time(self.ramp.length_ns)}" if self.ramp else ""
        what = ", ".join(
            f"{WORDS.get(key, key)} {_worded(value)}{ramp if key == 'rate' else ''}"
            for key, value in self._written().items()
        )
        return f"{self.direction} {self.hop_name}: {what}"

    def _written(self) -> dict[str, Any]:
        return self.change.model_dump(mode="json", exclude={"hop"}, exclude_none=True)


def entries(scenario: Scenario) -> list[tuple[int, Way, int, HopChange, int]]:
    """Returns (time, direction, hop, new values, length of the ramp) of each change in the timeline.

    They are in order of time; at the same time forward comes first, then the order in the file.
    """
    found = []
    for entry in scenario.timeline:
        for way in WAYS:
            change = entry.forward if way == "forward" else entry.reverse
            if change is not None:
                ramp_ns = entry.ramp.over if entry.ramp is not None and change.rate is not None else 0
                found.append((entry.at, way, along(scenario.path, way).index(change.hop), change, ramp_ns))
    return sorted(found, key=lambda one: (one[0], WAYS.index(one[1])))


def _worded(written: object) -> str:
    """Formats a value with its unit: a model as its kind and values, a tail-drop queue as its size alone."""
    if not isinstance(written, dict):
        return str(written)
    if written["kind"] == "droptail":
        return str(written["size"])
    values = {
        key: {True: "on", False: "off"}[value] if isinstance(value, bool) else value
        for key, value in written.items()
        if key != "kind"
    }
    listed = ", ".join(f"{key} {value}" for key, value in values.items())
    return f"{written['kind']} ({listed})" if values else str(written["kind"])
