"""Builds one run from a scenario and drives it: the only package that knows every concrete class. START HERE.

 run -- virtual.py          network, encoders and controllers in virtual time
   `- real/run/start.py     the same with real packets, inside a sandbox

Both take the settings of their parts from assembly/settings.py, and both drive an engine (engine/__init__.py: read that
first) inside a run folder (assembly/record.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from nenc_lab.assembly.record import controllers, drive, identity
from nenc_lab.assembly.settings import controller_settings
from nenc_lab.control.table import make as make_controller
from nenc_lab.errors import ControllerError, InputError
from nenc_lab.recording.folder import RunFolder
from nenc_lab.scenario import backends, schema

if TYPE_CHECKING:
    from nenc_lab.real.sandbox import Sandbox

__all__ = ["controllers", "prepare", "run"]


def prepare(scenario: schema.Scenario, backend: str | None = None) -> None:
    """Checks what the schema cannot: names and ranges of knobs, and what a given backend supports.

    Raises InputError. It writes nothing.
    """
    if backend is not None:
        backends.refuse(scenario, backend)
    if backend == "netem":
        from nenc_lab.real.run.checks import check

        check(scenario)
    for flow in scenario.flows:
        controller = make_controller(controller_settings(scenario, flow), flow.start)
        try:
            controller.close()
        except ControllerError as error:
            raise InputError(str(error)) from None


def run(
    scenario: schema.Scenario,
    *,
    out: Path,
    argv: Sequence[str],
    packets: bool = False,
    streams: bool = False,
    progress: Callable[[int], None] | None = None,
    backend: str = "virtual",
    place: Sandbox | None = None,
) -> RunFolder:
    """Runs ``scenario`` to its end and returns its folder, with tables but still without a summary.

    With ``streams``, the folder also keeps what real encoders made, as sent and as received (netem only). ``place`` is
    the sandbox of a run on netem; None opens a new one. Raises Interrupted and ControllerError after writing what was
    measured; both name the folder.
    """
    if streams and backend != "netem":
        raise InputError("streams can be kept only with --backend netem, which sends them")
    info = identity(scenario, argv, backend)
    if backend == "netem":
        from nenc_lab.real.run import start

        return start.run(scenario, info, out=out, packets=packets, streams=streams, progress=progress, sandbox=place)
    from nenc_lab.session import virtual

    with ExitStack() as stack:
        engine = virtual.build(scenario, stack, packets=packets, progress=progress)
        info["encoders"] = {flow.name: flow.encoder.about for flow in engine.flows if flow.encoder.about}
        return drive(engine, out, info, packets=packets)
