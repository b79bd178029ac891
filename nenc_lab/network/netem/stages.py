"""Which qdiscs make a stage: the one list that the kernel and the printed commands are made from."""

from __future__ import annotations

from nenc_lab.network.netem.layout import StagePlan
from nenc_lab.network.netem.qdiscs import Options
from nenc_lab.network.netem.state import LinkState

ROOT = 0xFFFF_FFFF
HANDLE = 1 << 16
"""1: of every device's root."""
CHILD_PARENT = HANDLE | 1
CHILD_HANDLE = 16 << 16
"""10: of the queue under a serialiser."""


def stage_options(state: LinkState, plan: StagePlan) -> list[tuple[int, int, Options]]:
    """(parent, handle, options) of the qdiscs of one stage, the root first."""
    match plan.stage:
        case "entry":
            return [(ROOT, HANDLE, state.entry())]
        case "exit":
            return [(ROOT, HANDLE, state.exit())]
        case _:
            root: list[tuple[int, int, Options]] = [(ROOT, HANDLE, state.bottleneck())]
            child = state.queue_options()
            return root if child is None else [*root, (CHILD_PARENT, CHILD_HANDLE, child)]


def place_words(parent: int, handle: int) -> str:
    """The same place in tc's words."""
    where = "root" if parent == ROOT else f"parent {parent >> 16:x}:{parent & 0xFFFF:x}"
    return f"{where} handle {handle >> 16:x}:"
