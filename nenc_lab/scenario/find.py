"""Resolves a command's targets to scenario files: paths of files and directories, and names of shipped scenarios."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from nenc_lab.errors import InputError
from nenc_lab.scenario.document import LARGEST_FILE
from nenc_lab.scenario.expect import nearest

_SWEEP = re.compile(rb"^(?:\{.*?)?[\"']?scenarios[\"']?\s*:", re.MULTILINE)


def shipped_root() -> Path | None:
    """Returns the folder of the shipped scenarios: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for root in (package / "_scenarios", package.parent / "scenarios"):
        if (root / "step.yaml").is_file():
            return root
    return None


def shipped(name: str) -> Path | None:
    """Returns the file or directory of a shipped scenario or family; None when none has that name."""
    root = shipped_root()
    if root is None or not name or Path(name).is_absolute() or ".." in Path(name).parts:
        return None
    file = root / f"{name}.yaml"
    if file.is_file():
        return file
    folder = root / name
    return folder if folder.is_dir() and any(_scenarios(folder)) else None


def shipped_names() -> list[str]:
    """Returns every name that `shipped` knows: files without their suffix, then families."""
    root = shipped_root()
    if root is None:
        return []
    files = [path.relative_to(root).with_suffix("") for path in _scenarios(root)]
    families = {parent for file in files for parent in file.parents if parent != Path()}
    return [str(path) for path in [*files, *sorted(families)]]


def resolve(targets: Sequence[str]) -> list[Path]:
    """Returns the scenario files of ``targets``, each once, in order.

    A directory stands for all ``*.yaml`` in it and below, sorted, except base.yaml, sweeps and names that begin with _
    or a dot. Raises InputError for a target that is neither a file, nor such a directory, nor a shipped name.
    """
    files: dict[Path, Path] = {}
    for target in targets:
        for file in _expand(target):
            files.setdefault(file.resolve(), file)
    return list(files.values())


def _expand(target: str) -> list[Path]:
    try:
        path: Path | None = Path(target) if target and Path(target).exists() else shipped(target)
    except (OSError, ValueError) as error:
        raise InputError(f"{target[:200]!r} is not a usable path: {error}") from None
    if path is None:
        names = shipped_names()
        hint = nearest(target.removeprefix("scenarios/").removesuffix(".yaml"), names)
        raise InputError(
            f"{target[:200]}: no such file or directory, and no shipped scenario has that name{hint}; "
            f"shipped scenarios are {', '.join(name for name in names if '/' not in name)}"
        )
    if not path.is_dir():
        return [path]
    found = list(_scenarios(path))
    if not found:
        raise InputError(
            f"{target}: no scenario in this directory (*.yaml except base.yaml, sweeps and names that begin with _)"
        )
    return found


def _scenarios(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.yaml")):
        hidden = any(part.startswith(("_", ".")) for part in path.relative_to(folder).parts)
        if path.name != "base.yaml" and not hidden and path.is_file() and not _is_sweep(path):
            yield path


def _is_sweep(path: Path) -> bool:
    """Tells a sweep by its key ``scenarios``, which no scenario has; searches the text because parsing is too slow."""
    try:
        with path.open("rb") as stream:
            text = stream.read(LARGEST_FILE)
    except OSError:
        return False  # the error is reported when the file is loaded
    return _SWEEP.search(text) is not None
