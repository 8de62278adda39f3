from __future__ import annotations

import pytest

from db.owners import Owner, wall_clock
from db.query import query
from db.reading import get_run
from db.runs import Ending, RunPlan, beat, claim, finish
from db.store import Store
from lab.core.chain import GENESIS
from lab.core.records import RunStatus
from tests.db.samples import DEAD, begin, plan, write_run

HERE = Owner.this_process()


def plans(*letters: str) -> list[RunPlan]:
    return [plan(letter * 12) for letter in letters]


def ids(store: Store, wanted: list[RunPlan], *, take: int = 10, before: float | None = None) -> list[str]:
    return [claimed.plan.id[0] for claimed in claim(store, wanted, HERE, take=take, before=before)]


def end(store: Store, run_id: str, status: RunStatus, *, error: str | None = None) -> None:
    digest = "d" * 32 if status in (RunStatus.DONE, RunStatus.LIMITED) else None
    finish(store, Ending(run_id, 1, status, digest, 1.0, error, trace=error and f"Traceback: {error}"))


def test_a_new_run_is_begun_once(store: Store) -> None:
    (claimed,) = claim(store, plans("a"), HERE, take=1)
    assert (claimed.attempt, claimed.rows, claimed.head, claimed.fresh) == (1, 0, GENESIS, True)
    assert claim(store, plans("a"), HERE, take=1) == []
    assert get_run(store, "a").status == "running"


def test_a_plan_is_kept_with_its_scenario_agents_and_params(store: Store) -> None:
    begin(store, plan(params=(("rounds", "params.rounds", "3"),)))
    rows = query(store, "SELECT name, position FROM agent ORDER BY position").rows
    assert list(rows) == [("ann", 0), ("bob", 1)]
    assert list(query(store, "SELECT alias, path, value FROM param").rows) == [
        ("rounds", "params.rounds", "3")
    ]
    scenario = query(store, "SELECT text FROM text JOIN run ON scenario = hash").rows
    assert list(scenario) == [(plan().scenario_text,)]


def test_no_more_runs_are_taken_than_asked_for(store: Store) -> None:
    assert ids(store, plans("a", "b", "c"), take=2) == ["a", "b"]
    assert ids(store, plans("a", "b", "c"), take=2) == ["c"]


@pytest.mark.parametrize(
    ("status", "taken"),
    [
        (RunStatus.DONE, []),
        (RunStatus.LIMITED, []),
        (RunStatus.STOPPED, ["a"]),
        (RunStatus.FAILED, ["a"]),
    ],
)
def test_only_unfinished_runs_are_continued(store: Store, status: RunStatus, taken: list[str]) -> None:
    begin(store, plan())
    end(store, "aaaaaaaaaaaa", status)
    assert ids(store, plans("a")) == taken


def test_a_run_is_taken_over_from_a_dead_process_where_it_stands(store: Store) -> None:
    writer = write_run(store, plan(), done=False)
    with store.writing() as connection:
        owner = DEAD.text
        connection.exec_driver_sql("UPDATE run SET owner = ?, heartbeat = 0", (owner,))
    (claimed,) = claim(store, plans("a"), HERE, take=1)
    assert (claimed.attempt, claimed.fresh) == (2, False)
    assert (claimed.rows, claimed.head) == (writer.rows, writer.head)


def test_a_run_of_a_living_process_elsewhere_is_left_alone(store: Store) -> None:
    begin(store, plan(), DEAD)
    assert ids(store, plans("a")) == []


def test_a_sign_of_life_keeps_a_run(store: Store) -> None:
    begin(store, plan(), DEAD)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE run SET heartbeat = 0")
    beat(store, ["aaaaaaaaaaaa"])
    assert ids(store, plans("a")) == []


def test_what_failed_in_this_call_is_left_for_the_next(store: Store) -> None:
    began = wall_clock()
    begin(store, plan())
    end(store, "aaaaaaaaaaaa", RunStatus.FAILED)
    assert ids(store, plans("a"), before=began) == []
    assert ids(store, plans("a"), before=wall_clock()) == ["a"]


def test_an_end_is_noted_on_the_run_and_in_full_on_the_attempt(store: Store) -> None:
    begin(store, plan())
    end(store, "aaaaaaaaaaaa", RunStatus.FAILED, error="no such card")
    info = get_run(store, "a")
    assert (info.status, info.digest, info.wall_s, info.error) == ("failed", None, 1.0, "no such card")
    attempts = list(query(store, "SELECT n, outcome, error, ended > 0 FROM attempt").rows)
    assert attempts == [(1, "failed", "Traceback: no such card", 1)]
    assert list(query(store, "SELECT owner FROM run").rows) == [(None,)]


def test_a_second_attempt_clears_the_error_and_adds_its_time(store: Store) -> None:
    begin(store, plan())
    end(store, "aaaaaaaaaaaa", RunStatus.FAILED, error="no such card")
    (claimed,) = claim(store, plans("a"), HERE, take=1)
    assert get_run(store, "a").error is None
    finish(store, Ending("aaaaaaaaaaaa", claimed.attempt, RunStatus.DONE, "d" * 32, 2.0))
    assert get_run(store, "a").wall_s == 3.0
