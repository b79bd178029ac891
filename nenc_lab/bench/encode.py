"""``encode``: cost of the software VA-API driver over x264 alone, and the time to fail over to software."""

from __future__ import annotations

import os
from statistics import median

from nenc_lab.bench import Figure, Say
from nenc_lab.bench.kernels import timed
from nenc_lab.errors import InternalError
from nenc_lab.kernels import CData, ffi, lib
from nenc_lab.programs import module, program

OVERHEAD = "encode.driver_overhead"
FALLBACK = "encode.fallback_ms"
FAIL, RESET = 1, 3
"""nenc_fault in failover.h."""
FRAMES = 10
"""Frames encoded before the fault."""


def measure(repeats: int, say: Say) -> list[Figure]:
    """The figures of this group. Figures that this build cannot measure are reported to ``say`` and left out."""
    return [*_overhead(repeats, say), *_fallback(repeats, say)]


def _overhead(repeats: int, say: Say) -> list[Figure]:
    peer = program("check_kernels").with_name("va_overhead")
    driver = module("nenc_drv_video.so")
    if not peer.is_file() or driver is None:  # the peer is under the GPL and never leaves the build folder
        say(f"{OVERHEAD} is left out: only a checkout built with libva-dev and libx264-dev has it")
        return []
    environment = {**os.environ, "LIBVA_DRIVERS_PATH": str(driver.parent), "LIBVA_DRIVER_NAME": "nenc"}
    values = timed(peer, [], 4 * repeats, environment)
    return [
        Figure(OVERHEAD, values[OVERHEAD], "CPU of a 1080p picture through libva and our driver over x264's, minus 1")
    ]


def _fallback(repeats: int, say: Say) -> list[Figure]:
    if module("nenc-vaapi.so") is None or module("nenc-x264.so") is None:
        say(f"{FALLBACK} is left out: this build has no VA-API or no x264")
        return []
    worst = max(median(_takes_over_ms(fault) for _ in range(repeats)) for fault in (FAIL, RESET))
    return [
        Figure(FALLBACK, worst, "ms: a 720p VA-API encoder fails, or its process dies, until x264's frame is there")
    ]


def _takes_over_ms(fault: int) -> float:
    """One measurement of the time from the detected failure to the next frame, in ms."""
    config, made = ffi.new("nenc_failover_config *"), ffi.new("nenc_failover **")
    picture, frame, event = ffi.new("nenc_frame *"), ffi.new("nenc_failover_frame *"), ffi.new("nenc_failover_event *")
    lib.nenc_failover_config_default(config)
    host = ffi.new("char[]", str(program("nenc_encoder_host")).encode())
    config.host, config.encoder.device = host, b"driver:nenc"
    text = ffi.new("char[]", 512)
    if lib.nenc_failover_open(config, made, text, 512) < 0:
        raise InternalError(f"{FALLBACK}: {ffi.string(text).decode(errors='replace')}")
    encoder: CData = made[0]
    try:
        for number in range(FRAMES + 1):
            if number == FRAMES:
                lib.nenc_failover_fault(encoder, fault)
            lib.nenc_failover_picture(encoder, picture)
            picture.pts_ns = number * 33_333_333
            if lib.nenc_failover_encode(encoder, picture, frame) < 0:
                raise InternalError(f"{FALLBACK}: {ffi.string(lib.nenc_failover_failure(encoder)).decode()}")
        while lib.nenc_failover_event_take(encoder, event):
            if event.kind == 0:
                return float(event.took_ns) / 1e6
        raise InternalError(f"{FALLBACK}: nothing failed")
    finally:
        lib.nenc_failover_close(encoder)
