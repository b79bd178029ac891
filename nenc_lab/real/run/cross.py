"""Starts the programs of cross traffic: a sink and a source for each."""

from __future__ import annotations

from contextlib import ExitStack

from nenc_lab.real.live import argv
from nenc_lab.real.live.programs import Program
from nenc_lab.real.qdiscs.path import Path
from nenc_lab.real.run.plan import RunPlan

FIRST_PORT = 7004
SINK_LATER_NS = 1_000_000_000
"""How long a sink outlives its source."""


def start_cross_traffic(plan: RunPlan, path: Path, origin_ns: int, stack: ExitStack) -> list[Program]:
    """Starts sink and source of each cross traffic, and returns them in this order; ``stack`` ends them.

    They begin at their own times after ``origin_ns`` of CLOCK_MONOTONIC.
    """
    programs = []
    for number, setting in enumerate(plan.crosses):
        sender, receiver = path.cross_sender(number), path.cross_receiver(number)
        port = FIRST_PORT + number
        sink = argv.sink(
            tcp=setting.kind.startswith("tcp-"),
            port=port,
            netns_fd=receiver.netns_fd,
            until_ns=origin_ns + setting.stop_ns + SINK_LATER_NS,
        )
        source = argv.cross(
            setting,
            to=receiver.address,
            port=port,
            netns_fd=sender.netns_fd,
            origin_ns=origin_ns,
            seed=plan.scenario.seed,
            number=number,
        )
        name = f"cross_traffic.{plan.scenario.cross_traffic[number].name}"
        for side, words, netns in (("sink", sink, receiver.netns_fd), ("source", source, sender.netns_fd)):
            programs.append(stack.enter_context(Program(f"{name}, its {side}", words, [netns])))
    return programs
