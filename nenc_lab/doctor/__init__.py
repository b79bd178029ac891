"""Examines what the lab can use on this machine: one function per line of ``nenc-lab doctor``, each with a remedy."""

from __future__ import annotations

from collections.abc import Callable

from nenc_lab.doctor import core, encoders, machine, networks
from nenc_lab.doctor.finding import LIMITED, MISSING, OK, Finding

__all__ = ["CHECKS", "LIMITED", "MISSING", "OK", "Finding", "examine"]

CHECKS: dict[str, Callable[[], Finding]] = {
    "python": machine.python,
    "packages": machine.packages,
    "c core": core.core,
    "build": core.optional_parts,
    "simd": core.simd,
    "arm": core.arm,
    "compiler": machine.compiler,
    "kernel": machine.kernel,
    "disk": machine.disk,
    "real-time": machine.realtime,
    "netem host": networks.netem,
    "netem guest": networks.guest,
    "gpu": encoders.render_nodes,
    "udmabuf": encoders.picture_memory,
    "va-api": encoders.vaapi,
    "nvenc": encoders.nvidia,
    "x264": encoders.x264,
}


def examine() -> list[Finding]:
    """Returns all findings, in the order of `CHECKS`. Never raises; a check that fails becomes a finding."""
    return [_careful(name, check) for name, check in CHECKS.items()]


def _careful(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        return Finding(name, MISSING, f"the check failed: {type(error).__name__}: {error}", "see the message")
