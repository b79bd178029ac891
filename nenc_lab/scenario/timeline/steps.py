"""The entries of a scenario's timeline: what changes at one hop at one instant, and how a person reads that."""

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
"""What a key of a hop is called in the events table and as a kind of change, where that is not the key itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """New values of one hop from ``at_ns`` on; those that ``change`` leaves out (None) stay what they are."""

    at_ns: int
    direction: Way
    hop: int
    hop_name: str
    change: HopChange
    ramp: Ramp | None = None
    """How the rate gets to its new value; None is at once, and when the rate does not change."""

    @property
    def kind(self) -> str:
        """What changes: capacity, delay, loss, jitter, queue, duplicate, or several joined by ``+``."""
        return "+".join(WORDS.get(key, key) for key in self._written())

    @property
    def text(self) -> str:
        """One line a person can read, with values as the scenario file writes them."""
        ramp = f" over {format_time(self.ramp.length_ns)}" if self.ramp else ""
        what = ", ".join(
            f"{WORDS.get(key, key)} {_worded(value)}{ramp if key == 'rate' else ''}"
            for key, value in self._written().items()
        )
        return f"{self.direction} {self.hop_name}: {what}"

    def _written(self) -> dict[str, Any]:
        return self.change.model_dump(mode="json", exclude={"hop"}, exclude_none=True)


def entries(scenario: Scenario) -> list[tuple[int, Way, int, HopChange, int]]:
    """(time, direction, hop, its new values, length of the ramp) of everything that the timeline says.

    In order of time; at one instant forward comes first, then the order in the file.
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
    """A value with its unit; of a model its kind and its values, of a tail-drop queue its size alone."""
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
