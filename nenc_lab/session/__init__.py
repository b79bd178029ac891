"""Builds one run from a scenario and drives it: the only place that knows every concrete class. START HERE.

run -- virtual: the parts of a run in virtual time      -.
    `- real: the same over a real path, inside a place  -+- record: driven inside a run folder
                               both from settings: the scenario's words as the parts take them
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from nenc_lab.control.table import make as make_controller
from nenc_lab.errors import ControllerError, InputError
from nenc_lab.recording.folder import RunFolder
from nenc_lab.scenario import backends, schema
from nenc_lab.session.record import controllers, drive, identity
from nenc_lab.session.settings import controller_settings

if TYPE_CHECKING:
    from nenc_lab.real.sandbox.base import Place

__all__ = ["controllers", "prepare", "run"]


def prepare(scenario: schema.Scenario, backend: str | None = None) -> None:
    """Checks what the schema cannot see (knob names and ranges, what a backend that is given cannot do). Raises
    InputError; writes nothing."""
    if backend is not None:
        backends.refuse(scenario, backend)
    if backend == "netem":
        from nenc_lab.session import real

        real.check(scenario)
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
    place: Place | None = None,
) -> RunFolder:
    """Runs ``scenario`` to its end and returns its folder, tables written, summary still missing.

    ``streams``: also what real encoders made, as sent and as received (netem). ``place``: where a run on netem is;
    None: one of its own. Raises Interrupted and ControllerError once what was measured is written; both name the
    folder.
    """
    if streams and backend != "netem":
        raise InputError("streams are kept where they are sent: on netem")
    info = identity(scenario, argv, backend)
    if backend == "netem":
        from nenc_lab.session import real

        return real.run(scenario, info, out=out, packets=packets, streams=streams, progress=progress, place=place)
    from nenc_lab.session import virtual

    with ExitStack() as stack:
        engine = virtual.build(scenario, stack, packets=packets, progress=progress)
        info["encoders"] = {flow.name: flow.encoder.about for flow in engine.flows if flow.encoder.about}
        return drive(engine, out, info, packets=packets)
