"""Threads meet only in C11 atomics: no lock, no volatile. Recording calls nothing that could wait."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "kernels_c" / "src" / "core"
CC = os.environ.get("CC", "cc")
PASSED_ON = ("record.c", "ring.c", "ring.h", "seqlock.h", "board.h", "publish.h", "gains.h", "step.c")
"""Where one thread hands data to another."""

NOT_C11 = re.compile(
    r"\bvolatile\b|\b__(sync|atomic)_\w+|\bpthread_(mutex|rwlock|spin|cond|barrier)\w*|\b(mtx|cnd|sem)_\w+|\bcall_once\b"
    r"|\bfutex\b|\bspin_?lock\w*|\b_?_?asm_?_?\b"
)
IMPLICIT_ORDER = re.compile(
    r"\batomic_(load|store|exchange|fetch_\w+|compare_\w+|flag_\w+)(?<!_explicit)\s*\(|seq_cst|\bpthread_"
)


def code(path: Path) -> str:
    """The file less its comments and strings."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(\\.|[^"\\\n])*"', " ", text, flags=re.DOTALL)


def found(pattern: re.Pattern[str], name: str) -> list[str]:
    return [f"{name}: {match[0]}" for match in pattern.finditer(code(CORE / name))]


def test_the_core_has_no_lock_and_no_volatile():
    names = sorted(path.name for path in CORE.iterdir())
    assert set(PASSED_ON) < set(names)
    # cpu.c asks the processor what no intrinsic gives; pthread_once is for the choice of kernels, in nenc_create
    hits = [hit for name in names if name != "cpu.c" for hit in found(NOT_C11, name)]
    assert hits == []


def test_data_are_handed_over_with_their_order_said():
    assert [hit for name in PASSED_ON for hit in found(IMPLICIT_ORDER, name)] == []


def test_the_patterns_find_what_they_are_for():
    locks = ("pthread_mutex_lock(&m);", "pthread_spin_lock(&s)", "mtx_lock(&m)", "sem_wait(&s)", "spinlock(&l)")
    others = (
        "volatile int x;",
        "__sync_fetch_and_add(&x, 1)",
        "__atomic_load_n(&x, 0)",
        'asm("nop")',
        "__asm__ volatile",
    )
    for text in (*locks, *others):
        assert NOT_C11.search(text), text
    for text in ("pthread_t id;", "pthread_create(&id, 0, f, 0)", "atomic_load_explicit(&x, memory_order_acquire)"):
        assert not NOT_C11.search(text), text
    for text in ("atomic_load(&x)", "atomic_fetch_add(&x, 1)", "memory_order_seq_cst", "pthread_self()"):
        assert IMPLICIT_ORDER.search(text), text
    assert not IMPLICIT_ORDER.search("atomic_store_explicit(&x, 1, memory_order_release)")


@pytest.mark.skipif(
    not (shutil.which(CC) and shutil.which("nm")),
    reason="NOT CHECKED: there is no C compiler, or there are no binutils (apt-get install gcc binutils)",
)
def test_recording_calls_nothing_that_could_wait(tmp_path):
    calls = set()
    for name in ("record.c", "ring.c"):
        built = tmp_path / f"{name}.o"
        includes = [f"-I{CORE.parent}", f"-I{CORE.parents[1] / 'include'}"]
        options = ["-std=gnu11", "-O2", "-D_GNU_SOURCE", "-fno-stack-protector", "-fno-pic"]
        subprocess.run([CC, *options, *includes, "-c", str(CORE / name), "-o", str(built)], check=True)
        done = subprocess.run(["nm", "-u", str(built)], capture_output=True, text=True, check=True)
        calls |= {line.split()[-1] for line in done.stdout.splitlines()}
    # AArch64 compilers may call their run-time choice between LSE and LL/SC: no libatomic, no lock
    assert {call for call in calls if not call.startswith("__aarch64_")} == {"nenc_ring_push"}
