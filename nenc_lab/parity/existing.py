"""Groups existing run folders, named on a command line, into two sides per scenario."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from pathlib import Path

from nenc_lab.analysis.parity import Side
from nenc_lab.errors import InputError
from nenc_lab.recording.folder import INFO_FILE
from nenc_lab.recording.open import Run, open_run

OPTIONS = ("--from", "--against")


def sides(first: Sequence[str], second: Sequence[str]) -> list[tuple[Side, Side]]:
    """Two sides for every scenario, in the order of the first side. Each word is a run folder, a directory of run
    folders, or a pattern. Raises InputError when a word matches none, or a scenario has runs on one side only."""
    named = [_by_scenario(runs(words, option)) for words, option in zip((first, second), OPTIONS, strict=True)]
    alone = [
        f"{name} has runs in {OPTIONS[k]} only: both sides must run the same scenarios"
        for k in (0, 1)
        for name in named[k]
        if name not in named[1 - k]
    ]
    if alone:
        raise InputError("\n".join(alone))
    pairs = []
    for name, found in named[0].items():
        called = names(found, named[1][name])
        pairs.append((Side(called[0], tuple(found)), Side(called[1], tuple(named[1][name]))))
    return pairs


def runs(words: Sequence[str], option: str) -> list[Run]:
    """Every run that the words name, each once."""
    found: dict[Path, Run] = {}
    for word in words:
        places = [Path(place) for place in sorted(glob.glob(word))] if not Path(word).exists() else [Path(word)]
        folders = [folder for place in places for folder in _folders(place)]
        if not folders:
            raise InputError(f"{option} {word}: no run folder there: name one, or a directory that holds some")
        for folder in folders:
            found.setdefault(folder.resolve(), open_run(folder))
    return list(found.values())


def names(first: Sequence[Run], second: Sequence[Run]) -> tuple[str, str]:
    """The names of the two sides: their networks if these differ, else their controllers, else their directories."""
    readers: tuple[Callable[[Run], str], ...] = (
        lambda run: str(run.info.get("backend", "")),
        lambda run: Path(str(run.info.get("controller", ""))).name,
        lambda run: run.folder.resolve().parent.name,
    )
    for read in readers:
        called = [{read(run) for run in side} for side in (first, second)]
        if all(len(each) == 1 for each in called) and called[0] != called[1]:
            return called[0].pop(), called[1].pop()
    return "first", "second"


def _folders(place: Path) -> list[Path]:
    if (place / INFO_FILE).is_file():
        return [place]
    return sorted(file.parent for file in place.glob(f"*/{INFO_FILE}")) if place.is_dir() else []


def _by_scenario(found: Sequence[Run]) -> dict[str, list[Run]]:
    named: dict[str, list[Run]] = {}
    for run in found:
        named.setdefault(str(run.info["scenario"].get("name", "run")), []).append(run)
    return named
