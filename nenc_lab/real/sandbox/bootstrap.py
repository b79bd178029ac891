"""The first Python that runs inside a sandbox: it makes imports work as in the lab, then starts a module's main.

It is run as a script, ``bootstrap.py SETUP MODULE``, with the setup file and the name of a module of this package.
"""

from __future__ import annotations

import importlib
import json
import sys


def bootstrap() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        setup = json.load(file)
    for finder in sys.meta_path:
        if hasattr(finder, "_build_cmd"):
            finder._build_cmd = ["true"]  # an editable install builds at import, and the lab outside has just done that
    sys.path[:] = setup["path"]
    importlib.import_module(f"nenc_lab.real.sandbox.{sys.argv[2]}").main(setup)


if __name__ == "__main__":
    bootstrap()
