"""Where two runs part."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.reading import chain_hashes
from db.store import Store, open_store
from db.triggers import drop_triggers
from lab.analysis.diff import first_difference, setting_differences
from lab.analysis.rows import rows
from lab.analysis.transcript import DecisionLine
from lab.api import fork, run
from lab.core.errors import UnknownName
from lab.core.records import Event
from tests.support.logs import SHIPPED, Games


def run_of(store: Store, cell: str, replicate: int = 0) -> str:
    (row,) = rows(store, "SELECT run FROM v_run WHERE cell = ? AND replicate = ?", cell, replicate)
    return str(row["run"])


def test_a_run_does_not_differ_from_itself(games_store: Store, games: Games) -> None:
    assert first_difference(games_store, games.bluff, games.bluff) is None


def test_runs_that_behaved_alike_do_not_differ_whatever_their_settings(store: Store) -> None:
    # nobody punishes in this study, so what punishment would do changes nothing
    alike = run_of(store, "punish=0,bob=free_rider"), run_of(store, "punish=3,bob=free_rider")
    assert first_difference(store, *alike) is None
    assert setting_differences(store, *alike) == ("params.punish.effect: 0.0 → 3.0",)


def test_the_first_row_that_differs_is_found(games_store: Store, games: Games) -> None:
    found = first_difference(games_store, games.punished, games.unpunished)
    assert found is not None
    hashes = [chain_hashes(games_store, run) for run in (games.punished, games.unpunished)]
    same = [one == other for one, other in zip(*hashes, strict=False)]
    assert found.seq == same.index(False) + 1
    assert found.rows.first is not None
    assert found.rows.first.seq == found.seq
    assert found.rows.first != found.rows.second


def test_the_first_decision_that_differs_comes_with_what_was_seen(games_store: Store, games: Games) -> None:
    found = first_difference(games_store, games.punished, games.unpunished)
    assert found is not None
    # the points lost differ first; the next contributions are the first decisions that know of them
    assert isinstance(found.rows.first, Event)
    assert found.decisions is not None
    first, second = found.decisions
    assert first is not None
    assert second is not None
    assert first.line.observation["last"] != second.line.observation["last"]
    assert first.line.seq > found.seq
    assert first.prompts == ()


def test_rows_may_differ_where_all_decisions_are_the_same(tmp_path: Path) -> None:
    database = str(tmp_path / "short.db")
    settings = [["params.rounds=1", f"params.punish.effect={effect}"] for effect in (3, 0)]
    runs = [run(SHIPPED / "pgg-punish.yaml", seed=7, set_=own, db=database).id for own in settings]
    with open_store(database, create=False) as store:
        found = first_difference(store, *runs)
    assert found is not None
    assert isinstance(found.rows.first, Event)
    assert found.decisions is None


def test_settings_that_differ_are_named_by_path(store: Store) -> None:
    one, other = run_of(store, "punish=0,bob=free_rider"), run_of(store, "punish=3,bob=full_contributor", 1)
    paths = [line.partition(":")[0] for line in setting_differences(store, one, other)]
    assert paths == ["agents.bob.policy.name", "params.punish.effect", "seed"]
    found = first_difference(store, one, other)
    assert found is not None
    assert 'agents.bob.policy.name: "free_rider" → "full_contributor"' in found.settings


def test_a_fork_differs_from_its_base_at_its_first_new_decision(own_store: Store) -> None:
    base = run_of(own_store, "punish=3,bob=free_rider")
    decisions = list(rows(own_store, "SELECT seq FROM decision WHERE run = ? AND agent = 'bob'", base))
    at = decisions[2]["seq"]
    made = fork(base, at=at, swap=("bob=scripted/full_contributor",), db=own_store.url)
    found = first_difference(own_store, base, made.id)
    assert found is not None
    assert found.seq == at
    assert found.decisions is not None
    assert found.decisions.first is not None
    assert found.decisions.second is not None
    assert (found.decisions.first.line.decision.value, found.decisions.second.line.decision.value) == (0, 20)
    assert any(line.startswith("fork:") for line in found.settings)


def test_a_run_cut_short_differs_where_it_ends(own_store: Store) -> None:
    whole, cut = run_of(own_store, "punish=0,bob=free_rider"), run_of(own_store, "punish=0,bob=free_rider", 1)
    with own_store.writing() as connection:
        connection.exec_driver_sql("UPDATE run SET head = 'cut' WHERE id = ?", (cut,))
        drop_triggers(connection)
        for table in ("decision", "event", "exposure"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE run = ?", (cut,))
            connection.exec_driver_sql(
                f"INSERT INTO {table} SELECT ?, {columns(own_store, table)} FROM {table} "
                "WHERE run = ? AND seq <= 4",
                (cut, whole),
            )
    found = first_difference(own_store, whole, cut)
    assert found is not None
    assert found.seq == 5
    assert found.rows.second is None
    assert found.decisions is not None
    assert isinstance(found.decisions.first and found.decisions.first.line, DecisionLine)
    assert found.decisions.second is None


def columns(store: Store, table: str) -> str:
    """Every column of a table but the run."""
    (row,) = rows(store, f"SELECT * FROM {table} LIMIT 1")
    return ", ".join(f'"{name}"' for name in row if name != "run")


def test_an_unknown_run_is_refused(store: Store) -> None:
    with pytest.raises(UnknownName, match="unknown run 'zzz'"):
        first_difference(store, "last", "zzz")
