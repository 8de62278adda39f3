"""Many runs in one process: the same behavior however many are in flight, and a brake that loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from db.store import open_store
from lab.core.records import RunStatus
from lab.runner.crew import execute_all
from lab.runner.execute import Ended
from lab.runner.loop import Brake, run_now
from lab.runner.plan import study_plans
from lab.runner.studies import enter_study
from scenarios.study import Study
from tests.support.studies import count, digests, write_study


def run_with(database: Path, study: Study, *, worlds: int = 32, brake: Brake | None = None) -> list[Ended]:
    """Run what is missing of a study and tell what ended."""
    ended: list[Ended] = []
    with open_store(str(database)) as store:
        plans = study_plans(study, enter_study(store, study).info.id)
        brake = brake or Brake()
        run_now(execute_all(store, plans, brake=brake, watch=ended.append, worlds=worlds), brake)
    return ended


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of twelve runs."""
    loaded = lab.load(write_study(tmp_path))
    assert isinstance(loaded, Study)
    return loaded


def test_worlds_one_by_one_and_all_at_once_behave_alike(tmp_path: Path, study: Study) -> None:
    run_with(tmp_path / "one.db", study, worlds=1)
    run_with(tmp_path / "all.db", study, worlds=1000)
    assert len(digests(tmp_path / "one.db")) == 12
    assert digests(tmp_path / "one.db") == digests(tmp_path / "all.db")


def test_running_again_does_nothing(tmp_path: Path, study: Study) -> None:
    assert len(run_with(tmp_path / "log.db", study)) == 12
    assert run_with(tmp_path / "log.db", study) == []


def test_the_first_pull_of_the_brake_lets_worlds_end_and_starts_no_more(tmp_path: Path, study: Study) -> None:
    brake = Brake()
    ended: list[Ended] = []

    def watch(one: Ended) -> None:
        ended.append(one)
        brake.pull()

    with open_store(str(tmp_path / "log.db")) as store:
        plans = study_plans(study, enter_study(store, study).info.id)
        run_now(execute_all(store, plans, brake=brake, watch=watch, worlds=1), brake)
    assert [one.status for one in ended] == [RunStatus.DONE]
    assert count(tmp_path / "log.db", "select count(*) from v_run where status = 'running'") == 0


def test_a_stopped_run_has_no_digest_and_is_continued_to_the_same_end(tmp_path: Path, study: Study) -> None:
    brake = Brake()
    brake.stop.now = True
    stopped = run_with(tmp_path / "log.db", study, brake=brake)
    assert {one.status for one in stopped} == {RunStatus.STOPPED}
    assert digests(tmp_path / "log.db") == {}
    run_with(tmp_path / "log.db", study)
    run_with(tmp_path / "other.db", study)
    assert digests(tmp_path / "log.db") == digests(tmp_path / "other.db")
    assert count(tmp_path / "log.db", "select max(n) from attempt") == 2


def test_ctrl_c_pulls_the_brake_once_to_drain_and_twice_to_stop() -> None:
    brake = Brake()
    brake.pull()
    assert (brake.draining, brake.stop.now) == (True, False)
    brake.pull()
    assert brake.stop.now
