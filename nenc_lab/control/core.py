"""Drives the controllers of libnenc on the engine's clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nenc_lab.control.base import Sample, State
from nenc_lab.ctables.kinds import GAINS
from nenc_lab.errors import InputError
from nenc_lab.kernels import CData, check, ffi, lib

OWN_KEYS: Mapping[str, str] = {
    "rate_min_bps": "rate.min",
    "rate_max_bps": "rate.max",
    "rate_start_bps": "rate.start",
    "fps_max": "encoder.fps",
    "height_max": "encoder.resolution",
    "packet_bytes": "packet",
}
"""Fields of nenc_config that have scenario keys of their own, and so are not set under ``controller.knobs``."""


def knob_names() -> list[str]:
    """Returns the names of all fields of nenc_config that a scenario may set under ``controller.knobs``."""
    return [knob["name"] for knob in knobs() if knob["name"] not in OWN_KEYS and knob["name"] not in GAINS]


def knobs() -> list[dict[str, Any]]:
    """Returns one dict per knob of the C core: name, unit, value (the default), low, high, reason."""
    count = ffi.new("size_t *")
    table = lib.nenc_knobs(count)
    return [
        {
            "name": ffi.string(table[i].name).decode(),
            "unit": ffi.string(table[i].unit).decode(),
            "value": table[i].value,
            "low": table[i].low,
            "high": table[i].high,
            "reason": ffi.string(table[i].reason).decode(),
        }
        for i in range(count[0])
    ]


def make_config(law: str, tick_ns: int, values: Mapping[str, float], place: str) -> CData:
    """Returns a checked ``nenc_config``. ``values`` are by knob name.

    Raises InputError, which names the key and the legal range.
    """
    config = ffi.new("nenc_config *")
    lib.nenc_config_default(config)
    check(lib.nenc_config_choose(config, law.encode()), "nenc_config_choose")
    config.tick_ns = tick_ns
    table = {knob["name"]: knob for knob in knobs()}
    for name, value in values.items():
        if name not in table:
            from difflib import get_close_matches

            near = get_close_matches(name, table, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; the knobs are {', '.join(knob_names())}"
            raise InputError(f"{place}.knobs.{name}: the {law} controller has no such knob{hint}")
        if lib.nenc_config_set(config, name.encode(), value) < 0:
            knob = table[name]
            legal = f"{knob['low']:g} to {knob['high']:g} {knob['unit']}".rstrip()
            group = "gains" if name in GAINS else "knobs"
            raise InputError(f"{place}.{group}.{name}: {value!r} is out of range: {legal}")
    culprit = ffi.new("const char **")
    if lib.nenc_config_check(config, culprit) < 0:
        field = ffi.string(culprit[0]).decode() if culprit[0] else "?"
        raise InputError(f"{place}: {field} contradicts the other values; change one of them")
    return config


class CoreController:
    """A controller of libnenc, stepped by the engine with the same nenc_step as by its own thread in production."""

    def __init__(self, config: CData, now_ns: int) -> None:
        status = ffi.new("int *")
        handle = lib.nenc_create(config, now_ns, status)
        check(status[0], "nenc_create")
        self._handle = ffi.gc(handle, lib.nenc_destroy)
        self.tick_ns = int(config.tick_ns)

    def feedback(self, sample: Sample) -> None:
        lib.nenc_record(self._handle, sample)  # an invalid sample is refused and counted by the core

    def tick(self, now_ns: int, state: State) -> None:
        if lib.nenc_step(self._handle, now_ns, state) < 0:
            check(lib.nenc_step(self._handle, now_ns, state), "nenc_step")

    def close(self) -> None:
        if self._handle is not None:
            ffi.release(self._handle)
            self._handle = None
