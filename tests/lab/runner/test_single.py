"""`lab run` continues an unfinished run of the same identity and seed, else begins a new one."""

from __future__ import annotations

from pathlib import Path

import lab
from lab.core.records import RunStatus

PGG = Path(__file__).parents[3] / "scenarios/social/pgg-punish.yaml"


def test_the_same_scenario_and_seed_give_the_same_digest_under_a_new_id(tmp_path: Path) -> None:
    one = lab.run(PGG, db=str(tmp_path / "log.db"))
    other = lab.run(PGG, db=str(tmp_path / "log.db"))
    assert one.id != other.id
    assert one.digest == other.digest


def test_another_seed_gives_another_digest(tmp_path: Path) -> None:
    one = lab.run(PGG, seed=1, db=str(tmp_path / "log.db"))
    other = lab.run(PGG, seed=2, db=str(tmp_path / "log.db"))
    assert one.digest != other.digest


def test_a_stopped_run_is_continued(tmp_path: Path) -> None:
    stopped = lab.run(PGG, set_=["limits.wall_s=0.000001"], db=str(tmp_path / "log.db"))
    assert stopped.status is RunStatus.STOPPED
    continued = lab.run(PGG, db=str(tmp_path / "log.db"))
    assert (continued.id, continued.status) == (stopped.id, RunStatus.DONE)


def test_new_begins_another_although_one_is_unfinished(tmp_path: Path) -> None:
    stopped = lab.run(PGG, set_=["limits.wall_s=0.000001"], db=str(tmp_path / "log.db"))
    assert lab.run(PGG, new=True, db=str(tmp_path / "log.db")).id != stopped.id


def test_a_limit_from_the_log_ends_a_run_with_a_digest_and_measures(tmp_path: Path) -> None:
    limited = lab.run(PGG, set_=["limits.decisions=20"], db=str(tmp_path / "log.db"))
    assert limited.status is RunStatus.LIMITED
    assert limited.digest is not None
    assert limited.error == "limits.decisions: 20"
    assert limited.measures["contribution_share"] is not None
    assert lab.replay(limited.id, db=limited.db).same
