"""Lists the qdiscs of a stage, for the kernel and for the printed commands alike."""

from __future__ import annotations

from nenc_lab.real.qdiscs.layout import StagePlan
from nenc_lab.real.qdiscs.link_state import LinkState
from nenc_lab.real.qdiscs.qdiscs import Hfsc, Options

ROOT = 0xFFFF_FFFF
HANDLE = 1 << 16
"""1: on every device, its root."""
CLASS = HANDLE | 1
"""1:1, the serialiser."""
CHILD_HANDLE = 16 << 16
"""10: the queue inside the serialiser."""


def stage_options(state: LinkState, plan: StagePlan) -> list[tuple[int, int, Options]]:
    """Returns (parent, handle, options) of the qdiscs and classes of one stage, root first."""
    match plan.stage:
        case "entry":
            return [(ROOT, HANDLE, state.entry())]
        case "exit":
            return [(ROOT, HANDLE, state.exit())]
        case _:
            return [
                (ROOT, HANDLE, Hfsc()),
                (HANDLE, CLASS, state.bottleneck()),
                (CLASS, CHILD_HANDLE, state.queue_options()),
            ]


def place_words(parent: int, handle: int) -> str:
    """Returns parent and handle in tc's words."""
    if parent == ROOT:
        return f"root handle {handle >> 16:x}:"
    if handle & 0xFFFF:
        return f"parent {parent >> 16:x}: classid {handle >> 16:x}:{handle & 0xFFFF:x}"
    return f"parent {parent >> 16:x}:{parent & 0xFFFF:x} handle {handle >> 16:x}:"
