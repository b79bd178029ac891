"""The first lines of Python inside a place: imports go as they do in the lab.

Run as a script, with the setup file and the module to go on with.
"""

from __future__ import annotations

import importlib
import json
import sys


def enter() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        setup = json.load(file)
    for finder in sys.meta_path:
        if hasattr(finder, "_build_cmd"):
            finder._build_cmd = ["true"]  # an editable install builds at import: the lab outside has just done that
    sys.path[:] = setup["path"]
    importlib.import_module(f"nenc_lab.real.sandbox.{sys.argv[2]}").main(setup)


if __name__ == "__main__":
    enter()
