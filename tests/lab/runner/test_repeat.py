"""Replay repeats a run row by row; a fork shares its past and differs only where it was told to."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

import lab
from db.schema import HEAD, upgrade
from db.store import open_store
from lab.api import Run
from lab.core.errors import LabError, UnknownName, UsageError
from lab.runner.repeat import played_by, swap_setting
from tests.support.captures import bluff_run
from tests.support.old_logs import at_first_schema
from tests.support.studies import count

PGG = Path(__file__).parents[3] / "scenarios/social/pgg-punish.yaml"


@pytest.fixture
def base(tmp_path: Path) -> Run:
    """One finished run of the shipped public goods game."""
    return lab.run(PGG, db=str(tmp_path / "log.db"))


def decision_at(run: Run, place: int) -> int:
    """The seq of a run's decision number `place`."""
    return int(run.decisions()["seq"][place])


def test_a_replay_repeats_every_row(base: Run) -> None:
    replayed = lab.replay(base.id, db=base.db)
    assert replayed.same
    assert replayed.digest == base.digest


def test_a_replay_names_the_first_row_that_differs(base: Run, tmp_path: Path) -> None:
    seq = decision_at(base, 5)
    with sqlite3.connect(tmp_path / "log.db") as tampered:
        for (name,) in tampered.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            tampered.execute(f"drop trigger {name}")
        tampered.execute("update decision set hash = 'altered' where seq = ?", (seq,))
    replayed = lab.replay(base.id, db=base.db)
    assert not replayed.same
    assert replayed.difference is not None
    assert f"replay diverged at decision {seq}" in replayed.difference


@pytest.mark.parametrize("model", ["scripted/free_rider", "mock/uniform"])
def test_a_run_of_the_first_schema_replays_after_the_upgrade(tmp_path: Path, model: str) -> None:
    old = lab.run(PGG, set_=["params.rounds=2"], swap=[f"ann={model}"], db=str(tmp_path / "log.db"))
    assert old.info.status == "done"
    log = str(at_first_schema(tmp_path / "log.db", tmp_path / "old.db"))
    assert upgrade(log) == ("0001", HEAD)
    assert lab.replay(old.id, db=log).digest == old.digest


def test_an_unfinished_run_cannot_be_replayed(tmp_path: Path) -> None:
    stopped = lab.run(PGG, set_=["limits.wall_s=0.000001"], db=str(tmp_path / "log.db"))
    with pytest.raises(UsageError, match=r"only done and limited runs"):
        lab.replay(stopped.id, db=stopped.db)


def test_a_fork_without_changes_ends_like_its_base(base: Run) -> None:
    fork = lab.fork(base.id, at=decision_at(base, 12), db=base.db)
    assert fork.digest == base.digest
    assert (fork.info.parent, fork.info.fork_at) == (base.id, decision_at(base, 12))
    assert (fork.info.study, fork.info.cell) == (None, None)


def test_a_fork_shares_every_row_before_its_point(base: Run) -> None:
    at = decision_at(base, 12)
    fork = lab.fork(base.id, at=at, reseed=1, db=base.db)
    before = f"select seq, agent, action, args from v_decision where run = '{{}}' and seq < {at}"
    assert lab.query(before.format(base.id), db=base.db).equals(lab.query(before.format(fork.id), db=base.db))
    assert fork.digest != base.digest


def test_a_fork_swaps_one_agent_from_its_point_on(base: Run) -> None:
    at = decision_at(base, 20)
    fork = lab.fork(base.id, at=at, swap=["ann=scripted/full_contributor"], db=base.db)
    given = lab.query(
        f"select args from v_decision where run = '{fork.id}' and seq >= {at} "
        "and agent = 'ann' and phase = 'contribute'",
        db=base.db,
    )
    assert set(given["args"]) == {'{"amount":20}'}


def test_a_fork_swaps_a_rule_for_a_model_and_replays_without_it(base: Run) -> None:
    at = decision_at(base, 20)
    fork = lab.fork(base.id, at=at, swap=["ann=mock/uniform"], db=base.db)
    called = lab.query(
        f"select agent, min(seq) as seq from model_call where run = '{fork.id}' group by 1", db=base.db
    )
    assert called.rows() == [("ann", at)]
    assert lab.replay(fork.id, db=base.db).same


@pytest.mark.parametrize(
    ("swap", "policy"),
    [
        ("ann=scripted/free_rider", {"kind": "scripted", "name": "free_rider"}),
        ("ann=scripted/my.game:Rule", {"kind": "scripted", "name": "my.game:Rule"}),
        ("ann=human", {"kind": "human"}),
        ("ann=main", {"kind": "llm", "model": "main", "cognition": "direct"}),
        ("ann=local/a b/it's=1", {"kind": "llm", "model": "local/a b/it's=1", "cognition": "direct"}),
    ],
)
def test_a_swap_is_a_setting_of_the_agents_policy(swap: str, policy: dict[str, str]) -> None:
    path, _, value = swap_setting(swap).partition("=")
    assert (path, json.loads(value)) == ("agents.ann.policy", policy)


@pytest.mark.parametrize("swap", ["ann", "ann=", "=human", "ann=scripted/"])
def test_a_swap_says_who_and_what(swap: str) -> None:
    with pytest.raises(
        UsageError, match=r"should be AGENT=MODEL, where MODEL is scripted/NAME, human, openai/"
    ):
        swap_setting(swap)


def test_a_fork_changes_a_live_param_and_replays(base: Run) -> None:
    fork = lab.fork(base.id, at=decision_at(base, 12), set_=["params.punish.effect=0"], db=base.db)
    assert fork.digest != base.digest
    assert lab.replay(fork.id, db=base.db).same


def test_a_fork_of_a_fork_keeps_what_the_first_one_changed(base: Run) -> None:
    swap = ["ann=scripted/full_contributor"]
    first = lab.fork(base.id, at=decision_at(base, 12), swap=swap, reseed=2, db=base.db)
    same = lab.fork(first.id, at=decision_at(first, 30), db=base.db)
    assert same.digest == first.digest
    params = ["params.punish.effect=1"]
    other = lab.fork(
        first.id, at=decision_at(first, 30), set_=params, swap=["bob=scripted/first"], db=base.db
    )
    assert other.digest != first.digest
    gifts = f"select args from v_decision where run = '{other.id}' and agent = 'ann' and phase = 'contribute'"
    assert lab.query(gifts, db=base.db)["args"][-1] == '{"amount":20}'
    assert all(lab.replay(run.id, db=base.db).same for run in (first, same, other))


def test_the_same_fork_is_made_once(base: Run, tmp_path: Path) -> None:
    at = decision_at(base, 12)
    one, other = (lab.fork(base.id, at=at, reseed=3, db=base.db) for _ in range(2))
    assert one.id == other.id
    assert count(tmp_path / "log.db", "select count(*) from v_run where parent is not null") == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"set_": ["params.rounds=3"]}, r"unknown live param .*'params.rounds'.*params.punish.effect"),
        ({"swap": ["anna=scripted/free_rider"]}, r"did you mean 'ann'"),
        ({"swap": ["ann=scripted/free_ridder"]}, r"did you mean 'free_rider'"),
        (
            {"swap": ["ann=free_rider"]},
            r"unknown model 'free_rider' .*; a rule of the game is scripted/free_rider",
        ),
        ({"swap": ["ann=mock/unifrom"]}, r"--swap ann=mock/unifrom: .*did you mean 'uniform'"),
        ({"swap": ["ann"]}, r"--swap ann: should be AGENT=MODEL"),
        ({"set_": ["params.punish.effect=many"]}, r"params.punish.effect"),
    ],
)
def test_a_change_that_is_not_allowed_names_what_is(
    base: Run, changes: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(LabError, match=message):
        lab.fork(base.id, at=decision_at(base, 4), db=base.db, **changes)  # type: ignore[arg-type]


def test_a_fork_starts_at_a_decision(base: Run) -> None:
    with pytest.raises(UsageError, match=r"no decision"):
        lab.fork(base.id, at=10_000, db=base.db)
    events = lab.query(f"select min(seq) as seq from v_event where run = '{base.id}'", db=base.db)
    with pytest.raises(UsageError, match=r"is no decision; the next one is \d+"):
        lab.fork(base.id, at=int(events["seq"][0]), db=base.db)


def test_an_unknown_run_is_named(base: Run) -> None:
    with pytest.raises(UnknownName, match="unknown run 'zzz'"):
        lab.replay("zzz", db=base.db)


def captured_calls(run: Run) -> list[tuple[int, str]]:
    """Seq and origin of every capture of a run."""
    sql = f"select seq, origin from capture where run = '{run.id}' order by seq"
    return [(int(seq), str(origin)) for seq, origin in lab.query(sql, db=run.db).rows()]


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of eight claims whose activations are kept."""
    return bluff_run(tmp_path_factory.mktemp("captured") / "log.db", capture="mid")


def test_a_fork_captures_as_its_base_did_and_a_replay_captures_nothing(captured: Run) -> None:
    kept = captured_calls(captured)
    at = kept[4][0]
    forked = lab.fork(captured.id, at=at, reseed=1, db=captured.db)
    assert forked.warnings == ()
    assert captured_calls(forked)[0] == (at, "live")
    assert lab.replay(captured.id, db=captured.db).same
    assert captured_calls(captured) == kept


def test_an_agent_that_is_swapped_keeps_no_captures(captured: Run) -> None:
    at = captured_calls(captured)[4][0]
    forked = lab.fork(captured.id, at=at, swap=["ann=local/organisms/bluff"], db=captured.db)
    assert captured_calls(forked) == []


def test_who_played_is_told_of_a_fork_from_its_decision_on(captured: Run) -> None:
    at = captured_calls(captured)[4][0]
    forked = lab.fork(captured.id, at=at, swap=["ann=scripted/truthful"], db=captured.db)
    with open_store(captured.db, create=False) as store:
        assert played_by(store, captured.info).policies["ann"]["capture"] == {"layers": "mid"}
        assert played_by(store, forked.info).policies["ann"] == {"kind": "scripted", "name": "truthful"}
        assert (
            played_by(store, forked.info).policies["bob"] == played_by(store, captured.info).policies["bob"]
        )
