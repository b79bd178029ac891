"""Runs an engine inside a new run folder, in the same way on every network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

from nenc_lab.control.base import Controller
from nenc_lab.engine.base import SECOND_NS, Engine, Flow
from nenc_lab.errors import ControllerError, InputError, Interrupted, MachineError
from nenc_lab.interrupts import Postponed
from nenc_lab.recording import provenance
from nenc_lab.recording.folder import RunFolder
from nenc_lab.recording.recorder import Recorder
from nenc_lab.scenario import schema
from nenc_lab.scenario.load import dump


def identity(scenario: schema.Scenario, argv: Sequence[str], backend: str) -> dict[str, Any]:
    """Returns the entries of run.json that are known before the parts of the run are made."""
    return {
        "scenario": dump(scenario),
        "seed": scenario.seed,
        "backend": backend,
        "controller": controllers(scenario),
        "argv": list(argv),
        "versions": provenance.versions(),
        "git": provenance.git(),
        "host": provenance.host(),
        "calibration": None,
    }


def drive(
    engine: Engine,
    out: Path,
    info: Mapping[str, Any],
    *,
    packets: bool,
    timing: Callable[[], dict[str, Any]] = dict,
    owner: tuple[int, int | None] | None = None,
) -> RunFolder:
    """Runs ``engine`` in a new folder under ``out`` and returns that folder.

    ``timing`` returns extra entries for the ``timing`` object of run.json; for ``owner`` see `RunFolder.create`.
    Raises Interrupted and ControllerError after writing what was measured; both name the folder. MachineError and
    InputError discard the folder.
    """
    info = {**info, "external": externals(engine.flows)}
    folder: RunFolder | None = None
    try:
        with Postponed():  # Ctrl-C must not leave a folder that nobody knows of
            folder = RunFolder.create(out, info, owner)
        with _timed(folder, engine, timing):
            _record(folder, engine, packets=packets)
    except KeyboardInterrupt as interrupt:
        raise Interrupted.leaving(interrupt, *([] if folder is None else [folder.path])) from None
    except ControllerError as error:
        assert folder is not None  # controllers run only once the folder exists
        folder.complete("partial", failure={"text": str(error), "flow": error.flow, **error.detail})
        error.folder = folder.path
        raise
    except (MachineError, InputError):
        if folder is not None:
            folder.discard()  # after a full disk or a dead program, half a run must not pass for a whole one
        raise
    return folder


def _record(folder: RunFolder, engine: Engine, *, packets: bool) -> None:
    order = [*(flow.name for flow in engine.flows), *engine.hops]
    with Recorder(folder.path, packets=packets, order=order) as recorder:
        try:
            engine.run(recorder)
            for flow in engine.flows:
                if flow.controller is not None:
                    flow.controller.close()  # inside the run, because a user's own controller may fail in it
        except ControllerError as error:
            recorder.event(error.at_ns, error.flow, "controller_failed", str(error), **error.detail)
            raise


@contextmanager
def _timed(folder: RunFolder, engine: Engine, timing: Callable[[], dict[str, Any]]) -> Iterator[None]:
    """Writes the wall time of the loop and the tables to run.json, even when the run fails."""
    begun = perf_counter()
    try:
        yield
    finally:
        wall_s = perf_counter() - begun
        simulated_s = engine.env.now / SECOND_NS
        folder.update(timing={"simulated_s": simulated_s, "wall_s": wall_s, "packets": engine.packets, **timing()})


def close_quietly(controller: Controller) -> None:
    """Closes a controller after the run and ignores a failure, which would hide the reason why the run ended."""
    with suppress(ControllerError):
        controller.close()


def controllers(scenario: schema.Scenario) -> str:
    """Returns the controller kinds of a scenario, joined with ``+``; an external one goes by its file name."""
    return "+".join(dict.fromkeys(_kind(flow.controller) for flow in scenario.flows))


def externals(flows: Sequence[Flow]) -> dict[str, dict[str, str]]:
    """Returns the name, version and interface of each user's own controller, by flow."""
    return {flow.name: about for flow in flows if (about := getattr(flow.controller, "about", None)) is not None}


def _kind(controller: schema.Controller) -> str:
    return Path(controller.library).name if isinstance(controller, schema.ExternalController) else controller.kind
