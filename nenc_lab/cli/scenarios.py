"""``nenc-lab validate`` and ``nenc-lab schema``: check scenario files, and print which keys they may have."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from nenc_lab.cli import options
from nenc_lab.cli.exits import BAD_INPUT, DONE


def validate(targets: options.Targets, overrides: options.Overrides = None, as_json: options.Json = False) -> int:
    """Check scenario files without running or writing anything.

    Every problem of every file is printed with file, line, column, key, value and what would be right. --json prints
    one line per file: {"file", "ok", "problems"}.
    """
    import sys

    from nenc_lab import api, session
    from nenc_lab.cli.show import json_line
    from nenc_lab.errors import InputError, ScenarioError
    from nenc_lab.scenario.load import resolve

    wrong = 0
    for path in resolve(targets):
        try:
            session.prepare(api.load(path, overrides=overrides or []))
            problems: list[str] = []
        except InputError as error:
            problems = (
                [str(problem) for problem in error.problems] if isinstance(error, ScenarioError) else [str(error)]
            )
        wrong += bool(problems)
        if as_json:
            json_line({"file": str(path), "ok": not problems, "problems": problems})
        elif problems:
            print("\n".join(problems), file=sys.stderr)
        else:
            print(f"{path}: valid")
    return BAD_INPUT if wrong else DONE


def schema(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a reference of all keys as Markdown instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of scenario files, for completion and checks in editors.

    nenc-lab schema > scenario.schema.json, and as the first line of a scenario:
    # yaml-language-server: $schema=./scenario.schema.json
    """
    from nenc_lab.scenario.jsonschema import schema as build

    if markdown:
        from nenc_lab.scenario.reference import markdown as reference

        print(reference(build()))
    else:
        print(json.dumps(build(), indent=2, ensure_ascii=False))
