"""Streams of real encoders, cut into RTP and joined again by the C library: what the tests of the packets share."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from nenc_lab import _kernels
from nenc_lab.programs import module

TESTS = Path(_kernels.__file__).parents[1] / "kernels_c" / "tests"
FRAMES = 60


@dataclass(frozen=True)
class Cut:
    """A stream and what became of it."""

    stream: Path | None
    out: Path
    pcap: Path
    sdp: Path
    said: list[list[str]]
    """The program's lines, as words."""

    def lines(self, kind: str) -> list[list[str]]:
        """The words behind ``kind`` of its lines."""
        return [words[1:] for words in self.said if words[0] == kind]


def _run(*words: str | Path, **environment: str) -> list[list[str]]:
    if not Path(words[0]).is_file():
        pytest.skip(f"NOT CHECKED: the package is not built in a checkout: no {Path(words[0]).name}")
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def cut(folder: Path, format: str, lose: int = 0) -> Cut:
    """60 frames of 640x360 in the format, or padding of about that size, through ``rtp_file``."""
    stream, sizes = (folder / f"stream.{format}") if format != "padding" else None, folder / "sizes"
    if stream is None:
        sizes.write_text("\n".join(str(1 + 137 * number) for number in range(FRAMES)), encoding="ascii")
    else:
        needed = {"h264": "nenc-x264.so", "hevc": "nenc_drv_video.so"}[format]
        place = module(needed)
        if place is None:
            pytest.skip(f"NOT CHECKED: this build has no {needed}")
        x264 = module("nenc-x264.so")
        encoder = ["x264"] if format == "h264" else ["vaapi", "codec=hevc"]
        words = [encoder[0], stream, f"frames={FRAMES}", "key=31", "bps=3000000", *encoder[1:]]
        rows = _run(TESTS / "encode_file", *words, NENC_MODULES=str((x264 or place).parent))
        sizes.write_text("\n".join(row[1] for row in rows if row[0] != "#"), encoding="ascii")
    out, pcap, sdp = folder / "out", folder / "packets.pcap", folder / "stream.sdp"
    said = _run(TESTS / "rtp_file", format, stream or "-", sizes, out, pcap, sdp, str(lose))
    return Cut(stream, out, pcap, sdp, said)
