"""The software VA-API driver under other people's clients: where it is, an X server for them, what came out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pytest

FILE = "nenc_drv_video.so"


def folder() -> Path:
    """The folder of the driver: the package's, or the environment's NENC_MODULES. Skips where the build has none."""
    package = resources.files("nenc_lab") / "_modules" / FILE
    places = [package] if isinstance(package, Path) else []
    if "NENC_MODULES" in os.environ:
        places.insert(0, Path(os.environ["NENC_MODULES"]) / FILE)
    for place in places:
        if place.is_file():
            return place.resolve().parent
    pytest.skip(f"NOT CHECKED: this build has no {FILE} (packages libva-dev and libx264-dev, then build again)")


def tool(name: str, package: str) -> str:
    """The program's path. Skips where it is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"NOT CHECKED: there is no {name} (apt-get install {package})")
    return found


@contextmanager
def x_server() -> Iterator[str]:
    """An X server without a screen; its DISPLAY. It is gone afterwards."""
    read, write = os.pipe()
    words = [tool("Xvfb", "xvfb"), "-displayfd", str(write), "-screen", "0", "320x240x24", "-nolisten", "tcp"]
    server = subprocess.Popen(words, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def environment(display: str, **more: str) -> dict[str, str]:
    """What makes a client of libva load the driver."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("NENC_VA_")},
        "DISPLAY": display,
        "LIBVA_DRIVERS_PATH": str(folder()),
        "LIBVA_DRIVER_NAME": "nenc",
        **more,
    }


def run(words: list[str], environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environ, capture_output=True, text=True, timeout=120, check=False)


def has_profile(environ: dict[str, str], profile: str) -> bool:
    shown = run([tool("vainfo", "vainfo"), "--display", "x11"], environ)
    return re.search(rf"\b{profile}\s*:", shown.stdout) is not None


def decoded_frames(stream: Path, kind: str) -> int:
    """How many pictures ffmpeg's decoder makes of it. Its smallest complaint is a failure."""
    words = [tool("ffmpeg", "ffmpeg"), "-v", "warning", "-f", kind, "-i", str(stream), "-f", "framecrc", "-"]
    done = run(words)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return sum(line.startswith("0,") for line in done.stdout.splitlines())
