"""Several processes on one database: the same digests, and none left when the parent dies."""

from __future__ import annotations

from pathlib import Path

import lab
from lab.core.records import RunStatus
from tests.support.studies import digests, write_study


def test_four_workers_and_one_give_equal_digests(tmp_path: Path) -> None:
    path = write_study(tmp_path, seeds=4)
    one = lab.batch(path, db=str(tmp_path / "one.db"))
    four = lab.batch(path, workers=4, db=str(tmp_path / "four.db"))
    assert one.counts == four.counts == {RunStatus.DONE: 16}
    assert digests(tmp_path / "one.db") == digests(tmp_path / "four.db")


def test_workers_tell_their_parent_of_every_run_once(tmp_path: Path) -> None:
    told: list[str] = []
    path, database = write_study(tmp_path), str(tmp_path / "log.db")
    study = lab.batch(path, workers=2, db=database, watch=lambda ended: told.append(ended.run))
    assert len(told) == len(set(told)) == sum(study.counts.values())
