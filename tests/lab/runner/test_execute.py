"""One run's failure is its own: kept with its traceback, and the others go on."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

import lab
from db.recorder import Recorder
from db.store import open_store
from lab.core.errors import UnknownName
from lab.core.records import RunStatus
from lab.core.registry import Registry
from lab.engine.conductor import StopSignal
from lab.runner.execute import Execution, short
from tests.support.studies import count

BROKEN = """\
from lab.core.spaces import Choice
from scenarios.environment import Environment, Spec


class Params(Spec):
    breaks: bool = False
    asks: int = 3


class Fragile(Environment[Params]):
    Params = Params

    def play(self):
        for number in range(self.params.asks):
            yield self.ask(self.agents[0], {"number": number}, Choice("a", "b"), phase="choose")
            yield self.wait(1)
            if self.params.breaks and number == 1:
                raise ZeroDivisionError("the rules broke")

    @classmethod
    def expected_decisions(cls, params, n_agents):
        return params.asks
"""

STUDY = """\
schema: 1
study: fragile
scenario:
  schema: 1
  name: fragile
  environment: MODULE:Fragile
  agents: [{name: ann, policy: {kind: scripted, name: uniform}}]
factors:
  breaks: {path: params.breaks, levels: [false, true]}
seeds: {count: 2}
"""


def write_fragile(folder: Path) -> Path:
    """A study of an environment of its own that fails in half of its cells."""
    module = "fragile_" + folder.name
    (folder / f"{module}.py").write_text(BROKEN)
    path = folder / "fragile.study.yaml"
    path.write_text(STUDY.replace("MODULE", module))
    return path


def test_a_failing_run_is_contained_and_kept_with_its_traceback(tmp_path: Path) -> None:
    study = lab.batch(write_fragile(tmp_path), db=str(tmp_path / "log.db"))
    assert study.counts == {RunStatus.DONE: 2, RunStatus.FAILED: 2}
    failed = lab.query("select error from v_run where status = 'failed'", db=study.db)
    line = BROKEN[: BROKEN.index("raise")].count("\n") + 1
    assert set(failed["error"]) == {f"ZeroDivisionError: the rules broke (fragile_{tmp_path.name}.py:{line})"}
    traces = lab.query("select error from attempt where outcome = 'failed'", db=study.db)
    assert "Traceback" in traces["error"][0]


def test_a_broken_rule_is_told_with_the_place_in_the_users_code(tmp_path: Path) -> None:
    study = write_fragile(tmp_path)
    code = BROKEN.replace('raise ZeroDivisionError("the rules broke")', "self.pay('nobody', 1)")
    (tmp_path / f"fragile_{tmp_path.name}.py").write_text(code)
    db = lab.batch(study, db=str(tmp_path / "log.db")).db
    line = code[: code.index("self.pay")].count("\n") + 1
    (error,) = set(lab.query("select error from v_run where status = 'failed'", db=db)["error"])
    assert "nobody" in error
    assert error.endswith(f"(fragile_{tmp_path.name}.py:{line})")


def test_the_labs_own_error_has_no_place() -> None:
    try:
        Registry("thing", {}).load("other")
    except UnknownName as error:
        known = error.with_traceback(error.__traceback__.tb_next if error.__traceback__ else None)
    assert short(known) == "unknown thing 'other' (known: there is none)"


def test_a_failed_run_keeps_its_rows_and_has_no_digest(tmp_path: Path) -> None:
    lab.batch(write_fragile(tmp_path), db=str(tmp_path / "log.db"))
    rows = count(tmp_path / "log.db", "select sum(decisions) from v_run where status = 'failed'")
    assert rows == 4
    assert count(tmp_path / "log.db", "select count(digest) from v_run where status = 'failed'") == 0


def test_a_failed_run_is_tried_again_by_the_next_batch(tmp_path: Path) -> None:
    path = write_fragile(tmp_path)
    lab.batch(path, db=str(tmp_path / "log.db"))
    lab.batch(path, db=str(tmp_path / "log.db"))
    assert count(tmp_path / "log.db", "select count(*) from attempt where outcome = 'failed'") == 4
    assert count(tmp_path / "log.db", "select count(*) from v_run") == 4


def test_a_log_that_lost_its_end_is_refused_not_overwritten(tmp_path: Path) -> None:
    path = write_fragile(tmp_path)
    lab.batch(path, db=str(tmp_path / "log.db"))
    with sqlite3.connect(tmp_path / "log.db") as tampered:
        for (name,) in tampered.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            tampered.execute(f"drop trigger {name}")
        tampered.execute("delete from decision where seq = 2")
    lab.batch(path, db=str(tmp_path / "log.db"))
    failed = lab.query("select error from v_run where status = 'failed'", db=str(tmp_path / "log.db"))
    assert all("the log holds 1 rows where it noted 2" in error for error in failed["error"])


def test_runs_in_hand_give_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.runner.execute.HEARTBEAT_S", 0.01)
    beats: list[set[str]] = []
    monkeypatch.setattr("lab.runner.execute.beat", lambda store, runs: beats.append(set(runs)))
    with open_store(str(tmp_path / "log.db")) as store:
        execution = Execution(store, Recorder(store), StopSignal(), running={"abc"})

        async def a_while() -> None:
            alive = asyncio.create_task(execution.keep_alive())
            while not beats:
                await asyncio.sleep(0)
            alive.cancel()

        asyncio.run(a_while())
    assert beats[0] == {"abc"}
