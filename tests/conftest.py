"""For every test: where programs are looked up, which tests are slow, and which need ip and tc."""

from __future__ import annotations

import os

import pytest

from nenc_lab import programs

IPROUTE2 = ("ip", "tc")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow", action="store_true", help="run the slow tests, which are left out otherwise, and no others"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes long; run by ./lab test --slow")
    config.addinivalue_line("markers", "iproute2: calls ip or tc")
    os.environ["PATH"] = programs.search_path()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = config.getoption("--slow")
    wanted = [item for item in items if (item.get_closest_marker("slow") is not None) == slow]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(wanted)])
    items[:] = wanted
    missing = [name for name in IPROUTE2 if programs.find(name) is None]
    if missing:
        reason = f"NOT CHECKED: there is no {' and no '.join(missing)} (apt-get install iproute2)"
        for item in items:
            if item.get_closest_marker("iproute2") is not None:
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_report_header(config: pytest.Config) -> str:
    return "slow tests alone" if config.getoption("--slow") else "without the slow tests: ./lab test --slow runs those"
