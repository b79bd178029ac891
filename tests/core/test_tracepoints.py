"""The static tracepoints of libnenc: in the file as documented, seen by a debugger with true arguments, nearly free."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CC = os.environ.get("CC", "cc")
ARGUMENTS = {"tick": 3, "rate": 3, "fallback": 3}
"""As trace.h has them."""

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, (CC, "readelf", "objdump"))),
    reason="NOT CHECKED: there is no C compiler, or there are no binutils (apt-get install gcc binutils)",
)

DEBUGGER = """
set confirm off
set pagination off
start
break -probe-stap nenc:tick
commands
silent
printf "tick %ld %u\\n", $_probe_arg1, $_probe_arg2
continue
end
break -probe-stap nenc:rate
commands
silent
printf "rate %u %u\\n", $_probe_arg1, $_probe_arg2
continue
end
break -probe-stap nenc:fallback
commands
silent
printf "fallback %s %d\\n", (char *)$_probe_arg1, $_probe_arg2
continue
end
continue
"""


def run(*command: str) -> str:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=300)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def library(folder: Path, usdt: str) -> Path:
    """libnenc.so of a release build with -Dusdt=USDT."""
    meson = [sys.executable, "-m", "mesonbuild.mesonmain"]
    options = ["-Dpython=false", "-Dwerror=true", "-Dbuildtype=release", f"-Dusdt={usdt}"]
    run(*meson, "setup", str(folder), str(ROOT), *options)
    run(*meson, "compile", "-C", str(folder), "nenc:shared_library")
    return folder / "kernels_c" / "libnenc.so"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("plain") / "build", "disabled")


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    header = subprocess.run([CC, "-E", "-include", "sys/sdt.h", "-xc", os.devnull], capture_output=True, check=False)
    if header.returncode:
        pytest.skip("NOT CHECKED: there is no sys/sdt.h (apt-get install systemtap-sdt-dev)")
    return library(tmp_path_factory.mktemp("traced") / "build", "enabled")


def probes(built: Path) -> dict[str, set[int]]:
    """The numbers of arguments of each probe of the provider nenc, by name."""
    found: dict[str, set[int]] = {}
    notes = run("readelf", "--wide", "--notes", str(built))
    for name, arguments in re.findall(r"Provider: nenc\s+Name: (\w+)\s+Location: .*\s+Arguments: (.*)", notes):
        found.setdefault(name, set()).add(len(arguments.split()))
    return found


def instructions(built: Path, function: str) -> list[str]:
    code = run("objdump", "--disassemble=" + function, "--no-show-raw-insn", str(built))
    return re.findall(r"^\s+[0-9a-f]+:\t(.*?)\s*$", code, flags=re.MULTILINE)


@pytest.mark.slow
def test_every_probe_is_in_the_file(traced: Path) -> None:
    assert probes(traced) == {name: {count} for name, count in ARGUMENTS.items()}


@pytest.mark.slow
def test_without_the_option_there_is_none(plain: Path) -> None:
    assert probes(plain) == {}
    assert "stapsdt" not in run("readelf", "--wide", "--notes", str(plain))


@pytest.mark.slow
def test_a_probe_costs_a_nop_and_at_most_a_move(traced: Path, plain: Path) -> None:
    with_probes, without = instructions(traced, "nenc_tick"), instructions(plain, "nenc_tick")
    assert len(without) > 100
    inside = 2  # tick and rate
    assert sum(line == "nop" for line in with_probes) >= inside
    assert len(with_probes) - len(without) <= 2 * inside
    calls = [sum("call" in line for line in lines) for lines in (with_probes, without)]
    assert calls[0] == calls[1]


@pytest.mark.slow
def test_profilers_can_walk_the_stack(plain: Path) -> None:
    frame = {"x86_64": "mov    %rsp,%rbp", "aarch64": "mov\tx29, sp"}.get(os.uname().machine)
    if frame is None:
        pytest.skip(f"NOT CHECKED: this test knows no frame pointer on {os.uname().machine}")
    for function in ("nenc_step", "nenc_tick", "nenc_start_with"):
        assert frame in instructions(plain, function), function


@pytest.mark.slow
def test_a_debugger_sees_what_was_decided(traced: Path, tmp_path: Path) -> None:
    if not shutil.which("gdb"):
        pytest.skip("NOT CHECKED: there is no gdb (apt-get install gdb)")
    program, script = tmp_path / "traced", tmp_path / "script"
    folder = str(traced.parent)
    source = str(Path(__file__).with_name("traced.c"))
    run(
        CC,
        "-g",
        f"-I{ROOT}/kernels_c/include",
        source,
        "-o",
        str(program),
        f"-L{folder}",
        "-lnenc",
        f"-Wl,-rpath,{folder}",
    )
    script.write_text(DEBUGGER, encoding="utf-8")
    gdb = ["gdb", "-batch", "-nx", "-x", str(script), str(program)]
    done = subprocess.run(gdb, capture_output=True, text=True, check=False, timeout=300)
    if "ptrace: Operation not permitted" in done.stderr:
        pytest.skip("this machine does not let a debugger trace")
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    decided = [(int(now), int(rate)) for now, rate in re.findall(r"^decided (\d+) (\d+)$", said, flags=re.MULTILINE)]
    ticks = [(int(now), int(rate)) for now, rate in re.findall(r"^tick (\d+) (\d+)$", said, flags=re.MULTILINE)]
    moves = [(int(old), int(new)) for old, new in re.findall(r"^rate (\d+) (\d+)$", said, flags=re.MULTILINE)]
    assert len(decided) == 40
    assert ticks[: len(decided)] == decided
    assert len(ticks) > len(decided), "none from the thread"
    rates = [5_000_000, *(rate for _, rate in ticks)]
    assert len(moves) > 3
    assert moves == [(old, new) for old, new in pairwise(rates) if old != new]
    assert re.search(r"^fallback SCHED_FIFO 1$", said, flags=re.MULTILINE), said
    assert re.search(r"^refused 1$", said, flags=re.MULTILINE), said
