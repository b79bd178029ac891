"""A sandbox for real networks, opened once for the tests of a module; without one they say what they left out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nenc_lab.errors import MachineError
from nenc_lab.real.run.memory import MEMORY_MB
from nenc_lab.real.run.start import PRELOAD
from nenc_lab.real.sandbox import Sandbox, open_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    try:
        opened = open_sandbox("auto", MEMORY_MB, PRELOAD)
        opened.__enter__()
    except MachineError as error:
        pytest.skip(f"NETEM IS NOT TESTED: {error}")
    try:
        yield opened
    finally:
        opened.__exit__(None, None, None)
