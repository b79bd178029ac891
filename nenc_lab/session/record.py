"""An engine driven to its end inside a run folder: what both kinds of run have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from nenc_lab.control.base import Controller
from nenc_lab.engine import SECOND_NS
from nenc_lab.errors import ControllerError, EnvironmentError_, InputError, Interrupted
from nenc_lab.recording import provenance
from nenc_lab.recording.folder import RunFolder
from nenc_lab.recording.interrupts import postponed
from nenc_lab.recording.recorder import Recorder
from nenc_lab.scenario import schema
from nenc_lab.scenario.load import dump


class Driven(Protocol):
    """An engine."""

    env: Any
    recorder: Recorder
    flows: Sequence[Any]
    hops: Sequence[str]
    packets: int

    def run(self) -> None: ...


def identity(scenario: schema.Scenario, argv: Sequence[str], backend: str) -> dict[str, Any]:
    """What run.json says of a run before its parts are made."""
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
    engine: Driven,
    out: Path,
    info: Mapping[str, Any],
    *,
    packets: bool,
    timing: Callable[[], dict[str, Any]] = dict,
    owner: tuple[int, int | None] | None = None,
) -> RunFolder:
    """Runs ``engine`` in a new folder under ``out``; ``timing``: what it has to add to that of run.json; ``owner``: see
    `RunFolder.create`.

    Raises Interrupted and ControllerError once what was measured is written; both name the folder.
    """
    info = {**info, "external": externals(engine.flows)}
    folder: RunFolder | None = None
    try:
        with postponed():  # no folder that nobody knows of
            folder = RunFolder.create(out, info, owner)
        with _timed(folder, engine, timing):
            _record(folder, engine, packets=packets)
    except KeyboardInterrupt as interrupt:
        raise Interrupted.leaving(interrupt, *([] if folder is None else [folder.path])) from None
    except ControllerError as error:
        assert folder is not None  # nothing runs before there is one
        folder.complete("partial", failure={"text": str(error), "flow": error.flow, **error.detail})
        error.folder = folder.path
        raise
    except (EnvironmentError_, InputError):
        if folder is not None:
            folder.discard()  # a full disk, a program that died: half a run must not pass for one
        raise
    return folder


def _record(folder: RunFolder, engine: Driven, *, packets: bool) -> None:
    order = [*(flow.name for flow in engine.flows), *engine.hops]
    with Recorder(folder.path, packets=packets, order=order) as recorder:
        engine.recorder = recorder
        try:
            engine.run()
            for flow in engine.flows:
                if flow.controller is not None:
                    flow.controller.close()  # here, because a user's own may fail in it
        except ControllerError as error:
            recorder.event(error.at_ns, error.flow, "controller_failed", str(error), **error.detail)
            raise


@contextmanager
def _timed(folder: RunFolder, engine: Driven, timing: Callable[[], dict[str, Any]]) -> Iterator[None]:
    """Loop and tables on the wall clock (``wall_s``), into run.json whatever happens."""
    begun = perf_counter()
    try:
        yield
    finally:
        wall_s = perf_counter() - begun
        simulated_s = engine.env.now / SECOND_NS
        folder.update(timing={"simulated_s": simulated_s, "wall_s": wall_s, "packets": engine.packets, **timing()})


def close_quietly(controller: Controller) -> None:
    """After the run: what ended it is told already, and a second failure of the user's would only hide that."""
    with suppress(ControllerError):
        controller.close()


def controllers(scenario: schema.Scenario) -> str:
    """The kinds of controller in a scenario, as run.json has them; an external one goes by its file's name."""
    return "+".join(dict.fromkeys(_kind(flow.controller) for flow in scenario.flows))


def externals(flows: Sequence[Any]) -> dict[str, dict[str, str]]:
    """What the users' controllers say of themselves, by flow."""
    return {flow.name: flow.controller.about for flow in flows if hasattr(flow.controller, "about")}


def _kind(controller: schema.Controller) -> str:
    return Path(controller.library).name if isinstance(controller, schema.ExternalController) else controller.kind
