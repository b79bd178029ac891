"""The queues that only the kernel has, in the form of the C core's table, with tc's names for the parameters.

Their defaults are the kernel's (net/sched/sch_*.c of Linux 6.1). This file imports nothing heavy, because the process
that builds the real network reads it.
"""

from __future__ import annotations

from nenc_lab.ctables.kinds import Parameter, QueueKind

_TARGET = Parameter("target", "ns", 5e6, 1e3, 1e12, "Acceptable waiting time.")
_INTERVAL = Parameter(
    "interval", "ns", 100e6, 1e3, 1e12, "Time for which the target may be exceeded: a typical round-trip time."
)
_ECN = Parameter("ecn", "bool", 0, 0, 1, "Mark ECN-capable packets instead of dropping them.")
_ECN_ON = Parameter("ecn", "bool", 1, 0, 1, "Mark ECN-capable packets instead of dropping them.")
_HOLDS = "Capacity of the queue."
_MEMORY = "Largest memory use, including the kernel's bookkeeping."
ISOLATION = ("flowblind", "srchost", "dsthost", "hosts", "flows", "dual-srchost", "dual-dsthost", "triple-isolate")
"""CAKE's modes of isolation, in the order of the kernel's numbers."""

KERNEL_ONLY = (
    QueueKind(
        name="codel",
        about="CoDel (RFC 8289): drops packets once the waiting time has exceeded the target for an interval.",
        limit_key="limit",
        limit_about=_HOLDS,
        limit_units=("packets",),
        limit_unit="packets",
        limit=1000,
        parameters=(_TARGET, _INTERVAL, _ECN),
    ),
    QueueKind(
        name="fq-codel",
        about="FQ-CoDel (RFC 8290): one CoDel queue per flow, served in turn.",
        limit_key="limit",
        limit_about="Total capacity of its queues.",
        limit_units=("packets",),
        limit_unit="packets",
        limit=10_240,
        parameters=(
            _TARGET,
            _INTERVAL,
            Parameter("flows", "count", 1024, 1, 65_536, "Number of queues that flows are hashed into."),
            Parameter("quantum", "B", 1514, 256, 1e6, "Amount that a flow may send per turn."),
            Parameter("memory", "B", 32 << 20, 1e5, 4e9, _MEMORY),
            _ECN_ON,
        ),
    ),
    QueueKind(
        name="pie",
        about="PIE (RFC 8033): drops packets at random, with a probability that follows the waiting time.",
        limit_key="limit",
        limit_about=_HOLDS,
        limit_units=("packets",),
        limit_unit="packets",
        limit=1000,
        parameters=(
            Parameter("target", "ns", 15e6, 1e3, 1e12, "Waiting time that it aims for."),
            Parameter(
                "tupdate",
                "ns",
                15e6,
                1e3,
                1e12,
                "Time between updates of the probability, rounded to kernel ticks.",
            ),
            _ECN,
        ),
    ),
    QueueKind(
        name="cake",
        about="CAKE without its shaper: serves hosts and flows in turn, each with an AQM; marks ECN-capable packets.",
        limit_key="memory",
        limit_about=_MEMORY,
        limit_units=("bytes",),
        limit_unit="bytes",
        limit=10_240 * 1514,
        parameters=(
            Parameter("rtt", "ns", 100e6, 1e3, 1e12, "Typical round-trip time, which determines the target."),
            Parameter(
                "isolation", "", "triple-isolate", 0, 0, "Fairness between hosts or flows, in tc's terms.", ISOLATION
            ),
            Parameter("memory", "B", 10_240 * 1514, 1e5, 4e9, _MEMORY),
        ),
    ),
)
