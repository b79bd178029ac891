"""Reads files of notes, which explain known differences; a report shows each note beside its pair.

    # _parity.yaml beside the scenarios (or in the folder above), or any file that --notes names
    version: 1
    notes:
      - scenario: rtt-sweep-*       # name of the scenario; * and ? are wildcards
        flow: video                 # default: every flow
        figure: queue_delay_p95     # a key of --tolerance; default: every figure
        at: 20s                     # time of a change; default: every change
        text: one way delay is measured on netem, and the queue's own wait on the virtual network

A note does not change the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nenc_lab.analysis.tolerance import TOLERANCES
from nenc_lab.errors import InputError, Problem, ScenarioError
from nenc_lab.scenario import document
from nenc_lab.scenario.document import Node
from nenc_lab.scenario.expect import nearest
from nenc_lab.units import parse_time

if TYPE_CHECKING:
    from nenc_lab.analysis.pair import Pair

NAME = "_parity.yaml"
"""Name of the file beside scenarios; the underscore marks files that are not scenarios."""
_KEYS = ("scenario", "flow", "figure", "at", "text")
_SAME_S = 0.001


@dataclass(frozen=True, slots=True)
class Note:
    """One explanation, and the pairs that it concerns; None stands for any."""

    scenario: str
    text: str
    flow: str | None = None
    figure: str | None = None
    at_s: float | None = None

    def about(self, scenario: str, flow: str, pair: Pair) -> bool:
        """Whether the note concerns this pair."""
        return (
            fnmatchcase(scenario, self.scenario)
            and (self.flow is None or fnmatchcase(flow, self.flow))
            and self.figure in (None, pair.figure)
            and (self.at_s is None or (pair.at_s is not None and abs(pair.at_s - self.at_s) < _SAME_S))
        )


def texts(notes: Iterable[Note], scenario: str, flow: str, pair: Pair) -> tuple[str, ...]:
    """The texts of the notes that concern a pair."""
    return tuple(note.text for note in notes if note.about(scenario, flow, pair))


def beside(scenario: Path) -> tuple[Note, ...]:
    """The notes in the folder of a scenario file, else in the folder above; none when neither has a file of notes."""
    folder = scenario.resolve().parent
    found = next((place / NAME for place in (folder, folder.parent) if (place / NAME).is_file()), None)
    return () if found is None else load(found)


def load(file: Path) -> tuple[Note, ...]:
    """Reads a file of notes. Raises ScenarioError with every fault found."""
    tree = document.read(file)
    faults: list[Problem] = []
    top = tree.value if isinstance(tree.value, dict) else {}
    _unknown(tree, "", ("version", "notes"), faults)
    version = top.get("version")
    if version is None or version.value != 1:
        faults.append((version or tree).place.problem("version", "a file of notes begins with version: 1"))
    listed = top.get("notes")
    if listed is None or not isinstance(listed.value, list):
        faults.append((listed or tree).place.problem("notes", "is a list of notes, each with scenario and text"))
    notes = [
        _note(item, f"notes.{index}", faults)
        for index, item in enumerate(listed.value if listed is not None and isinstance(listed.value, list) else ())
    ]
    if faults:
        raise ScenarioError(faults)
    return tuple(note for note in notes if note is not None)


def _note(item: Node, key: str, faults: list[Problem]) -> Note | None:
    before = len(faults)
    _unknown(item, key, _KEYS, faults)
    given: dict[str, Any] = {}
    for name, node in (item.value if isinstance(item.value, dict) else {}).items():
        if isinstance(node.value, str) and node.value:
            given[name] = node.value
        elif name in _KEYS:
            faults.append(node.place.problem(f"{key}.{name}", f"{node.shown()} is not a text"))
    for name in ("scenario", "text"):
        if name not in given and len(faults) == before:
            faults.append(item.place.problem(key, f"a note has a {name}"))
    figure = given.get("figure")
    if figure is not None and figure not in TOLERANCES:
        known = list(TOLERANCES)
        place = item.value["figure"].place
        text = f"{figure!r} is no figure{nearest(figure, known)}: {', '.join(known)}"
        faults.append(place.problem(f"{key}.figure", text))
    at_s = None
    if "at" in given:
        try:
            at_s = parse_time(given["at"]) / 1e9
        except InputError as error:
            faults.append(item.value["at"].place.problem(f"{key}.at", str(error)))
    if len(faults) > before:
        return None
    return Note(given["scenario"], " ".join(given["text"].split()), given.get("flow"), figure, at_s)


def _unknown(node: Node, key: str, known: tuple[str, ...], faults: list[Problem]) -> None:
    """Adds faults when ``node`` is not a group with only these keys."""
    if not isinstance(node.value, dict):
        faults.append(node.place.problem(key, f"is {node.shown()}, not a group of keys: {', '.join(known)}"))
        return
    for name, place in node.keys.items():
        if name not in known:
            dotted = f"{key}.{name}" if key else name
            faults.append(place.problem(dotted, f"unknown key{nearest(name, list(known))}: {', '.join(known)}"))
