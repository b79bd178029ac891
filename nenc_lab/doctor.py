"""Examines what the lab can use on this machine: one function per line of ``nenc-lab doctor``, each with a remedy."""

from __future__ import annotations

import glob
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nenc_lab.errors import MachineError, NencLabError
from nenc_lab.programs import find, module

OK, LIMITED, MISSING = "ok", "limited", "missing"
TIMEOUT_S = 5.0
UDMABUF = "/dev/udmabuf"

SIMD_BITS = (("avx2", 1), ("fma", 2), ("neon", 4))
"""Bits of nenc_cpu_flag in nenc.h."""
KERNELS = ("c", "avx2", "neon")
"""The values that NENC_CPU may have."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: ``state`` is ok, limited (works with restrictions) or missing; ``remedy`` is None when it is ok."""

    name: str
    state: str
    detail: str
    remedy: str | None = None


def examine() -> list[Finding]:
    """Returns all findings, in the order of `CHECKS`. Never raises; a check that fails becomes a finding."""
    return [_careful(name, check) for name, check in CHECKS.items()]


def _careful(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        return Finding(name, MISSING, f"the check failed: {type(error).__name__}: {error}", "see the message")


def python() -> Finding:
    """Reports the version of Python."""
    return Finding("python", OK, f"{platform.python_version()} at {sys.executable}")


def packages() -> Finding:
    """Checks the packages that nenc-lab's metadata requires."""
    import re
    from importlib import metadata

    missing, found = [], []
    for requirement in metadata.requires("nenc-lab") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", MISSING, f"not installed: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    return Finding("packages", OK, ", ".join(found))


def core() -> Finding:
    """Checks the compiled C core, and reports the kernel variant that it has chosen."""
    try:
        from nenc_lab.kernels import ffi, lib
    except NencLabError as error:
        return Finding("c core", MISSING, str(error), "./lab doctor builds it, or: pip install nenc-lab")
    version = ffi.string(lib.nenc_version()).decode()
    kernel = ffi.string(lib.nenc_kernel_name()).decode()
    return Finding("c core", OK, f"libnenc {version}, kernels: {kernel}")


def simd() -> Finding:
    """Reports the SIMD instructions that the core uses, and checks NENC_CPU."""
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


def compiler() -> Finding:
    """Checks for a C compiler."""
    path = find(os.environ.get("CC", "cc")) or find("gcc") or find("clang")
    if path is None:
        return Finding("compiler", MISSING, "no cc, gcc or clang", "apt-get install gcc libc6-dev")
    return Finding("compiler", OK, f"{_first_line(path, '--version') or path}")


def kernel() -> Finding:
    """Reports the kernel and the number of cores."""
    return Finding("kernel", OK, f"{platform.system()} {platform.release()} on {os.cpu_count()} cores")


def render_nodes() -> Finding:
    """Checks for GPUs that can be opened for encoding."""
    nodes = sorted(glob.glob("/dev/dri/renderD*"))
    if not nodes:
        return Finding(
            "gpu", MISSING, "no /dev/dri/renderD*", "add a GPU and its kernel driver; encoding falls back to software"
        )
    usable = [node for node in nodes if os.access(node, os.R_OK | os.W_OK)]
    if not usable:
        return Finding(
            "gpu",
            LIMITED,
            f"no permission to open {', '.join(nodes)}",
            "sudo usermod -aG render $USER, then log in again",
        )
    return Finding("gpu", OK, ", ".join(usable))


def vaapi() -> Finding:
    """Reports the driver that ``kind: vaapi`` would use here, and why, by opening it as a run does."""
    state, text = _encoder("vaapi")
    if state != OK:
        return Finding("va-api", MISSING, text, "apt-get install libva-dev libx264-dev, then build again")
    if "driver:nenc" not in text:
        return Finding("va-api", OK, text)
    if os.environ.get("LIBVA_DRIVER_NAME") == "nenc":
        return Finding(
            "va-api",
            LIMITED,
            f"LIBVA_DRIVER_NAME=nenc selects the software driver for every device: {text}",
            "for hardware: unset LIBVA_DRIVER_NAME LIBVA_DRIVERS_PATH",
        )
    nodes = glob.glob("/dev/dri/renderD*")
    why = f"none of {', '.join(sorted(nodes))} encodes H.264" if nodes else "no GPU: no /dev/dri/renderD*"
    return Finding(
        "va-api",
        LIMITED,
        f"{why}; the software driver is used instead: {text}",
        "for hardware: add a GPU, and install intel-media-va-driver or mesa-va-drivers (AMD)",
    )


def picture_memory() -> Finding:
    """Checks /dev/udmabuf, which makes pictures in DMA-BUFs, so that a GPU can read them without a copy."""
    if os.access(UDMABUF, os.R_OK | os.W_OK):
        return Finding("udmabuf", OK, f"{UDMABUF}: encoders read pictures from DMA-BUFs, without a copy")
    there = os.path.exists(UDMABUF)
    return Finding(
        "udmabuf",
        LIMITED,
        f"{UDMABUF} {'may not be opened' if there else 'does not exist'}: pictures are memfds, which a GPU has to copy",
        f"sudo setfacl -m u:$USER:rw {UDMABUF}" if there else "sudo modprobe udmabuf (Linux 4.20 or newer)",
    )


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


def nvidia() -> Finding:
    """Tries NVENC by opening it for a moment only, because some cards allow few sessions."""
    caution = "checked against this project's stub only, never on NVIDIA hardware"
    state, text = _encoder("nvenc")
    return (
        Finding("nvenc", LIMITED, f"{text}; {caution}", "report how it works")
        if state == OK
        else Finding("nvenc", MISSING, f"{text}; {caution}", "add an NVIDIA GPU and its driver, 470.57.02 or newer")
    )


def x264() -> Finding:
    """Checks for the software encoder x264, by opening it."""
    state, text = _encoder("x264")
    if state == OK:
        return Finding("x264", OK, text)
    return Finding("x264", MISSING, text, "apt-get install libx264-dev (GPL), then build again")


def _encoder(name: str) -> tuple[str, str]:
    """Opens an encoder and returns a state and its description or error, in a separate process as drivers may crash."""
    code = (
        "import sys; from nenc_lab.kernels import ffi, lib; c, e, t = ffi.new('nenc_encoder_config *'), "
        "ffi.new('nenc_encoder **'), ffi.new('char[]', 512); lib.nenc_encoder_config_default(c); "
        "s = lib.nenc_encoder_open(sys.argv[1].encode(), c, e, t, 512); "
        "print(ffi.string(t if s < 0 else lib.nenc_encoder_describe(e[0])).decode(errors='replace')); "
        "lib.nenc_encoder_close(e[0]); sys.exit(s < 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    last = (done.stdout.strip() or done.stderr.strip() or "it gives no reason").splitlines()[-1]
    if done.returncode < 0:
        return MISSING, f"opening it crashed the process (signal {-done.returncode}): {last}"
    return (OK if done.returncode == 0 else MISSING), last


def netem() -> Finding:
    """Tries real network emulation in this host's kernel, in temporary namespaces."""
    from nenc_lab.real.sandbox.host import obstacle

    problem = obstacle()
    if problem is None:
        return Finding("netem host", OK, f"sch_netem, sch_hfsc and veth work in namespaces of {platform.release()}")
    if "\n" in problem:  # the output of a process that started and ended; its last line is the reason
        first, *_, last = problem.splitlines()
        return Finding("netem host", MISSING, f"{first.partition(';')[0]}: {last.strip()}", "use the guest below")
    what, _, remedy = problem.partition("; ")
    return Finding(
        "netem host", MISSING, what, f"{remedy}; or use the guest below" if remedy else "use the guest below"
    )


def guest() -> Finding:
    """Boots the rootless guest once, and checks its kernel's modules."""
    from nenc_lab.real.sandbox import uml
    from nenc_lab.real.sandbox.guest import Guest
    from nenc_lab.real.sandbox.netem_support import NEEDED

    path = uml.find()
    if path is None:
        return Finding("netem guest", MISSING, "no User-Mode Linux", uml.REMEDY)
    try:
        with Guest() as sandbox:
            lacks = [
                *sandbox.call("nenc_lab.real.sandbox.netem_support:lacking", NEEDED),
                *sandbox.about["modules_missing"],
            ]
            about, taken_mb = sandbox.about, sandbox.taken_mb()
    except MachineError as error:
        return Finding(
            "netem guest", MISSING, f"{path}: {error}", "see its kernel's messages; for a full disk, set TMPDIR"
        )
    detail = (
        f"{path}, Linux {about['kernel']}: booted in {about['boot_s']:.1f} s, HZ {about['hz']}, "
        f"takes {taken_mb} MB of at most {about['memory_mb']}"
    )
    if lacks:
        return Finding(
            "netem guest",
            LIMITED,
            f"{detail}; lacks {', '.join(sorted(set(lacks)))}",
            f"install its modules: {uml.REMEDY}",
        )
    return Finding("netem guest", OK, detail)


def realtime() -> Finding:
    """Checks whether the adaptation thread may use SCHED_FIFO."""
    limit, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
    if os.geteuid() == 0 and _may_be_realtime():
        return Finding("real-time", OK, "root may use SCHED_FIFO")
    if limit > 0:
        return Finding("real-time", OK, f"RLIMIT_RTPRIO {limit}")
    return Finding(
        "real-time",
        LIMITED,
        "SCHED_FIFO is not allowed: the adaptation thread runs as a normal thread, and the run records this",
        "add 'YOU - rtprio 10' to /etc/security/limits.conf, with your user name for YOU, then log in again",
    )


def disk() -> Finding:
    """Checks the free space in the working directory."""
    usage = shutil.disk_usage(Path.cwd())
    free = usage.free / 1e9
    state = OK if free >= 1 else LIMITED
    return Finding(
        "disk", state, f"{free:.1f} GB free here", None if state == OK else "free some space, or use --out DIR"
    )


CHECKS: dict[str, Callable[[], Finding]] = {
    "python": python,
    "packages": packages,
    "c core": core,
    "build": optional_parts,
    "simd": simd,
    "arm": arm,
    "compiler": compiler,
    "kernel": kernel,
    "disk": disk,
    "real-time": realtime,
    "netem host": netem,
    "netem guest": guest,
    "gpu": render_nodes,
    "udmabuf": picture_memory,
    "va-api": vaapi,
    "nvenc": nvidia,
    "x264": x264,
}


def _lines(*command: str) -> list[str]:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return (done.stdout or done.stderr).splitlines()


def _first_line(*command: str) -> str:
    lines = _lines(*command)
    return lines[0].strip() if lines else ""


def _may_be_realtime() -> bool:
    """Tries SCHED_FIFO in a short-lived child, because root in a container may lack the capability."""
    code = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))"
    try:
        done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
