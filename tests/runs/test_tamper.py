"""Every altered value, swapped pair and missing row of a log is found and named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

import lab
from db.check import check
from db.store import open_store
from tests.support.verified import Recorder

BLUFF = Path(__file__).parents[2] / "scenarios/social/bluff.yaml"
PGG = Path(__file__).parents[2] / "scenarios/social/pgg-punish.yaml"
CHAINED = ("decision", "event", "exposure")


class Harm(NamedTuple):
    """What is done to a log, and the row that a check must name."""

    what: str
    statements: tuple[str, ...]
    table: str
    seq: int | None


def make_log(folder: Path) -> Path:
    """A log with a run of two games, without the triggers that would refuse the harm."""
    database = folder / "log.db"
    lab.run(BLUFF, set_=["params.rounds=2"], db=str(database))
    lab.run(PGG, set_=["params.rounds=2"], db=str(database))
    with closing(sqlite3.connect(database)) as raw:
        raw.execute("pragma journal_mode = delete")
    return database


def harms(database: Path) -> Iterator[Harm]:
    """One harm for every value of every chained row, every adjacent pair and every last row."""
    with closing(sqlite3.connect(database)) as raw:
        raw.row_factory = sqlite3.Row
        for table in CHAINED:
            found = raw.execute(f"select * from {table} order by run, seq").fetchall()
            yield from _altered(table, found)
            yield from _swapped(table, found)
        for run, last in raw.execute(
            "select run, max(seq) from (select run, seq from decision union select run, seq from event "
            "union select run, seq from exposure) group by run"
        ).fetchall():
            lost = tuple(f"delete from {table} where run = '{run}' and seq = {last}" for table in CHAINED)
            yield Harm("missing last row", lost, "run", None)


def _altered(table: str, found: list[sqlite3.Row]) -> Iterator[Harm]:
    for row in found:
        for column in tuple(row.keys()):
            if column in ("run", "seq") or row[column] is None:
                continue
            value = row[column]
            other = f"'{value[:-1]}{chr(ord(value[-1]) ^ 1)}'" if isinstance(value, str) else f"{value + 1}"
            where = f"run = '{row['run']}' and seq = {row['seq']}"
            change = f"update {table} set {column} = {other} where {where}"
            yield Harm(f"{table}.{column}", (change,), table, row["seq"])


def _swapped(table: str, found: list[sqlite3.Row]) -> Iterator[Harm]:
    for one, other in pairwise(found):
        if one["run"] == other["run"]:
            run, first, second = one["run"], one["seq"], other["seq"]
            yield Harm(
                f"swapped {table}s",
                (
                    f"update {table} set seq = -1 where run = '{run}' and seq = {first}",
                    f"update {table} set seq = {first} where run = '{run}' and seq = {second}",
                    f"update {table} set seq = {second} where run = '{run}' and seq = -1",
                ),
                table,
                first,
            )


def is_named(database: Path, harm: Harm) -> bool:
    """Whether a check of a harmed copy names the table and the row."""
    copy = database.with_name("harmed.db")
    shutil.copy(database, copy)
    with closing(sqlite3.connect(copy)) as raw:
        for (trigger,) in raw.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            raw.execute(f"drop trigger {trigger}")
        for statement in harm.statements:
            raw.execute(statement)
        raw.commit()
    with open_store(str(copy), create=False) as store:
        faults = check(store)
    if harm.seq is None:
        return any("missing" in fault.message for fault in faults)
    return any((fault.table, fault.seq) == (harm.table, harm.seq) for fault in faults)


def test_an_unharmed_log_has_no_faults(tmp_path: Path) -> None:
    with open_store(str(make_log(tmp_path)), create=False) as store:
        assert check(store) == []


def test_some_of_every_kind_of_harm_are_named(tmp_path: Path) -> None:
    database = make_log(tmp_path)
    kinds: dict[str, Harm] = {}
    for harm in harms(database):
        kinds.setdefault(harm.what, harm)
    assert len(kinds) > 25
    assert [harm for harm in kinds.values() if not is_named(database, harm)] == []


@pytest.mark.verify
def test_every_single_harm_is_named(tmp_path: Path, verified: Recorder) -> None:
    database = make_log(tmp_path)
    done = list(harms(database))
    missed = [harm for harm in done if not is_named(database, harm)]
    assert missed == []
    verified.record(
        "altered values, swapped pairs, missing last rows named by `lab db check`",
        f"{len(done)} of {len(done)}",
    )
