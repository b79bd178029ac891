"""The interface to the code of a user's controller: how it is set up, called, and how it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from nenc_lab.control.base import Sample
from nenc_lab.kernels import CData, ffi, lib

Abi = Literal["v1", "origin"]
TABLE = "nenc_controller_v1"
ORIGIN = ("init_adaptive_encoder", "record_network_metrics", "get_current_bitrate")
REQUIRED = ("create", "record", "step", "destroy")


@dataclass(frozen=True, slots=True)
class Setup:
    """The shared object, and the settings with which its controller is created. Rates are bit/s, times ns."""

    library: Path
    sha256: str
    """Digest of the object when the scenario was checked."""
    abi: Literal["auto", "v1", "origin"]
    timeout_s: float
    now_ns: int
    config: Mapping[str, float]
    """Fields of nenc_controller_config by name, including ``tick_ns``."""
    knobs: Mapping[str, float]
    gains: tuple[float, float, float] | None
    """kp, ki, kd, with NaN for a gain that is not given. None: no gains are given."""


class Failure(Exception):
    """The user's code failed in ``function`` at ``at_ns`` of the lab's clock, because of ``reason``."""

    def __init__(self, function: str, at_ns: int, reason: str, **detail: object) -> None:
        super().__init__(f"{function}: {reason}")
        self.function, self.at_ns, self.reason = function, at_ns, reason
        self.detail = {"function": function, **detail}
        """Details for the run's events table."""


class Link(Protocol):
    """A way to call the user's code. Every method may raise Failure."""

    abi: Abi
    about: tuple[str, str]
    """Name and version that the controller gives itself; empty when it gives none."""
    decision: CData
    """A cffi ``nenc_decision *``: the lab's defaults before ``step``, the decision after it."""

    def record(self, sample: Sample) -> None:
        """Hands over one valid report."""

    def step(self, now_ns: int) -> None:
        """Runs one control tick; the result is in ``decision``."""

    def close(self) -> None:
        """Destroys the controller. Raises Failure at most once, and may be called again."""


def check_table(abi_version: int, size: int, missing: int) -> None:
    """Raises Failure unless the table matches controller.h.

    Bit i of ``missing`` is set when function i of REQUIRED is NULL.
    """
    if abi_version != lib.NENC_CONTROLLER_ABI:
        reason = f"its abi_version is {abi_version}, and this lab has {lib.NENC_CONTROLLER_ABI}"
        raise Failure(TABLE, 0, f"{reason}: build it with this version's nenc/controller.h")
    wanted = ffi.sizeof("struct nenc_controller_v1")
    if size != wanted:
        raise Failure(TABLE, 0, f"its size is {size}, not {wanted}: set .size = sizeof(struct nenc_controller_v1)")
    names = [name for bit, name in enumerate(REQUIRED) if missing & 1 << bit]
    if names:
        raise Failure(TABLE, 0, f"its {', '.join(names)} is NULL: only set_gains may be")


def no_gains() -> Failure:
    """Returns the failure for gains that a scenario gives to a controller without set_gains."""
    return Failure("set_gains", 0, "this controller has no gains: leave controller.gains out")


def nothing_found(abi: str, origin_found: int) -> Failure:
    """Returns the failure for an object that has neither interface, or not the one asked for.

    Bit i of ``origin_found`` is set when function i of ORIGIN was found.
    """
    missing = [name for bit, name in enumerate(ORIGIN) if not origin_found & 1 << bit]
    table = f"the table {TABLE} (see nenc/controller.h and kernels_c/examples/controller.c)"
    three = f"the three functions of nenc.h (missing: {', '.join(missing)})"
    wanted = {"v1": table, "origin": three}.get(abi, f"neither {table} nor {three}")
    text = f"it exports {wanted}" if abi == "auto" else f"it does not export {wanted}"
    return Failure("load", 0, f'{text}; in C++ they need extern "C", and none may be static or hidden')


def refused(why: bytes) -> str:
    """Returns the message for a create() that returned NULL, with the reason it gave."""
    return f"returned NULL: {why.decode(errors='replace') or 'it did not say why'}"
