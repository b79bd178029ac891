"""nenc-lab: a wind tunnel for adaptive-bitrate control of 4K/8K real-time video.

>>> import nenc_lab
>>> run = nenc_lab.run("step")        # doctest: +SKIP
>>> run.summary["flows"]["video"]["utilisation"]        # doctest: +SKIP

    load      reads a scenario file, or a shipped scenario by its name, and returns a `Scenario`
    run       runs a scenario and returns a `Run`, or a list of them with ``repeat=N``
    open_run  opens the folder of an earlier run and returns its `Run`
    sweep     runs scenarios over a space of settings and returns a `SweepResult`

Errors that the lab raises itself are InputError (or ScenarioError, which says where in the file), MachineError,
ControllerError, InternalError and Interrupted. Nothing is imported before it is used: ``import nenc_lab`` takes
milliseconds and has no side effect.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nenc_lab.api import ControllerError as ControllerError
    from nenc_lab.api import InputError as InputError
    from nenc_lab.api import InternalError as InternalError
    from nenc_lab.api import Interrupted as Interrupted
    from nenc_lab.api import MachineError as MachineError
    from nenc_lab.api import Run as Run
    from nenc_lab.api import Scenario as Scenario
    from nenc_lab.api import ScenarioError as ScenarioError
    from nenc_lab.api import load as load
    from nenc_lab.api import open_run as open_run
    from nenc_lab.api import run as run
    from nenc_lab.api import sweep as sweep

    __version__: str

__all__ = [
    "ControllerError",
    "InputError",
    "InternalError",
    "Interrupted",
    "MachineError",
    "Run",
    "Scenario",
    "ScenarioError",
    "__version__",
    "load",
    "open_run",
    "run",
    "sweep",
]


def __getattr__(name: str) -> object:
    """Imports `nenc_lab.api`, which has every other public name, when the first of them is used (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("nenc-lab")
    if name in __all__:
        return getattr(import_module("nenc_lab.api"), name)
    raise AttributeError(f"module 'nenc_lab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
