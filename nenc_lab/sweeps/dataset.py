"""Writes results as parquet: parts while a sweep runs, then one dataset that depends on plan and figures only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nenc_lab import session
from nenc_lab.records import Column
from nenc_lab.sweeps.columns import COLUMNS, TIMINGS
from nenc_lab.sweeps.plan import Plan, PlannedRun
from nenc_lab.sweeps.quantity import common
from nenc_lab.sweeps.task import Result

_HASH = Column("hash", "text", "", "of the resolved scenario, controller and versions")
_WHICH = (
    Column("scenario", "text", "", "name of the scenario"),
    Column("controller", "text", "", "kind of controller, of every flow"),
    Column("seed", "i8", "", "seed of the run"),
)
_TYPES = {"f8": pa.float64(), "i8": pa.int64(), "text": pa.string()}


def part(results: Sequence[Result]) -> bytes:
    """The parquet file of a block of results, with their timings."""
    rows = [
        {"hash": result.hash, **row, "wall_s": result.wall_s, "task_s": result.task_s}
        for result in results
        for row in result.rows
    ]
    return _parquet((_HASH, *COLUMNS, *TIMINGS), rows)


def read_part(path: Path) -> Iterator[Result]:
    """Reads a file that `part` made. Raises ValueError (Arrow's) or KeyError for any other file."""
    yield from _results(_read(path, (_HASH, *COLUMNS, *TIMINGS)))


def summaries(plan: Plan, results: Sequence[Result]) -> bytes:
    """The dataset as parquet: a row per run and flow, in the order of the plan."""
    keys = [_key(plan, index) for index in range(len(plan.keys))]
    rows: list[dict[str, Any]] = []
    for run, result in zip(plan.runs, results, strict=True):
        which = {
            **{column.name: _cell(column, run.case.values[index]) for index, column in enumerate(keys)},
            **_which(run),
        }
        rows += [{**which, "hash": run.hash, **row} for row in result.rows]
    return _parquet((*_WHICH, *keys, *COLUMNS, _HASH), rows)


def timings(results: Sequence[Result]) -> bytes:
    """The table of wall times as parquet, by hash of the run."""
    rows = [{"hash": result.hash, "wall_s": result.wall_s, "task_s": result.task_s} for result in results]
    return _parquet((_HASH, *TIMINGS), rows)


def read_summaries(path: Path, beside: Path) -> Iterator[Result]:
    """Reads the results in a dataset and in its table of timings."""
    times = {row["hash"]: row for row in _read(beside, (_HASH, *TIMINGS))} if beside.exists() else {}
    none = {"wall_s": None, "task_s": None}
    yield from _results([{**row, **times.get(row["hash"], none)} for row in _read(path, (_HASH, *COLUMNS))])


def _which(run: PlannedRun) -> dict[str, Any]:
    scenario = run.case.scenario
    return {"scenario": scenario.name, "controller": session.controllers(scenario), "seed": run.seed}


def _key(plan: Plan, index: int) -> Column:
    """The column of a swept key: numbers in the unit of the column, or the text as it was written."""
    values = list(dict.fromkeys(_hashable(run.case.values[index]) for run in plan.runs))
    family = common(values)
    unit = family.unit if family is not None else ""
    return Column(plan.keys[index], "f8" if family is not None else "text", unit, "swept")


def _cell(column: Column, value: object) -> object:
    if column.kind == "text":
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    family = common([value])
    assert family is not None
    return family.read(value) / family.per_unit


def _hashable(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) else json.dumps(value, sort_keys=True)


def _results(rows: list[dict[str, Any]]) -> Iterator[Result]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["hash"], []).append(row)
    for hash, group in found.items():
        plain = [{column.name: row[column.name] for column in COLUMNS} for row in group]
        yield Result(hash, plain, group[0]["wall_s"], group[0]["task_s"])


def _read(path: Path, columns: Sequence[Column]) -> list[dict[str, Any]]:
    with pa.OSFile(str(path), "rb") as source:
        table = pq.ParquetFile(source).read(use_threads=False)
    rows: list[dict[str, Any]] = table.select([column.name for column in columns]).to_pylist()
    return rows


def _parquet(columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> bytes:
    fields = [
        pa.field(column.name, _TYPES[column.kind], metadata={"unit": column.unit, "meaning": column.meaning})
        for column in columns
    ]
    arrays = [pa.array([row[field.name] for row in rows], field.type) for field in fields]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), sink, compression="zstd", store_schema=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data
