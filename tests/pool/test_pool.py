"""Executors: every task once, in any order, also when processes die or the user stops it. They know no scenarios."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import chores
import pytest

from nenc_lab.pool import Died, Done, Processes, Serial, executor


def blocks(tasks, size):
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def keep(outcomes, kept):
    for outcome in outcomes:
        kept += outcome.results


def gathered(outcomes):
    done, died = [], []
    for outcome in outcomes:
        if isinstance(outcome, Done):
            done += outcome.results
        else:
            died.append(outcome.task)
    return done, died


@pytest.mark.parametrize("where", [Serial(), Processes(1), Processes(2)], ids=["serial", "one", "two"])
def test_every_task_is_done_once(where):
    done, died = gathered(where.run(chores.double, blocks(list(range(53)), 5)))
    assert sorted(value for value, _ in done) == [2 * task for task in range(53)]
    assert not died
    workers = {pid for _, pid in done}
    assert (workers == {os.getpid()}) == isinstance(where, Serial)


def test_no_tasks_are_no_trouble():
    for where in (Serial(), Processes(2)):
        assert gathered(where.run(chores.double, [])) == ([], [])


def test_jobs_choose_the_executor():
    assert isinstance(executor(1), Serial)
    assert isinstance(executor(2), Processes)


def test_blocks_are_taken_as_they_are_needed():
    taken = []

    def endless():
        number = 0
        while True:
            taken.append(number)
            yield [number]
            number += 1

    outcomes = Processes(2).run(chores.double, endless())
    for _ in range(10):
        next(outcomes)
    outcomes.close()
    assert len(taken) <= 10 + 2 * 2, "a plan of millions must not be handed over at once"


def test_a_task_that_kills_its_process_is_named_and_the_rest_goes_on():
    tasks = list(range(40))
    tasks[7], tasks[23] = -7, -23
    done, died = gathered(Processes(2).run(chores.deadly, blocks(tasks, 4)))
    assert sorted(died) == [-23, -7]
    assert sorted(done) == sorted(task for task in tasks if task >= 0)


def test_a_process_that_dies_once_costs_nothing(tmp_path):
    tasks = [str(tmp_path / f"{number}") for number in range(3)]
    done, died = gathered(Processes(2).run(chores.once_deadly, [[tasks[0]]]))
    assert (done, died) == ([tasks[0]], [])


def test_an_interrupt_keeps_what_is_done():
    kept = []
    outcomes = Serial().run(chores.interrupting, [[1, 2, 3, 4], [5]])
    with pytest.raises(KeyboardInterrupt):
        keep(outcomes, kept)
    assert kept == [1, 2]


def test_an_interrupt_of_processes_keeps_what_is_done_and_leaves_none_behind():
    before = set(multiprocessing.active_children())
    kept = []
    began = time.monotonic()
    timer = threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        keep(Processes(2).run(chores.nap, blocks([0.05] * 1000, 10)), kept)
    timer.join()
    assert 10 < len(kept) < 1000
    assert time.monotonic() - began < 8
    assert set(multiprocessing.active_children()) <= before


def test_a_long_task_does_not_hold_up_an_interrupt():
    began = time.monotonic()
    timer = threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        list(Processes(2).run(chores.nap, [[60.0], [60.0]]))
    timer.join()
    assert time.monotonic() - began < 15


def test_workers_die_with_a_parent_that_is_killed(tmp_path):
    script = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        import chores
        from nenc_lab.pool import Processes
        for outcome in Processes(2).run(chores.double, ([number] for number in iter(int, 1))):
            print(*(pid for _, pid in outcome.results), flush=True)
        """
    )
    words = [sys.executable, "-c", script, str(Path(__file__).parent)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        workers = set()
        while len(workers) < 2:
            workers.add(int(process.stdout.readline()))
        process.kill()
    assert_gone(workers)


def assert_gone(workers):
    for _ in range(100):
        if not any(map(alive, workers)):
            return
        time.sleep(0.05)
    pytest.fail("a worker outlived its parent")


def alive(pid):
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())  # a zombie has none
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_worker_whose_parent_is_gone_before_it_looks_dies_as_well():
    script = textwrap.dedent(
        """
        import os, time
        from nenc_lab.pool.worker import die_with
        parent = os.getpid()
        if os.fork() == 0:
            while os.getppid() == parent:
                time.sleep(0.01)
            die_with(parent)
            print("still here")
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_a_script_needs_no_main_guard(tmp_path):
    # workers of the spawn kind run the main script again, which would start workers again
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys
            print("begin")
            sys.path.insert(0, {str(Path(__file__).parent)!r})
            import chores
            from nenc_lab.pool import Processes
            print(sorted(value for done in Processes(2).run(chores.double, [[1], [2]]) for value, _ in done.results))
            print(__spec__, __file__ == sys.argv[0])
            """
        )
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["begin", "[2, 4]", "None True"]


def test_died_says_which():
    assert gathered(Processes(1).run(chores.deadly, [[-1]])) == ([], [-1])
    assert Died(-1).task == -1
