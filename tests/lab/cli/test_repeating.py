from __future__ import annotations

import pytest

from lab.runner.repeat import Replayed
from tests.lab.cli.conftest import Lab, Log


def test_replay_repeats_the_digest(lab: Lab, log: Log) -> None:
    done = lab("replay", log.game, "--db", log.db, "--json")
    assert done.code == 0
    assert done.json["same"]
    assert done.json["digest"] == done.json["recorded"]
    assert "the replay repeats it" in lab("replay", log.fork, "--db", log.db).out


def test_a_replay_that_differs_exits_with_1(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    differs = Replayed("abc", "1234", None, "replay diverged at decision 7")
    monkeypatch.setattr("lab.api.replay", lambda run, db: differs)
    done = lab("replay", "abc")
    assert done.code == 1
    assert done.out == "run abc: the replay differs from digest 1234\nreplay diverged at decision 7\n"


def test_fork_starts_a_run_with_a_parent(lab: Lab, log: Log, own_db: str) -> None:
    done = lab("fork", log.game, "--at", 3, "--reseed", 1, "--db", own_db)
    assert done.code == 0
    assert f"from {log.game} at row 3; from there: reseed 1\n" in done.out
    again = lab("fork", log.game, "--at", 3, "--set", "params.mpcr=0.5", "--db", own_db, "--json").json
    assert (again["parent"], again["fork_at"], again["status"]) == (log.game, 3, "done")


def test_a_fork_that_changes_nothing_says_so(lab: Lab, log: Log, own_db: str) -> None:
    done = lab("fork", log.game, "--at", 3, "--db", own_db)
    assert "at row 3; from there: nothing changed; identical to its base\n" in done.out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--at", "9999"), "--at 9999"),
        (("--at", "5"), "--at 5: row 5 of run"),
        (("--at", "2", "--set", "params.rounds=9"), "unknown live param"),
        (("--at", "2", "--swap", "bob"), "--swap bob: should be AGENT=MODEL"),
        (("--at", "2", "--swap", "bob=scripted/saint"), "--swap bob=scripted/saint: unknown scripted policy"),
        (("--at", "2", "--swap", "bob=moc/first"), "--swap bob=moc/first: unknown model 'moc/first'"),
    ],
)
def test_a_fork_that_cannot_be_is_refused(
    lab: Lab, log: Log, own_db: str, words: tuple[str, ...], line: str
) -> None:
    done = lab("fork", log.game, *words, "--db", own_db)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(line)


def test_diff_names_the_first_decision_that_differs(lab: Lab, log: Log) -> None:
    found = lab("diff", log.game, log.fork, "--db", log.db, "--json").json
    assert (found["same"], found["seq"]) == (False, 2)
    assert [side["args"] for side in found["decisions"]] == [{"amount": 0}, {"amount": 20}]


def test_diff_of_a_run_with_itself_finds_nothing(lab: Lab, log: Log) -> None:
    done = lab("diff", log.game, log.game, "--db", log.db)
    assert (done.code, done.out) == (0, "the runs behave the same from end to end\n")
