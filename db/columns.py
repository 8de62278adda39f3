"""What the tables of the behavior log are made of: columns with their unit and meaning."""

from __future__ import annotations

from typing import Any

from sqlalchemy import REAL, BigInteger, Column, Double, ForeignKey, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

INTEGER: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
NUMBER: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def string(name: str, about: str, *rules: Any, key: bool = False, null: bool = False) -> Column[str]:
    """A column of text; `about` says what it holds."""
    return Column(name, Text, *rules, primary_key=key, nullable=null, comment=about)


def integer(name: str, about: str, *, key: bool = False, null: bool = False) -> Column[int]:
    """A column of whole numbers."""
    return Column(name, INTEGER, primary_key=key, nullable=null, comment=about, autoincrement=False)


def number(name: str, about: str, *, null: bool = False) -> Column[float]:
    """A column of numbers."""
    return Column(name, NUMBER, nullable=null, comment=about)


def state(column: Column[Any]) -> Column[Any]:
    """A column that may change after its row was written."""
    column.info["changes"] = True
    return column


def of_run() -> Column[str]:
    """The run of a row."""
    return string("run", "id of the run", ForeignKey("run.id"), key=True)


def logged_run() -> Column[str]:
    """The run of a row on the hot path; `check` finds orphans, so inserting needs no look-up."""
    return string("run", "id of the run", key=True)


def log_table(name: str, about: str, *parts: Any) -> Table:
    """A table kept in the order of its key: a run's rows lie together."""
    return Table(name, metadata, *parts, comment=about, sqlite_strict=True, sqlite_with_rowid=False)
