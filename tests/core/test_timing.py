"""The thread's timing as the lab reads it: numpy sees the very bytes that C wrote."""

from __future__ import annotations

import time

import numpy as np
import pytest

from nenc_lab.control.core import make_config
from nenc_lab.kernels import Rows, ffi, lib

TICK_NS = 1_000_000


def test_the_thread_s_timing_through_numpy() -> None:
    rows = Rows("nenc_state", 1)
    handle = lib.nenc_create(make_config("nenc", TICK_NS, {}, "here"), time.monotonic_ns(), ffi.NULL)
    try:
        assert lib.nenc_start_with(handle, lib.NENC_START_ORDINARY) == lib.NENC_OK
        until = time.monotonic() + 10
        while time.monotonic() < until:
            assert lib.nenc_state_get(handle, rows.pointer) == lib.NENC_OK
            if rows.array[0]["timing"]["ticks"] >= 20:
                break
            time.sleep(0.001)
        assert lib.nenc_stop(handle) == lib.NENC_OK
        assert lib.nenc_state_get(handle, rows.pointer) == lib.NENC_OK
    finally:
        lib.nenc_destroy(handle)

    timing = rows.array[0]["timing"]
    assert timing["ticks"] >= 20
    assert timing["ticks"] == rows.array[0]["ticks"] == timing["lateness"].sum()
    assert not timing["running"]
    assert not timing["realtime"]
    assert abs(timing["drift_ns"]) < TICK_NS
    assert 0 < timing["cost_last_ns"] <= timing["cost_max_ns"] <= timing["cost_sum_ns"]

    # The mean that the bins allow holds the mean that was summed.
    edges = np.array([lib.nenc_lateness_edge_ns(b) for b in range(-1, lib.NENC_LATENESS_BINS - 1)], dtype=float)
    assert (timing["lateness"] @ edges) <= timing["lateness_sum_ns"]
    assert timing["lateness_sum_ns"] <= (timing["lateness"][:-1] @ edges[1:]) or timing["lateness"][-1]


def test_a_struct_in_a_struct_keeps_its_place() -> None:
    state = ffi.new("nenc_state *")
    state.timing.lateness[lib.NENC_LATENESS_BINS - 1] = 7
    state.timing.realtime_errno = -3
    state.overwritten = 5
    row = np.frombuffer(ffi.buffer(state), Rows("nenc_state", 1).array.dtype)[0]
    assert row["timing"]["lateness"][-1] == 7
    assert row["timing"]["realtime_errno"] == -3
    assert row["overwritten"] == 5


@pytest.mark.parametrize("flags", [2, 2**32 - 1])
def test_unknown_flags_are_refused(flags: int) -> None:
    handle = lib.nenc_create(make_config("nenc", TICK_NS, {}, "here"), 0, ffi.NULL)
    assert lib.nenc_start_with(handle, flags) == lib.NENC_EINVAL
    lib.nenc_destroy(handle)
