"""Resolves files that a scenario names: reads gains and profiles; adds path and digest of traces, libraries, clips."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from nenc_lab.errors import Problem, ScenarioError
from nenc_lab.scenario import document, libraries, traces
from nenc_lab.scenario.document import Node
from nenc_lab.scenario.expect import nearest
from nenc_lab.units import format_rate


def include(tree: Node) -> list[Problem]:
    """Resolves all named files, in place, and returns the problems; values of the wrong type are left to the schema."""
    faults: list[Problem] = []
    for key, node in list(tree.nodes()):
        if not isinstance(node.value, dict):
            continue
        name = key.rpartition(".")[2]
        try:
            if name == "controller" and key.startswith("flows."):
                if _is_text(node, "gains"):
                    node.value["gains"] = _gains(node.value["gains"], f"{key}.gains")
                if _is_text(node, "library") and _is_text(node, "kind") and node.value["kind"].value == "external":
                    faults += _library(node, f"{key}.library")
            elif name == "encoder" and key.startswith("flows."):
                if _is_text(node, "profile"):
                    _profile(node, f"{key}.profile")
                if _is_text(node, "source"):
                    _expand_source(node)
                if "source" in node.value and isinstance(node.value["source"].value, dict):
                    source = node.value["source"]
                    if _is_text(source, "file"):
                        faults += _clip(source, f"{key}.source")
            elif name == "trace" and key.startswith("path.") and _is_text(node, "file"):
                faults += _trace(node, key)
        except ScenarioError as error:
            faults += error.problems
    return faults


def _gains(node: Node, key: str) -> Node:
    file = _beside(node)
    if not file.is_file():
        raise ScenarioError([_no_file(node, key, file)])
    return document.read(file)


def _profile(node: Node, key: str) -> None:
    """Fills in from the profile the keys that the encoder leaves out, so that the scenario no longer needs the file."""
    name = node.value.pop("profile")
    node.keys.pop("profile")
    file = _beside(name)
    if not file.is_file():
        raise ScenarioError([_no_file(name, key, file)])
    measured = document.read(file)
    if not isinstance(measured.value, dict):
        raise ScenarioError(
            [name.place.problem(key, f"{file} is not a profile: make one with nenc-lab identify encoder")]
        )
    for word, value in measured.value.items():
        if word not in node.value:
            node.value[word] = value
            node.keys[word] = measured.keys[word]


def _expand_source(node: Node) -> None:
    """Expands the short form ``source: clip.y4m`` to ``source: {file: clip.y4m}``."""
    text = node.value["source"]
    inner = Node({"file": text}, text.place)
    inner.keys["file"] = text.place
    node.value["source"] = inner


def _clip(node: Node, key: str) -> Iterator[Problem]:
    file_node = node.value["file"]
    file = _beside(file_node)
    if not file.is_file():
        yield _no_file(file_node, f"{key}.file", file)
        return
    file_node.value = str(file.resolve())
    try:
        with open(file, "rb") as clip:
            digest = hashlib.file_digest(clip, "sha256").hexdigest()
    except OSError as error:
        yield file_node.place.problem(f"{key}.file", f"{file} cannot be read: {error.strerror}")
        return
    yield from _same(node, f"{key}.sha256", file, digest, file_node)


def _trace(node: Node, key: str) -> Iterator[Problem]:
    file_node = node.value["file"]
    file = _beside(file_node)
    format = node.value["format"].value if "format" in node.value else None
    if not file.is_file():
        yield _no_file(file_node, f"{key}.file", file)
        return
    file_node.value = str(file.resolve())
    try:
        digest = traces.digest(file)
        if format not in ("mahimahi", "csv"):
            return
        mean = traces.read(file, format).mean_bps()
    except ScenarioError as error:
        yield from error.problems
        return
    yield from _same(node, f"{key}.sha256", file, digest, file_node)
    _fill(node, "mean", format_rate(round(mean)), file_node)


def _library(node: Node, key: str) -> Iterator[Problem]:
    file_node = node.value["library"]
    file = _beside(file_node)
    if not file.is_file():
        yield _no_file(file_node, key, file)
        return
    file_node.value = os.path.abspath(file)  # does not resolve links: the run is named after the given file name
    digest = libraries.digest(file, file_node.place, key)
    yield from _same(node, f"{key.rpartition('.')[0]}.sha256", file, digest, file_node)


def _same(node: Node, key: str, file: Path, digest: str, file_node: Node) -> Iterator[Problem]:
    """Checks a given digest against the file's, or fills it in when none is given."""
    given = node.value.get("sha256")
    if given is None:
        _fill(node, "sha256", digest, file_node)
    elif isinstance(given.value, str) and given.value != digest:
        yield given.place.problem(key, f"{file} has changed: its sha256 is {digest}, not {given.shown()}")


def _fill(node: Node, key: str, value: str, beside: Node) -> None:
    place = beside.place
    node.value[key] = Node(value, place, value)
    node.keys[key] = place


def _beside(node: Node) -> Path:
    return (node.place.folder or Path()) / str(node.value)


def _no_file(node: Node, key: str, file: Path) -> Problem:
    try:
        near = nearest(file.name, sorted(path.name for path in file.parent.iterdir() if path.is_file()), cutoff=0.75)
    except (OSError, ValueError):
        near = ""
    what = "is a directory, not a file" if file.is_dir() else "no such file"
    return node.place.problem(key, f"{node.shown()}: {what}{near} (looked for {file})")


def _is_text(node: Node, key: str) -> bool:
    return key in node.value and isinstance(node.value[key].value, str)
