"""Handles read the log when asked."""

from __future__ import annotations

from pathlib import Path

import lab
from tests.support.studies import write_study

SOCIAL = Path(__file__).parents[3] / "scenarios/social"


def test_a_run_gives_its_measures_decisions_and_events(tmp_path: Path) -> None:
    run = lab.run(SOCIAL / "pgg-punish.yaml", db=str(tmp_path / "log.db"))
    assert "contribution_share" in run.measures
    assert run.decisions().height == run.info.decisions
    assert (run.events()["kind"] == "payoff").any()


def test_a_study_gives_frames_with_a_column_for_each_factor(tmp_path: Path) -> None:
    study = lab.batch(write_study(tmp_path), db=str(tmp_path / "log.db"))
    frame = study.decisions(wide=True)
    assert set(frame["punish"]) == {0, 3}
    assert set(frame["bob"]) == {"free_rider", "full_contributor"}
    assert study.measures()["measure"].n_unique() >= 1
    assert len(study.summary().cells) == 4
