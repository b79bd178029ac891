"""What is said of a user's controller wherever it runs: how it is set up, how it fails, whether its table fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from nenc_lab.control.base import Sample
from nenc_lab.kernels import ffi, lib

Abi = Literal["v1", "origin"]
TABLE = "nenc_controller_v1"
ORIGIN = ("init_adaptive_encoder", "record_network_metrics", "get_current_bitrate")
REQUIRED = ("create", "record", "step", "destroy")


@dataclass(frozen=True, slots=True)
class Setup:
    """What a controller is made of and for. Rates bit/s, times ns."""

    library: Path
    sha256: str
    """Of the object that was checked."""
    abi: Literal["auto", "v1", "origin"]
    timeout_s: float
    now_ns: int
    config: Mapping[str, float]
    """Fields of nenc_controller_config by name, ``tick_ns`` among them."""
    knobs: Mapping[str, float]
    gains: tuple[float, float, float] | None
    """kp, ki, kd; NaN: not given."""


class Failure(Exception):
    """The user's code did not do what it must: ``function`` (of its own) at ``at_ns``, for this ``reason``."""

    def __init__(self, function: str, at_ns: int, reason: str, **detail: Any) -> None:
        super().__init__(f"{function}: {reason}")
        self.function, self.at_ns, self.reason = function, at_ns, reason
        self.detail = {"function": function, **detail}
        """Figures for the run's events."""


class Link(Protocol):
    """A way to the user's code. Everything but the last ``close`` raises Failure."""

    abi: Abi
    about: tuple[str, str]
    """The controller's own name and version; empty when it says none."""
    decision: Any
    """A ``nenc_decision *``: in, the lab's defaults; out, what ``step`` decided."""

    def record(self, sample: Sample) -> None:
        """One legal report."""

    def step(self, now_ns: int) -> None:
        """One tick."""

    def close(self) -> None:
        """Lets the user's code give back what it holds. Raises Failure once at most; may be called again."""


def check_table(abi_version: int, size: int, missing: int) -> None:
    """Raises Failure when the table that was found is not the one of controller.h. ``missing``: bits of REQUIRED."""
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
    """The scenario gives gains to a controller that takes none."""
    return Failure("set_gains", 0, "this controller has no gains: leave controller.gains out")


def nothing_found(abi: str, origin_found: int) -> Failure:
    """The object has neither interface (or not the one asked for). ``origin_found``: bits of ORIGIN."""
    missing = [name for bit, name in enumerate(ORIGIN) if not origin_found & 1 << bit]
    table = f"the table {TABLE} (see nenc/controller.h and kernels_c/examples/controller.c)"
    three = f"the origin's three functions (missing: {', '.join(missing)})"
    wanted = {"v1": table, "origin": three}.get(abi, f"neither {table} nor {three}")
    text = f"it exports {wanted}" if abi == "auto" else f"it does not export {wanted}"
    return Failure("load", 0, f'{text}; in C++ they need extern "C", and none may be static or hidden')


def refused(why: bytes) -> str:
    """What create() said when it returned NULL."""
    return f"returned NULL: {why.decode(errors='replace') or 'it did not say why'}"
