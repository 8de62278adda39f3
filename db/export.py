"""Tidy tables for other tools: one file per view, as parquet, csv or jsonl, written piece by piece.

`v_decision`, `v_measure` and `v_run` come wide: one column more for each factor, named by its alias.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import Table, distinct, select

from db.query import query
from db.store import Store
from db.tables import claim_act, hidden, param, run, study
from db.views import V_DECISION, V_EVENT, V_EXPOSURE, V_MEASURE, V_RUN, View
from lab.core.errors import StoreError, UnknownName

if TYPE_CHECKING:
    import polars

Format = Literal["parquet", "csv", "jsonl"]
FORMATS: tuple[str, ...] = get_args(Format)

_WIDE = (V_RUN, V_DECISION, V_MEASURE)
_LONG = (V_EVENT, V_EXPOSURE)
_TABLES = (hidden, claim_act)
_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """A query whose columns have known types.

    Attributes:
        sql: the query, with `params` for its placeholders.
        params: values for them.
        types: column → ``text``, ``integer`` or ``number``, in order.
    """

    sql: str
    params: tuple[str, ...]
    types: dict[str, str]


def export(
    store: Store,
    *,
    format: str,
    target_dir: Path,
    study_name: str | None = None,
    run_id: str | None = None,
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
    chosen = [select_view(store, view, study_name=study_name, run_id=run_id) for view in (*_WIDE, *_LONG)]
    chosen += [_select_table(store, table, study_name, run_id) for table in _TABLES]
    names = [view.name.removeprefix("v_") for view in (*_WIDE, *_LONG)] + [table.name for table in _TABLES]
    files = [target_dir / f"{name}.{format}" for name in names]
    try:
        target_dir.mkdir(parents=True, exist_ok=True)
        for selection, file in zip(chosen, files, strict=True):
            _write(_frame(store, selection), file, format)
    except OSError as error:
        raise StoreError(f"cannot write to {target_dir}: {error.strerror or error}") from error
    return files
