"""Every encoder that a test made is closed at its end: hardware ones have a process each."""

from __future__ import annotations

from collections.abc import Iterator

import encoders
import pytest


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    for made in encoders.MADE:
        made.close()
    encoders.MADE.clear()
