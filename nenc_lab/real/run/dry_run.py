"""Makes the output of ``--dry-run``: the shell commands that build a scenario's path by hand."""

from __future__ import annotations

from nenc_lab.real.qdiscs.commands import change_commands, commands, removal
from nenc_lab.real.run.plan import RunPlan
from nenc_lab.scenario import schema
from nenc_lab.units import format_time


def dry_run(scenario: schema.Scenario) -> list[str]:
    """Returns lines that build the path, change it at its times, and remove it, to be read or pasted as root."""
    plan = RunPlan(scenario)
    timeline = [(step.at_ns, f"# {step.text}") for step in plan.steps]
    timeline += [(spec.at, f"# {spec.flow}: {spec.kind}") for spec in scenario.faults]
    timeline += change_commands(plan.layout, plan.kernel_steps)
    return [
        f"# {scenario.name}: the path at the start",
        *commands(plan.layout),
        *(f"# {scenario.name}: the timeline" for _ in timeline[:1]),
        *(f"{format_time(at_ns):>10}  {line}" for at_ns, line in sorted(timeline, key=lambda entry: entry[0])),
        f"# {scenario.name}: all of it away again",
        *removal(plan.layout),
    ]
