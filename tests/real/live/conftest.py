"""A place for real networks, opened once for the tests of a module; without one they say loudly what they left out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nenc_lab.errors import EnvironmentError_
from nenc_lab.real.sandbox import Place, open_place
from nenc_lab.session.real import MEMORY_MB, WARM


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    try:
        opened = open_place("auto", MEMORY_MB, WARM)
        opened.__enter__()
    except EnvironmentError_ as error:
        pytest.skip(f"NETEM IS NOT TESTED: {error}")
    try:
        yield opened
    finally:
        opened.__exit__(None, None, None)
