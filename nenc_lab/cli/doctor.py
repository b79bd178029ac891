"""``nenc-lab doctor``: shows what this machine has, and how to get the rest."""

from __future__ import annotations

from dataclasses import asdict

from nenc_lab.cli import options


def doctor(as_json: options.Json = False) -> None:
    """Show what this machine has: SIMD, C core, drivers, network emulation, real-time priority, packages.

    The exit code is always 0: what is missing is no error until a run needs it. --json prints one object that maps each
    name to {"state", "detail", "remedy"}.
    """
    from nenc_lab.cli.show import console, json_line, show_table
    from nenc_lab.doctor import examine
    from nenc_lab.texttable import TextTable

    findings = examine()
    if as_json:
        json_line(
            {
                finding.name: {key: value for key, value in asdict(finding).items() if key != "name"}
                for finding in findings
            }
        )
        return
    rows = tuple((finding.name, finding.state, finding.detail, finding.remedy or "") for finding in findings)
    show_table(console(), TextTable("this machine", ("what", "state", "found", "how to get it"), rows, left=4))
