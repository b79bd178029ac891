"""Checks of what real networks run in: this kernel, and the guest."""

from __future__ import annotations

import platform

from nenc_lab.doctor.finding import LIMITED, MISSING, OK, Finding
from nenc_lab.errors import MachineError


def netem() -> Finding:
    """Tries real network emulation in this host's kernel, in temporary namespaces."""
    from nenc_lab.real.sandbox.host import obstacle

    problem = obstacle()
    if problem is None:
        return Finding("netem host", OK, f"sch_netem, sch_hfsc and veth work in namespaces of {platform.release()}")
    if "\n" in problem:  # the output of a process that started and ended; its last line is the reason
        first, *_, last = problem.splitlines()
        return Finding("netem host", MISSING, f"{first.partition(';')[0]}: {last.strip()}", "use the guest below")
    what, _, remedy = problem.partition("; ")
    return Finding(
        "netem host", MISSING, what, f"{remedy}; or use the guest below" if remedy else "use the guest below"
    )


def guest() -> Finding:
    """Boots the rootless guest once, and checks its kernel's modules."""
    from nenc_lab.real.sandbox import uml
    from nenc_lab.real.sandbox.guest import Guest
    from nenc_lab.real.sandbox.netem_support import NEEDED

    path = uml.find()
    if path is None:
        return Finding("netem guest", MISSING, "no User-Mode Linux", uml.REMEDY)
    try:
        with Guest() as sandbox:
            lacks = [
                *sandbox.call("nenc_lab.real.sandbox.netem_support:lacking", NEEDED),
                *sandbox.about["modules_missing"],
            ]
            about, taken_mb = sandbox.about, sandbox.taken_mb()
    except MachineError as error:
        return Finding(
            "netem guest", MISSING, f"{path}: {error}", "see its kernel's messages; for a full disk, set TMPDIR"
        )
    detail = (
        f"{path}, Linux {about['kernel']}: booted in {about['boot_s']:.1f} s, HZ {about['hz']}, "
        f"takes {taken_mb} MB of at most {about['memory_mb']}"
    )
    if lacks:
        return Finding(
            "netem guest",
            LIMITED,
            f"{detail}; lacks {', '.join(sorted(set(lacks)))}",
            f"install its modules: {uml.REMEDY}",
        )
    return Finding("netem guest", OK, detail)
