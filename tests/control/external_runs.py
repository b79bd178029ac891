"""Short runs with a controller from a shared object, and what must be left when one has failed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from shared_objects import build

from nenc_lab.api import run_scenario
from nenc_lab.recording.open import Run
from nenc_lab.scenario.load import parse

WHERE = {name: number for number, name in enumerate(("create", "record", "step", "destroy", "set_gains"))}
FAULTS = "segv abort exit hang nan inf negative too_high untouched status killed stack closed nothing"
HOW = {name: number for number, name in enumerate(FAULTS.split())}


def faulty() -> Path:
    """The controller that goes wrong on order."""
    return build(Path(__file__).with_name("faulty.c"))


def order(where: str, how: str, nth: int = 1) -> dict[str, float]:
    """Knobs that tell it to."""
    return {"where": WHERE[where], "how": HOW[how], "nth": nth}


def words(library: Path, duration: str = "3s", **controller: Any) -> dict[str, Any]:
    """A scenario of one flow on 20 Mbit/s."""
    return {
        "version": 1,
        "name": "external",
        "duration": duration,
        "path": {"forward": {"rate": "20Mbps", "delay": "10ms"}, "reverse": {"delay": "10ms"}},
        "flows": [
            {
                "name": "video",
                "rate": {"min": "5Mbps", "max": "120Mbps", "start": "8Mbps"},
                "controller": {"kind": "external", "library": str(library), **controller},
            }
        ],
    }


def run(out: Path, library: Path, **changes: Any) -> Run:
    """Runs it, without its figure."""
    return run_scenario(parse(words(library, **changes), "test"), out=out, argv=["test"], plot=False)


def children() -> list[str]:
    """Hosts that are children of this process, zombies included (other children: multiprocessing's own)."""
    numbers = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [number for number in numbers if Path(f"/proc/{number}/comm").read_text().startswith("nenc_controll")]


def descriptors() -> list[str]:
    """What this process holds open of the kinds a host is spoken to through (others come and go with the tables)."""
    found = []
    for entry in os.scandir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # scandir's own
            found.append(os.readlink(entry.path))
    return sorted(name for name in found if name.startswith(("socket:", "pipe:", "/memfd:")))
