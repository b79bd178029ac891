"""Runs one scenario whole: load, check, session, summary, figure. What notebooks, the CLI and the sweep call."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nenc_lab.errors import ControllerError, EnvironmentError_, InputError

if TYPE_CHECKING:
    import polars

    from nenc_lab.real.sandbox import Sandbox
    from nenc_lab.recording.folder import RunFolder
    from nenc_lab.scenario.schema import Scenario

BACKENDS = ("virtual", "netem")


class LabRun:
    """A finished (or partial) run, read from its folder; in Jupyter it shows its figure and summary by itself."""

    def __init__(self, folder: Path | str) -> None:
        """Opens a run folder. Raises InputError when there is no readable run in it."""
        from nenc_lab.recording.open import open_run as open_folder

        self._run = open_folder(Path(folder))

    def __repr__(self) -> str:
        return f"LabRun({str(self.folder)!r}, status={self.status!r})"

    @property
    def folder(self) -> Path:
        return self._run.folder

    @property
    def info(self) -> dict[str, Any]:
        """Everything in run.json."""
        return self._run.info

    @property
    def status(self) -> str:
        """complete, partial (interrupted, or its controller failed), killed, or running."""
        return self._run.status

    @property
    def failure(self) -> str | None:
        """What a user's controller did to end the run early; None when it did not."""
        failure = self.info.get("failure")
        return None if failure is None else str(failure["text"])

    @property
    def summary(self) -> dict[str, Any]:
        """``flows`` by name and ``run``: the figures of design section 5; empty when the run was killed."""
        return self._run.summary

    @property
    def expectations(self) -> list[dict[str, Any]]:
        """One ``{"text", "passed", "observed"}`` per line of the scenario's ``expect``."""
        return list(self.info.get("expectations") or [])

    @property
    def notes(self) -> list[str]:
        """What happened that the scenario did not announce: hardware lost and found, an encoder at a limit."""
        from nenc_lab.plots.gather import warnings

        return [f"{t_s:.2f} s: {text}" for t_s, text in warnings(self._run)]

    @property
    def ok(self) -> bool:
        """The run is complete and met every expectation."""
        return self.status == "complete" and all(verdict["passed"] for verdict in self.expectations)

    @property
    def figure(self) -> Path | None:
        """convergence.png, when it was drawn."""
        path = self.folder / "convergence.png"
        return path if path.exists() else None

    def table(self, name: str) -> Any:
        """A pyarrow.Table by its name in `nenc_lab.records.TABLES`: ticks, frames, path, delays, packets or events."""
        return self._run.table(name)

    def frame(self, name: str) -> polars.DataFrame:
        """The same table as a polars data frame."""
        return self._run.frame(name)

    def draw(self) -> Path:
        """Draws convergence.png and .svg into the folder and returns the PNG's path."""
        from nenc_lab.plots.save import save

        return save(self._run)[0]

    def _repr_html_(self) -> str:
        from nenc_lab.report import html

        return html(self)


def open_run(folder: Path | str) -> LabRun:
    """The run in ``folder``. Raises InputError when there is none."""
    return LabRun(folder)


def load(
    target: str | Path,
    *,
    controller: str | None = None,
    encoder: str | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    backend: str | None = None,
) -> Scenario:
    """The scenario of a file or of a shipped NAME, with ``overrides`` ("a.b=c") and these choices for every flow.

    With a ``backend``, what that network cannot do is wrong as well.

    Raises ScenarioError (or InputError) naming place, value and what would be right.
    """
    from nenc_lab.analysis.expectations import check
    from nenc_lab.scenario.load import load as load_file
    from nenc_lab.scenario.load import resolve

    paths = resolve([str(target)])
    if len(paths) != 1:
        raise InputError(f"{target} holds {len(paths)} scenarios: name one of them, such as {paths[0]}")
    every: list[str] = [] if seed is None else [f"seed={seed}"]
    if controller is not None or encoder is not None:
        # Ahead of the user's overrides: those may set gains of the controller chosen here. They go by the flows' names.
        for flow in _flow_names(paths[0]):
            if controller is not None:
                every += _chosen(f"flows.{flow}.controller", controller)
            if encoder is not None:
                every.append(f"flows.{flow}.encoder.kind={encoder}")
    every += overrides
    return load_file(paths[0], every, backend, check)


def _flow_names(path: Path) -> list[str]:
    """Names of a file's flows, by which overrides go. Nothing else is looked at: what is chosen may mend the rest."""
    from nenc_lab.scenario import document
    from nenc_lab.scenario.load import read

    tree = read(path)
    flows = tree.value.get("flows") if isinstance(tree.value, dict) else None
    return [name for name, _ in document.children(flows)] if flows is not None and isinstance(flows.value, list) else []


def _chosen(key: str, controller: str) -> list[str]:
    """Overrides for a controller of this name or, when it looks like one, in this shared object."""
    if "/" not in controller and not controller.endswith(".so"):
        return [f"{key}.kind={controller}"]
    return [f"{key}.kind=external", f"{key}.library={json.dumps(controller)}", f"{key}.sha256=null"]


def check_backend(backend: str) -> None:
    """InputError for an unknown backend."""
    if backend not in BACKENDS:
        raise InputError(f"backend {backend!r} is unknown: {' or '.join(BACKENDS)}")


@contextmanager
def place_of(backend: str, scenarios: Sequence[Scenario], kind: str = "auto") -> Iterator[Sandbox | None]:
    """Where runs of these scenarios are, opened once for all of them; None on the virtual network, which needs none.

    ``kind``: auto, host or guest. Raises EnvironmentError_ where this machine has no such place.
    """
    if backend != "netem":
        yield None
        return
    from nenc_lab.real.run.memory import memory_mb
    from nenc_lab.real.run.start import PRELOAD
    from nenc_lab.real.sandbox import open_sandbox

    with open_sandbox(kind, memory_mb(scenarios), PRELOAD) as place:
        yield place


def run_scenario(
    scenario: Scenario,
    *,
    out: Path | str = "runs",
    argv: Sequence[str] | None = None,
    backend: str = "virtual",
    packets: bool = False,
    streams: bool = False,
    plot: bool = True,
    progress: Callable[[int], None] | None = None,
    place: Sandbox | None = None,
) -> LabRun:
    """Runs a loaded scenario, writes summary, verdicts and figure into its new folder under ``out``, and opens it.

    ``streams``: also keep what real encoders made, as sent and as received (netem). ``progress`` is called with the
    simulated time in ns; ``place``: see `place_of`, None: one for this run. Raises
    KeyboardInterrupt, and ControllerError when a user's controller fails, with the partial run's folder as ``folder``,
    after that run was summarised as far as it went.
    """
    from nenc_lab import session
    from nenc_lab.analysis.finish import finish

    check_backend(backend)
    words = list(sys.argv if argv is None else argv)
    folder: RunFolder | None = None
    try:
        folder = session.run(
            scenario,
            out=Path(out),
            argv=words,
            packets=packets,
            streams=streams,
            progress=progress,
            backend=backend,
            place=place,
        )
        finish(folder, "complete")
    except KeyboardInterrupt as interrupt:
        folder = getattr(interrupt, "folder", folder)
        if folder is not None:
            finish(folder, "partial")
            interrupt.folder = folder.path  # type: ignore[attr-defined]
        raise
    except ControllerError as error:
        finish(error.folder, "partial")
        if plot:
            LabRun(error.folder).draw()
        raise
    except EnvironmentError_:
        if folder is not None:
            folder.discard()  # a full disk: a run without its summary must not pass for a whole one
        raise
    done = LabRun(folder.path)
    if plot:
        done.draw()
    return done


def run(
    target: str | Path,
    *,
    backend: str = "virtual",
    controller: str | None = None,
    encoder: str | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    out: Path | str = "runs",
    packets: bool = False,
    streams: bool = False,
    plot: bool = True,
    progress: Callable[[int], None] | None = None,
) -> LabRun:
    """Runs one scenario: a YAML file, or the NAME of one that ships with the package ("step", "rtt-sweep/050ms").

    ``backend`` netem: real packets over real qdiscs, in real time. ``overrides`` are dotted assignments
    ("flows.video.rate.max=80Mbps"). The new folder is made under ``out``.
    Raises InputError for bad input, before anything is written, EnvironmentError_ when this machine cannot do it, and
    ControllerError (with ``folder``) when a user's controller fails in the run.

    >>> run("step", overrides=["duration=10s", "timeline=[]"], out=tmp).status        # doctest: +SKIP
    'complete'
    """
    from nenc_lab import session

    check_backend(backend)
    scenario = load(target, controller=controller, encoder=encoder, overrides=overrides, seed=seed, backend=backend)
    session.prepare(scenario, backend)
    return run_scenario(
        scenario, out=out, backend=backend, packets=packets, streams=streams, plot=plot, progress=progress
    )
