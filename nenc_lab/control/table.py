"""The table of controllers: those of the C core's own table, and those made in Python.

To add one in C, write a file and a line in kernels_c/src/control/table.c; in Python, a file, a line here, and
its name in LAB_CONTROLLERS of nenc_lab/scenario/flow.py. Either way the contract suite tests it.
"""

from __future__ import annotations

from nenc_lab.control.base import Controller
from nenc_lab.control.settings import ControllerSettings
from nenc_lab.ctables import kinds
from nenc_lab.errors import InputError


def _core(settings: ControllerSettings, now_ns: int) -> Controller:
    from nenc_lab.control.core import OWN_KEYS, CoreController, make_config

    place = f"flows.{settings.flow}.controller"
    for name in settings.values:
        if name in OWN_KEYS:
            raise InputError(f"{place}.knobs.{name}: it is set by flows.{settings.flow}.{OWN_KEYS[name]}")
    values = {
        "rate_min_bps": settings.rate_min_bps,
        "rate_max_bps": settings.rate_max_bps,
        "rate_start_bps": settings.rate_start_bps,
        "fps_max": settings.fps,
        "height_max": float(settings.height),
        "packet_bytes": float(settings.packet_bytes),
        **settings.values,
    }
    return CoreController(make_config(settings.kind, settings.tick_ns, values, place), now_ns)


def _fixed(settings: ControllerSettings, now_ns: int) -> Controller:
    from nenc_lab.control.fixed import FixedController

    if settings.values:
        place = f"flows.{settings.flow}.controller"
        raise InputError(f"{place}: the fixed controller has no gains and no knobs; leave them out")
    return FixedController(settings.rate_start_bps, settings.fps, settings.height, settings.tick_ns)


def _external(settings: ControllerSettings, now_ns: int) -> Controller:
    from nenc_lab.control.external.controller import make_external

    return make_external(settings, now_ns)


CONTROLLERS = {kind.name: _core for kind in kinds.controllers()} | {"fixed": _fixed, "external": _external}


def make(settings: ControllerSettings, now_ns: int) -> Controller:
    """Creates the flow's controller. Raises InputError when its settings are not legal."""
    if settings.kind not in CONTROLLERS:
        place = f"flows.{settings.flow}.controller.kind"
        raise InputError(f"{place}: no controller {settings.kind!r}; there are {', '.join(CONTROLLERS)}")
    return CONTROLLERS[settings.kind](settings, now_ns)
