"""A sandbox for the tests of a module, of each kind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from sandboxes import make

from nenc_lab.real.sandbox.guest import Guest
from nenc_lab.real.sandbox.host import Host


@pytest.fixture(scope="module", params=["guest", "host"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Guest | Host]:
    with make(request.param) as made:
        yield made


@pytest.fixture
def nenc_lab_clean() -> Callable[..., str]:
    """Calls ``nenc-lab clean`` in a process of its own; returns what it prints."""

    def call(*arguments: str) -> str:
        words = [sys.executable, "-P", "-m", "nenc_lab", "clean", *arguments]
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout

    return call
