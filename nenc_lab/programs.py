"""Finds programs: the C programs and modules that ship inside the package, and those of the system."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import resources
from pathlib import Path

from nenc_lab.errors import InternalError

MODULES = ("nenc-x264.so", "nenc-vaapi.so", "nenc_drv_video.so")
"""The encoders that are separate shared objects, and the software VA-API driver; a build may lack any of them."""

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Folders where Debian keeps ip, tc and User-Mode Linux; they are not on an ordinary user's PATH."""


def search_path() -> str:
    """PATH, followed by `SYSTEM_FOLDERS`."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*folders, *(folder for folder in SYSTEM_FOLDERS if folder not in folders)])


def find(name: str) -> str | None:
    """The path of a system program; None when it is not installed."""
    return shutil.which(name, path=search_path())


def program(name: str) -> Path:
    """The executable ``name`` of this build, installed or editable. Raises InternalError when the build has none."""
    place = resources.files("nenc_lab") / "_programs" / name
    if isinstance(place, Path) and place.is_file():
        return place
    raise InternalError(
        f"the program {name} is not in this build of nenc-lab: run ./lab in the checkout, or pip install again"
    )


def module(name: str) -> Path | None:
    """The path of the module ``name``; None when this build was made without it."""
    place = resources.files("nenc_lab") / "_modules" / name
    return place if isinstance(place, Path) and place.is_file() else None


def nenc() -> None:
    """The command `nenc`: replaces this process with the C program and tells it where its encoders are."""
    binary = program("nenc")
    folder = modules_folder()
    if folder is not None:
        os.environ.setdefault("NENC_MODULES", str(folder))
    os.environ.setdefault("NENC_ENCODER_HOST", str(program("nenc_encoder_host")))
    os.execv(binary, ["nenc", *sys.argv[1:]])


def modules_folder() -> Path | None:
    """The folder that holds the modules; None when this build has none."""
    found = [place for name in MODULES if (place := module(name)) is not None]
    return found[0].parent if found else None
