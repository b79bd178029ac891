"""Runs scenarios on two networks with the same seeds, and reports on each scenario after its last run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nenc_lab.analysis.parity import Parity, Side, compare
from nenc_lab.analysis.tolerance import TOLERANCES, Tolerance
from nenc_lab.parity.folder import ParityFolder
from nenc_lab.recording.folder import fingerprint
from nenc_lab.recording.open import Run, open_run
from nenc_lab.runs import Job, given, run_jobs

if TYPE_CHECKING:
    from nenc_lab.parity.notes import Note
    from nenc_lab.scenario.schema import Scenario

Progress = Callable[[int, int], None]
"""Called with the number of a run among all runs of its network, and the run's time in ns."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run to be made: a checked scenario with its seed, and the directory for its folder."""

    scenario: Scenario
    out: Path


@dataclass(frozen=True, slots=True)
class Network:
    """A network: its name, and a function that makes runs and yields their folders in order."""

    name: str
    run: Callable[[Sequence[Wanted], Sequence[str], Progress | None], Iterator[Path]]


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario, a copy per seed, and the notes about it."""

    scenarios: tuple[Scenario, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a comparison, and its folder."""

    folder: Path
    parity: Parity
    notes: tuple[Note, ...]
    figure: Path | None
    partial: bool = False
    """Whether the runs were interrupted; the report then covers the runs made so far."""


@dataclass(slots=True)
class _Begun:
    case: Case
    folder: ParityFolder
    runs: tuple[list[Run], list[Run]] = field(default_factory=lambda: ([], []))


def on_virtual(wanted: Sequence[Wanted], argv: Sequence[str], progress: Progress | None) -> Iterator[Path]:
    """Makes runs one after the other in virtual time."""
    return _on("virtual", wanted, argv, progress)


def on_netem(wanted: Sequence[Wanted], argv: Sequence[str], progress: Progress | None) -> Iterator[Path]:
    """Makes runs one after the other in real time, in one sandbox; parallel runs would disturb each other."""
    return _on("netem", wanted, argv, progress)


def _on(backend: str, wanted: Sequence[Wanted], argv: Sequence[str], progress: Progress | None) -> Iterator[Path]:
    jobs = [Job(one.scenario, one.out, backend, plot=False, argv=list(argv)) for one in wanted]
    return (run.folder for run in run_jobs(jobs, progress=progress))


VIRTUAL, NETEM = Network("virtual", on_virtual), Network("netem", on_netem)


def execute(
    cases: Sequence[Case],
    networks: tuple[Network, Network] = (VIRTUAL, NETEM),
    *,
    out: Path,
    tolerances: Mapping[str, Tolerance] = TOLERANCES,
    plot: bool = True,
    argv: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Iterator[Report]:
    """Runs all cases on the first network, then on the second, and yields each report after the last run of its case.

    ``progress`` is called for the second network, which is the slow one. When a run raises an error, a case under way
    gets a report on its runs so far, marked partial; on Ctrl-C these reports are yielded before KeyboardInterrupt is
    raised. Raises InputError when a case has no complete run on one of the two networks.
    """
    words = given() if argv is None else argv
    if networks[0].name == networks[1].name:
        raise ValueError("two networks need two names: they tell the runs' folders apart")
    begun = [_Begun(case, _folder(case, networks, out, tolerances, words)) for case in cases]
    done = 0
    try:
        for case, folder in _made(begun, networks[0], words, None):
            case.runs[0].append(open_run(folder))
        for case, folder in _made(begun, networks[1], words, progress):
            case.runs[1].append(open_run(folder))
            if len(case.runs[1]) == len(case.case.scenarios):
                report = _report(case, networks, tolerances, plot)
                done += 1
                yield report
    except BaseException as error:
        left = [_left(case, networks, tolerances, plot) for case in begun[done:]]
        if isinstance(error, KeyboardInterrupt):
            yield from (report for report in left if report is not None)
        raise


def of_existing(
    first: Side,
    second: Side,
    *,
    out: Path,
    tolerances: Mapping[str, Tolerance] = TOLERANCES,
    notes: tuple[Note, ...] = (),
    plot: bool = True,
    argv: Sequence[str] | None = None,
) -> Report:
    """Reports on existing runs. Raises InputError when they cannot be compared, before anything is written."""
    parity = compare(first, second, tolerances)
    identity = [[sorted(fingerprint(run.info) for run in side.runs) for side in (first, second)], _plain(tolerances)]
    folder = ParityFolder.create(out, parity.scenario, identity, _about(given() if argv is None else argv))
    folder.complete(parity, notes, "complete", plot=plot)
    return _told(folder, parity, notes, plot)


def _made(
    begun: Sequence[_Begun], network: Network, argv: Sequence[str], progress: Progress | None
) -> Iterator[tuple[_Begun, Path]]:
    """Makes all runs of a network and yields each with its case."""
    owners = [(case, scenario) for case in begun for scenario in case.case.scenarios]
    wanted = [Wanted(scenario, case.folder.path / network.name) for case, scenario in owners]
    yield from zip((case for case, _ in owners), network.run(wanted, argv, progress), strict=True)


def _folder(
    case: Case,
    networks: tuple[Network, Network],
    out: Path,
    tolerances: Mapping[str, Tolerance],
    argv: Sequence[str],
) -> ParityFolder:
    from nenc_lab.recording import provenance
    from nenc_lab.scenario.load import dump

    dumped = [dump(scenario) for scenario in case.scenarios]
    identity = [dumped, [network.name for network in networks], _plain(tolerances), provenance.versions()]
    about = {**_about(argv), "seeds": [scenario.seed for scenario in case.scenarios]}
    return ParityFolder.create(out, case.scenarios[0].name, identity, about)


def _about(argv: Sequence[str]) -> dict[str, Any]:
    from nenc_lab.recording import provenance

    return {"argv": list(argv), "versions": provenance.versions(), "git": provenance.git()}


def _plain(tolerances: Mapping[str, Tolerance]) -> dict[str, list[float]]:
    return {key: [one.absolute, one.relative] for key, one in tolerances.items()}


def _report(
    begun: _Begun, networks: tuple[Network, Network], tolerances: Mapping[str, Tolerance], plot: bool
) -> Report:
    parity = _compared(begun, networks, tolerances)
    begun.folder.complete(parity, begun.case.notes, "complete", plot=plot)
    return _told(begun.folder, parity, begun.case.notes, plot)


def _compared(begun: _Begun, networks: tuple[Network, Network], tolerances: Mapping[str, Tolerance]) -> Parity:
    first, second = (Side(network.name, tuple(runs)) for network, runs in zip(networks, begun.runs, strict=True))
    return compare(first, second, tolerances)


def _left(
    begun: _Begun, networks: tuple[Network, Network], tolerances: Mapping[str, Tolerance], plot: bool
) -> Report | None:
    """Reports on the runs of a case that was cut short; None when there are no runs to compare."""
    if all(any(run.status == "complete" for run in runs) for runs in begun.runs):
        parity = _compared(begun, networks, tolerances)
        begun.folder.complete(parity, begun.case.notes, "partial", plot=plot)
        return replace(_told(begun.folder, parity, begun.case.notes, plot), partial=True)
    begun.folder.leave()
    return None


def _told(folder: ParityFolder, parity: Parity, notes: tuple[Note, ...], plot: bool) -> Report:
    from nenc_lab.parity.folder import FIGURE

    return Report(folder.path, parity, notes, folder.path / f"{FIGURE}.png" if plot else None)
