"""Checks of GPUs and real encoders."""

from __future__ import annotations

import glob
import os
import subprocess
import sys

from nenc_lab.doctor.finding import LIMITED, MISSING, OK, TIMEOUT_S, Finding

UDMABUF = "/dev/udmabuf"


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
