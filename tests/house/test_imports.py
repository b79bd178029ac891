"""Imports point one way, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import re

import pytest
from house import imports, modules

LAYERS = [
    {"errors", "interrupts", "process", "records", "texttable", "units"},
    {"pool"},
    {"programs"},
    {"kernels"},
    {"ctables", "quality"},
    {"scenario"},
    {"control", "encode", "network", "recording"},
    {"engine"},
    {"assembly"},
    {"real"},
    {"session"},
    {"analysis"},
    {"plots"},
    {"identify", "runs"},
    {"parity", "report", "sweeps"},
    {"api"},
    {"bench", "doctor"},
    {"cli"},
]
"""Lower layers first. A part imports its own modules and lower layers; parts of one layer do not import each other."""

WITHIN = {("units", "errors"), ("records", "errors"), ("scenario", "units")}
"""Pairs of one layer that may: leaves of the bottom."""

HEAVY = ("matplotlib", "scipy", "polars", "pyarrow", "pydantic", "rich", "ruamel", "pyroute2", "jsonschema")
LIGHT_START = (
    *("", "__main__", "errors", "process", "records", "units", "runs", "api", "report", "kernels"),
    *("engine", "session"),
)
"""Modules that every run or ``--help`` imports: heavy packages only inside functions."""


def layer(part: str) -> int:
    return next(index for index, parts in enumerate(LAYERS) if part in parts)


def parts() -> list[tuple[str, str, str]]:
    """(module, part it is of, part it imports) for every import of our own, type-only ones included."""
    found = []
    for name, path in modules():
        part = name.split(".")[0]
        if part in ("", "__main__"):
            continue  # the front doors: lazy, and the command
        for imported, _, _ in imports(path):
            words = imported.split(".")
            if words[0] == "nenc_lab" and len(words) > 1 and words[1] not in ("_kernels", "__version__", "__file__"):
                found.append((name, part, words[1]))
    return found


def test_every_part_has_a_layer():
    known = set().union(*LAYERS)
    assert {name.split(".")[0] for name, _ in modules()} - {"", "__main__"} <= known


def test_imports_point_one_way():
    wrong = [
        f"nenc_lab.{module} imports nenc_lab.{target}"
        for module, part, target in parts()
        if target != part and layer(target) >= layer(part) and (part, target) not in WITHIN
    ]
    assert wrong == []


def test_the_walk_sees_imports():
    # a walk that finds nothing would let everything pass
    seen = {(part, target) for _, part, target in parts()}
    assert {("session", "engine"), ("cli", "api"), ("scenario", "errors"), ("plots", "recording")} <= seen


def test_only_kernels_imports_the_c_module():
    # as text: import_module("nenc_lab._kernels") is an import too
    pattern = re.compile(r"import _kernels\b|import_module\(.*_kernels|nenc_lab\._kernels import")
    assert [name for name, path in modules() if pattern.search(path.read_text(encoding="utf-8"))] == ["kernels"]


@pytest.mark.parametrize("part", ["analysis", "plots"])
def test_reading_a_run_needs_no_engine_and_no_c_core(part):
    allowed = {
        part,
        "errors",
        "process",
        "records",
        "units",
        "scenario",
        "recording",
        *({"analysis"} if part == "plots" else set()),
    }
    used = {target for _, source, target in parts() if source == part}
    assert used <= allowed


def test_heavy_packages_are_imported_where_they_are_used():
    wrong = [
        f"nenc_lab.{name} imports {imported} when it is imported"
        for name, path in modules()
        if name in LIGHT_START or name.split(".")[0] in ("cli", "doctor", "pool")
        for imported, for_types, at_import in imports(path)
        if at_import and not for_types and imported.split(".")[0] in HEAVY
    ]
    assert wrong == []
