"""Checks of the compiled core and of the parts it was built with."""

from __future__ import annotations

import json
import os
import platform

from nenc_lab.doctor.finding import LIMITED, MISSING, OK, Finding
from nenc_lab.errors import NencLabError
from nenc_lab.programs import module

SIMD_BITS = (("avx2", 1), ("fma", 2), ("neon", 4))
"""Bits of nenc_cpu_flag in nenc.h."""
KERNELS = ("c", "avx2", "neon")
"""The values that NENC_CPU may have."""


def core() -> Finding:
    """Checks the compiled C core, and reports the kernel variant that it has chosen."""
    try:
        from nenc_lab.kernels import ffi, lib
    except NencLabError as error:
        return Finding("c core", MISSING, str(error), "./lab doctor builds it, or: pip install nenc-lab")
    version = ffi.string(lib.nenc_version()).decode()
    kernel = ffi.string(lib.nenc_kernel_name()).decode()
    return Finding("c core", OK, f"libnenc {version}, kernels: {kernel}")


def optional_parts() -> Finding:
    """Reports the optional parts that this build lacks, and why, from the build's own notes."""
    note = module("optional.json")
    if note is None:
        return Finding("build", LIMITED, "it has no notes about its optional parts", "build it again")
    reasons = json.loads(note.read_text(encoding="utf-8"))
    left_out = [f"{name}: {why}" for name, why in reasons.items() if why]
    if left_out:
        return Finding(
            "build",
            LIMITED,
            f"left out of this build: {'; '.join(left_out)}",
            "install what is missing, then build again",
        )
    return Finding("build", OK, f"with every optional part: {', '.join(reasons)}")


def simd() -> Finding:
    from nenc_lab.kernels import lib

    flags = lib.nenc_cpu_flags()
    wish = os.environ.get("NENC_CPU")
    if wish is not None and wish not in KERNELS:
        return Finding(
            "simd",
            LIMITED,
            f"NENC_CPU={wish} is not a kernel variant and is ignored",
            f"set NENC_CPU={'|'.join(KERNELS)}, or unset it",
        )
    names = [name for name, bit in SIMD_BITS if flags & bit]
    machine = platform.machine()
    if {"avx2", "fma"} <= set(names) or "neon" in names:
        return Finding("simd", OK, f"{machine}: {', '.join(names)}")
    return Finding(
        "simd",
        LIMITED,
        f"{machine}: {', '.join(names) or 'none that the core uses'}",
        "the plain C kernels are used; for AVX2 or NEON use another processor, or unset NENC_CPU",
    )


def arm() -> Finding:
    """Tells whether this machine can repeat the original benchmark, which used an AWS c6g.16xlarge, a 64-bit Arm."""
    if platform.machine() == "aarch64":
        return Finding("arm", OK, "64-bit Arm: ./lab bench core quality repeats the original c6g benchmark here")
    return Finding(
        "arm",
        LIMITED,
        f"{platform.machine()}: NEON is checked under qemu (.ci/run c-aarch64), which says nothing about speed",
        "run ./lab bench core quality on a c6g.16xlarge, or any 64-bit Arm with Debian 12 or Ubuntu 24.04",
    )
