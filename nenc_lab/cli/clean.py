"""``nenc-lab clean``: removes what killed runs have left behind."""

from __future__ import annotations

from typing import Annotated

import typer

from nenc_lab.cli import options


def clean(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed; change nothing.")] = False,
    as_json: options.Json = False,
) -> int | None:
    """Remove folders and processes of guests and namespaces whose run was killed.

    Only folders and processes that carry this project's label, belong to you and have no living owner are removed;
    normally there are none. Prints a line for each. --json prints one object: {"removed": [...], "in_use": [...],
    "failed": [...]}.
    """
    from nenc_lab.cli.exits import ENVIRONMENT, say
    from nenc_lab.cli.show import json_line
    from nenc_lab.real.sandbox import leftovers

    done: dict[str, list[str]] = {"removed": [], "in_use": [], "failed": []}
    for left in leftovers.find():
        folders = [f"folder {folder}" for folder in left.folders]
        names = [*(f"process {pid}" for pid in left.processes), *folders]
        if left.is_in_use():  # a guest has many processes; naming its folder is enough
            done["in_use"] += [f"{name} (of process {left.owner.pid})" for name in folders or names]
            continue
        try:
            if not dry_run:
                leftovers.remove(left)
            done["removed"] += names
        except OSError as error:
            done["failed"] += [f"{name}: {error.strerror}" for name in names]
    if as_json:
        json_line(done)
    else:
        verb = "would remove" if dry_run else "removed"
        lines = [f"{verb} {name}" for name in done["removed"]] + [f"in use: {name}" for name in done["in_use"]]
        typer.echo("\n".join(lines or ["nothing to remove"]))
    for text in done["failed"]:
        say(f"could not remove {text}")
    return ENVIRONMENT if done["failed"] else None
