"""Where the house is, and its modules' imports as text: what several tests of the house need."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "nenc_lab"


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package: dotted name below ``nenc_lab`` (empty for the package itself) and file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path) -> Iterator[tuple[str, bool, bool]]:
    """Absolute names a file imports, whether only for types, and whether at import time (not inside a function)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _imports(tree, False, True)


def _imports(node: ast.AST, typing: bool, top: bool) -> Iterator[tuple[str, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, typing, top) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute in this house"
            assert child.module is not None
            for alias in child.names:
                yield f"{child.module}.{alias.name}", typing, top
        else:
            for_types = typing or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, for_types, top and not inside)


def tracked() -> list[str]:
    """Files git knows, relative to the root; empty where there is no git checkout."""
    if not (ROOT / ".git").exists():
        return []
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name]
