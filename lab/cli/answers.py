"""The answer to a query as a table, csv, JSON or parquet; rows are written as they are read."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from lab.cli.printing import json_line
from lab.cli.table import Cell, table
from lab.core.errors import StoreError, UsageError

if TYPE_CHECKING:
    from db.query import Result


def write_answer(result: Result, *, format: str, output: Path | None) -> None:
    """Print the answer, or write it to a file.

    Raises:
        UsageError: for parquet without a file, and for numbers that JSON does not have.
        StoreError: when the file cannot be written.
    """
    if format == "parquet":
        _write_parquet(result, output)
        return
    with _target(output) as stream:
        if format == "csv":
            _write_csv(result, stream)
        elif format == "json":
            _write_json(result, stream)
        else:
            with redirect_stdout(stream):
                table(result.columns, result.rows, show=_in_full)


@contextmanager
def _target(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise StoreError(f"cannot write to {output}: {error.strerror}") from error


def _in_full(cell: Cell) -> str:
    """A cell with all its digits; null is empty."""
    return "" if cell is None else str(cell)


def _write_csv(result: Result, stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows(result.rows)


def _write_json(result: Result, stream: TextIO) -> None:
    """One list of objects, an object a line.

    Raises:
        UsageError: when two columns have one name: an object would keep only one of them.
    """
    twice = [name for name in result.columns if result.columns.count(name) > 1]
    if twice:
        raise UsageError(f"two columns are called '{twice[0]}'; name them apart with `as`")
    separator = "["
    for row in result.rows:
        stream.write(f"{separator}\n{_object(result.columns, row)}")
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")


def _object(columns: tuple[str, ...], row: tuple[Any, ...]) -> str:
    try:
        values = [value.hex() if isinstance(value, bytes) else value for value in row]
        return json_line(dict(zip(columns, values, strict=True)))
    except ValueError as error:
        raise UsageError(f"JSON has no number for a value of this row: {row}") from error


def _write_parquet(result: Result, output: Path | None) -> None:
    import polars

    if output is None:
        raise UsageError("--format parquet is not text: name a file with -o FILE")
    frame = polars.DataFrame(
        list(result.rows), schema=list(result.columns), orient="row", infer_schema_length=None
    )
    try:
        frame.write_parquet(output)
    except OSError as error:
        raise StoreError(f"cannot write to {output}: {error.strerror or error}") from error
