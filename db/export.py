"""Tidy tables for other tools: one file per table, as parquet, csv or jsonl, written piece by piece.

`run`, `decision` and `measure` come wide: one column more for each factor, named by its alias.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, Table, Text, select

from db.alignment_view import V_ALIGNMENT
from db.query import query
from db.readout_tables import capture, finding, probe
from db.store import Store
from db.tables import claim_act, hidden, param, run, study
from db.view_parts import ColumnType
from db.views import V_DECISION, V_EVENT, V_EXPOSURE, V_MEASURE, V_RUN
from lab.core.canonical import unlabel
from lab.core.errors import StoreError, UnknownName

if TYPE_CHECKING:
    import polars

FORMATS = ("parquet", "csv", "jsonl")

_WIDE = (V_RUN, V_DECISION, V_MEASURE)
_LONG = (V_EVENT, V_EXPOSURE)
_TABLES = (hidden, claim_act)
_OF_STUDIES = (probe, finding)
_CHUNK = 10_000
_CASTS = {"integer": "bigint", "number": "double precision"}


@dataclass(frozen=True, slots=True)
class Selection:
    """A query whose columns have known types.

    Attributes:
        name: what one of its rows is, such as ``decision``.
        sql: the query, with placeholders for `params`.
        params: values for them, in order.
        types: column → ``text``, ``integer`` or ``number``, in order.
    """

    name: str
    sql: str
    params: tuple[str, ...]
    types: dict[str, ColumnType]


@dataclass(frozen=True, slots=True)
class _Factor:
    """A factor as a column: its alias and the type that all its levels have."""

    alias: str
    type: ColumnType


def export(
    store: Store, *, format: str, target_dir: Path, study_name: str | None = None, run_id: str | None = None
) -> list[Path]:
    """The files written into `target_dir`, one per table.

    Args:
        store: the log.
        format: ``parquet``, ``csv`` or ``jsonl``.
        target_dir: made when it is not there; files in it are replaced.
        study_name: only runs of this study.
        run_id: only this run.

    Raises:
        UnknownName: for another format.
        StoreError: when a file cannot be written.
    """
    if format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    files: list[Path] = []
    try:
        target_dir.mkdir(parents=True, exist_ok=True)
        for selection in selections(store, study_name=study_name, run_id=run_id):
            files.append(target_dir / f"{selection.name}.{format}")
            _write(_lazy_frame(store, selection), files[-1], format)
    except OSError as error:
        raise StoreError(f"cannot write to {target_dir}: {error.strerror or error}") from error
    return files


def selections(
    store: Store, *, study_name: str | None = None, run_id: str | None = None
) -> Iterator[Selection]:
    """The query behind every exported table, for all runs, one study's, or one run."""
    where, params = _of_runs(store.mark, study_name, run_id)
    factors = _factors(store, study_name, run_id)
    for view in _WIDE:
        types = {name: column.type for name, column in view.columns.items()}
        yield _widened(view.name, types, factors, where, params, store.mark)
    for view in _LONG:
        types = {name: column.type for name, column in view.columns.items()}
        yield _widened(view.name, types, [], where, params, store.mark)
    for table in _TABLES:
        yield _widened(table.name, _types(table), [], where, params, store.mark)
    yield from _readouts(store, study_name, run_id)


def _readouts(store: Store, study_name: str | None, run_id: str | None) -> Iterator[Selection]:
    """What was read from models, of logs and studies where anything was; vectors stay in their files."""
    where, params = _of_runs(store.mark, study_name, run_id)
    if _has_rows(store, capture, where, params):
        types = {name: column.type for name, column in V_ALIGNMENT.columns.items()}
        yield _widened(V_ALIGNMENT.name, types, [], where, params, store.mark)
    if run_id is not None:
        return
    where, params = (f" WHERE v.study = {store.mark}", (study_name,)) if study_name else ("", ())
    for table in _OF_STUDIES:
        if _has_rows(store, table, where, params):
            yield _widened(table.name, _types(table), [], where, params, store.mark)


def _has_rows(store: Store, table: Table, where: str, params: tuple[str, ...]) -> bool:
    return any(query(store, f"SELECT 1 FROM {table.name} v{where}", params, max_rows=1).rows)


def frames(store: Store, selection: Selection) -> Iterator[polars.DataFrame]:
    """The rows of a selection as data frames of bounded size; at least one, which may be empty."""
    import polars

    schema = _schema(selection)
    rows = query(store, selection.sql, selection.params).rows
    chunk = list(islice(rows, _CHUNK))
    yield polars.DataFrame(chunk, schema=schema, orient="row")
    while chunk := list(islice(rows, _CHUNK)):
        yield polars.DataFrame(chunk, schema=schema, orient="row")


def _widened(
    source: str,
    types: dict[str, ColumnType],
    factors: list[_Factor],
    where: str,
    params: tuple[str, ...],
    mark: str,
) -> Selection:
    """A selection of every column of `source` and, beside them, the level of each factor."""
    columns = [f"v.{name}" for name in types]
    wide = dict(types)
    for factor in factors:
        name = factor.alias if factor.alias not in types else f"factor_{factor.alias}"
        level = f"(SELECT f.value FROM param f WHERE f.run = v.run AND f.alias = {mark})"
        cast = _CASTS.get(factor.type)
        value = f"CAST({level} AS {cast})" if cast else level
        columns.append(f"{value} AS {_quoted(name)}")
        wide[name] = factor.type
    sql = f"SELECT {', '.join(columns)} FROM {source} v{where}"
    aliases = tuple(factor.alias for factor in factors)
    return Selection(source.removeprefix("v_"), sql, (*aliases, *params), wide)


def _of_runs(mark: str, study_name: str | None, run_id: str | None) -> tuple[str, tuple[str, ...]]:
    """The WHERE of a selection, and its values."""
    if run_id is not None:
        return f" WHERE v.run = {mark}", (run_id,)
    if study_name is not None:
        runs = f"SELECT r.id FROM run r JOIN study s ON s.id = r.study WHERE s.name = {mark}"
        return f" WHERE v.run IN ({runs})", (study_name,)
    return "", ()


def _factors(store: Store, study_name: str | None, run_id: str | None) -> list[_Factor]:
    """Every factor of the runs chosen, with the narrowest type that holds all its levels."""
    levels = select(param.c.alias, param.c.value).distinct().order_by(param.c.alias, param.c.value)
    if run_id is not None:
        levels = levels.where(param.c.run == run_id)
    elif study_name is not None:
        joined = param.join(run, run.c.id == param.c.run).join(study, study.c.id == run.c.study)
        levels = levels.select_from(joined).where(study.c.name == study_name)
    by_alias: dict[str, list[str]] = {}
    with store.reading() as connection:
        for alias, level in connection.execute(levels):
            by_alias.setdefault(alias, []).append(level)
    return [_Factor(alias, _type_of_levels(found)) for alias, found in by_alias.items()]


def _type_of_levels(levels: list[str]) -> ColumnType:
    kinds = {type(unlabel(level)) for level in levels}
    if kinds <= {int}:
        return "integer"
    return "number" if kinds <= {int, float} else "text"


def _types(table: Table) -> dict[str, ColumnType]:
    return {column.name: _type(column) for column in table.columns}


def _type(column: Column[Any]) -> ColumnType:
    if isinstance(column.type, Text):
        return "text"
    return "integer" if isinstance(column.type, BigInteger) else "number"


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _lazy_frame(store: Store, selection: Selection) -> polars.LazyFrame:
    """The rows of a selection, read only while they are written."""
    from polars.io.plugins import register_io_source

    def read(
        columns: list[str] | None, predicate: polars.Expr | None, rows: int | None, size: int | None
    ) -> Iterator[polars.DataFrame]:
        for frame in frames(store, selection):
            kept = frame if predicate is None else frame.filter(predicate)
            yield kept if columns is None else kept.select(columns)

    return register_io_source(read, schema=_schema(selection))


def _schema(selection: Selection) -> dict[str, polars.DataType]:
    import polars

    kinds = {"text": polars.String, "integer": polars.Int64, "number": polars.Float64}
    return {name: kinds[type_]() for name, type_ in selection.types.items()}


def _write(frame: polars.LazyFrame, file: Path, format: str) -> None:
    match format:
        case "parquet":
            frame.sink_parquet(file)
        case "csv":
            frame.sink_csv(file)
        case _:
            frame.sink_ndjson(file)
