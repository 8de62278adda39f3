"""A study is found by its name, continued by the same command, and refused when it changed."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab.core.errors import UsageError
from lab.core.records import RunStatus
from lab.runner.studies import BatchOptions
from tests.support.studies import write_study


def test_a_study_may_grow_in_seeds(tmp_path: Path) -> None:
    lab.batch(write_study(tmp_path, seeds=2), db=str(tmp_path / "log.db"))
    grown = lab.batch(write_study(tmp_path, seeds=3), db=str(tmp_path / "log.db"))
    assert grown.counts == {RunStatus.DONE: 12}


def test_a_study_may_grow_in_levels(tmp_path: Path) -> None:
    path = write_study(tmp_path, seeds=1)
    lab.batch(path, db=str(tmp_path / "log.db"))
    path.write_text(path.read_text().replace("levels: [0, 3]", "levels: [0, 3, 5]"))
    assert lab.batch(path, db=str(tmp_path / "log.db")).counts == {RunStatus.DONE: 6}


def test_a_changed_study_is_refused_with_its_difference(tmp_path: Path) -> None:
    lab.batch(write_study(tmp_path, seeds=1), db=str(tmp_path / "log.db"))
    with pytest.raises(UsageError, match=r"params\.rounds: 3 → 4"):
        lab.batch(write_study(tmp_path, seeds=1, rounds=4), db=str(tmp_path / "log.db"))


def test_a_study_that_another_process_enters_at_the_same_moment_is_compared_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.batch(write_study(tmp_path, seeds=1), db=str(tmp_path / "log.db"))
    monkeypatch.setattr("lab.runner.studies.find_study", lambda *_: None)  # the look was a moment too early
    with pytest.raises(UsageError, match=r"params\.rounds: 3 → 4"):
        lab.batch(write_study(tmp_path, seeds=1, rounds=4), db=str(tmp_path / "log.db"))


def test_a_smaller_study_is_refused(tmp_path: Path) -> None:
    lab.batch(write_study(tmp_path, seeds=2), db=str(tmp_path / "log.db"))
    with pytest.raises(UsageError, match=r"seeds\.count: 2 → 1"):
        lab.batch(write_study(tmp_path, seeds=1), db=str(tmp_path / "log.db"))


def test_a_pilot_runs_the_first_replicates_of_every_cell(tmp_path: Path) -> None:
    study = lab.batch(write_study(tmp_path), pilot=1, db=str(tmp_path / "log.db"))
    cells = lab.query("select cell, count(*) as n from v_run group by cell", db=study.db)
    assert cells["n"].to_list() == [1, 1, 1, 1]


def test_a_limit_runs_so_many_and_the_next_call_the_rest(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    assert sum(lab.batch(path, limit=5, db=str(tmp_path / "log.db")).counts.values()) == 5
    assert sum(lab.batch(path, db=str(tmp_path / "log.db")).counts.values()) == 12


@pytest.mark.parametrize("option", ["workers", "limit", "pilot", "worlds"])
def test_counts_below_one_are_refused(option: str) -> None:
    with pytest.raises(UsageError, match=rf"--{option} 0: must be 1 or more"):
        BatchOptions(**{option: 0})
