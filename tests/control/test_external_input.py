"""Objects that cannot be a controller are bad input, found before anything is written: what, where, and what to do."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from external_runs import children, words
from shared_objects import CC, ROOT, controller, from_text, needs_cc, template

from nenc_lab.errors import InputError, ScenarioError
from nenc_lab.scenario.load import load, parse

pytestmark = needs_cc

TABLE = """
int memory;
static void *create(const nenc_controller_config *config, char *why, size_t why_size)
{ (void)config, (void)why, (void)why_size; return %(create)s; }
static void record(void *self, const nenc_sample *sample) { (void)self, (void)sample; }
int step(void *self, int64_t now, nenc_decision *d) { (void)self, (void)now; d->rate_bps = 8e6; return 0; }
static void destroy(void *self) { (void)self; }
const struct nenc_controller_v1 nenc_controller_v1 = { %(abi)s, %(size)s, 0, 0, create, record, %(step)s, 0, destroy };
"""


def table(**changes: str) -> Path:
    parts = {
        "create": "&memory",
        "abi": "NENC_CONTROLLER_ABI",
        "size": "sizeof(struct nenc_controller_v1)",
        "step": "step",
    }
    return from_text(TABLE % (parts | changes))


def elf(kind: int, machine: int, bits: int = 2, order: int = 1) -> bytes:
    """The beginning of an ELF header (gABI chapter 4), and enough behind it."""
    return b"\x7fELF" + bytes([bits, order, 1]) + bytes(9) + struct.pack("<HH", kind, machine) + bytes(100)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is not a shared object \(not an ELF file\): build it with: cc -shared -fPIC"),
        (b"#!/bin/sh\necho not a library\n", "is not a shared object"),
        (b"int main(void) { return 0; }\n" * 9, "is not a shared object"),
        (elf(3, 183), r"is built for aarch64 \(64 bit\), but this machine runs"),
        (elf(3, 3, bits=1), r"is built for x86 \(32 bit\), but this machine runs"),
        (elf(3, 9999), "is built for machine 9999"),
    ],
)
def test_files_that_are_no_object_of_this_machine(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "mine.so"
    file.write_bytes(content)
    with pytest.raises(ScenarioError, match=rf"flows\.video\.controller\.library: {re.escape(str(file))} {message}"):
        parse(words(file))


def test_an_object_file_that_was_not_linked(tmp_path: Path) -> None:
    file = tmp_path / "mine.o"
    include = ["-I", str(ROOT / "kernels_c" / "include")]
    subprocess.run([CC, *include, "-c", str(ROOT / "kernels_c/examples/controller.c"), "-o", str(file)], check=True)
    with pytest.raises(ScenarioError, match="is an ELF file, but not a shared object"):
        parse(words(file))


def test_a_file_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    shutil.copy(template(), tmp_path / "mine.so")
    scenario = tmp_path / "s.yaml"
    for name, hint in (("mien.so", "did you mean 'mine.so'"), ("sub/mine.so", "no such file")):
        scenario.write_text(
            "version: 1\nname: s\nduration: 1s\npath: {forward: {rate: 9Mbps}, reverse: {}}\nflows:\n"
            f"  - name: video\n    controller: {{kind: external, library: {name}}}\n",
            encoding="utf-8",
        )
        with pytest.raises(ScenarioError) as raised:
            load(scenario)
        (problem,) = raised.value.problems
        assert (problem.line, problem.key) == (7, "flows.video.controller.library")
        assert hint in problem.message


def test_a_name_in_a_scenario_starts_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    shutil.copy(template(), tmp_path / "deep" / "mine.so")
    scenario = tmp_path / "deep" / "s.yaml"
    scenario.write_text(
        "version: 1\nname: s\nduration: 1s\npath: {forward: {rate: 9Mbps}, reverse: {}}\nflows:\n"
        "  - name: video\n    controller: {kind: external, library: mine.so}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    assert load(scenario).flows[0].controller.library == str(tmp_path / "deep" / "mine.so")  # type: ignore[union-attr]


def test_a_digest_that_is_given_must_be_the_file_s() -> None:
    with pytest.raises(ScenarioError, match=r"controller.sha256: .* has changed: its sha256 is"):
        parse(words(template(), sha256="0" * 64))


@pytest.mark.parametrize("keys", [{}, {"library": 5}, {"library": ""}])
def test_a_library_must_be_named(keys: dict[str, object]) -> None:
    data = words(template())
    data["flows"][0]["controller"] = {"kind": "external", **keys}
    with pytest.raises(ScenarioError, match=r"flows.video.controller.library: ") as raised:
        parse(data)
    if not keys:
        assert "is missing: write library: ./mine.so" in str(raised.value)


SOME = "AdaptiveEncoder *init_adaptive_encoder(VADisplay d) { return d; }\n"
BROKEN = """
__attribute__((constructor)) static void begin(void) { __builtin_trap(); }
"""


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "int nothing_of_use;\n",
            "load: it exports neither the table nenc_controller_v1 .* nor the three functions of nenc.h "
            r"\(missing: init_adaptive_encoder, record_network_metrics, get_current_bitrate\)",
        ),
        (SOME, r"load: it exports neither .* \(missing: record_network_metrics, get_current_bitrate\)"),
        ("int absent(void);\nint f(void) { return absent(); }\n", "load: .*undefined symbol: absent"),
    ],
)
def test_objects_without_an_interface(isolate: bool, text: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^flows.video.controller: .*: {message}"):
        controller(from_text(text), isolate=isolate)
    assert children() == []


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"abi": "2"}, "nenc_controller_v1: its abi_version is 2, and this lab has 1: build it with"),
        ({"abi": "0x7fffffffu"}, "nenc_controller_v1: its abi_version is 2147483647"),
        ({"size": "8"}, r"nenc_controller_v1: its size is 8, not \d+: set .size = sizeof"),
        ({"step": "0"}, "nenc_controller_v1: its step is NULL: only set_gains may be"),
        ({"create": "0"}, "create: returned NULL: it did not say why"),
    ],
)
def test_tables_that_are_not_the_one(isolate: bool, changes: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=f"^flows.video.controller: .*: {message}"):
        controller(table(**changes), isolate=isolate)
    assert children() == []


@pytest.mark.parametrize("isolate", [True, False])
def test_what_it_says_about_its_knobs_and_gains(isolate: bool) -> None:
    with pytest.raises(InputError, match="create: returned NULL: rise = -1: the settings are rise and queue_ms"):
        controller(template(), knobs={"rise": -1.0}, isolate=isolate)
    with pytest.raises(InputError, match="set_gains: this controller has no gains"):
        controller(template(), gains=(1.0, 0.0, 0.0), isolate=isolate)


def test_too_many_knobs() -> None:
    with pytest.raises(InputError, match="at most 64 knobs"):
        controller(template(), knobs={f"k{number}": 1.0 for number in range(65)})
    with pytest.raises(InputError, match="names under 64 bytes"):
        controller(template(), knobs={"k" * 64: 1.0})


def test_a_constructor_that_crashes() -> None:
    with pytest.raises(InputError, match=r"load: its process was killed by SIG(ILL|TRAP)"):
        controller(from_text(BROKEN))


def test_a_file_that_changed_after_it_was_checked(tmp_path: Path) -> None:
    library = tmp_path / "mine.so"
    shutil.copy(template(), library)
    with pytest.raises(InputError, match="was changed after it was checked: start again"):
        controller(library, sha256="0" * 64)
