"""What would keep more than its limit does not begin."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab.core.errors import UsageError
from lab.runner import room
from lab.runner.room import require_room, require_room_of_run
from scenarios.spec import Scenario
from scenarios.study import Study
from tests.support.captures import BLUFF, ORGANISM, bluff_run

ANSWER_BYTES = 4 * 64 * 4
CLAIMS = 8


def study(tmp_path: Path, *, limit_gb: float) -> Study:
    file = tmp_path / "room.study.yaml"
    policy = "{kind: llm, model: local/organisms/bluff, capture: {}}"
    levels = f"factors: {{ann: {{path: agents.ann.policy, levels: {{organism: {policy}}}}}}}"
    limits = f"limits: {{capture_gb: {limit_gb:.9f}}}"
    file.write_text(f"schema: 1\nstudy: room\nscenario: {BLUFF}\n{levels}\nseeds: {{count: 10}}\n{limits}\n")
    loaded = lab.load(file)
    assert isinstance(loaded, Study)
    return loaded


def test_the_limit_counts_the_answers_of_those_who_capture(tmp_path: Path) -> None:
    needed = 10 * CLAIMS * ANSWER_BYTES / 1e9
    require_room(study(tmp_path, limit_gb=needed * 1.01))
    with pytest.raises(UsageError, match="captures of room would take about") as refused:
        require_room(study(tmp_path, limit_gb=needed * 0.99))
    assert f"ann: {ANSWER_BYTES:,} bytes an answer" in str(refused.value)
    assert "limits: {capture_gb: 0.1}" in str(refused.value)


def test_fewer_runs_need_less(tmp_path: Path) -> None:
    require_room(study(tmp_path, limit_gb=2 * CLAIMS * ANSWER_BYTES / 1e9 * 1.01), runs=2)


def test_where_no_limit_is_set_it_is_that_of_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = lab.load(BLUFF, swap=[ORGANISM], capture="all")
    assert isinstance(loaded, Scenario)
    require_room_of_run(loaded)
    monkeypatch.setattr(room, "CAPTURE_GB", 1e-9)
    with pytest.raises(UsageError, match="its limit is 1e-09 GB"):
        require_room_of_run(loaded)


def test_nothing_is_logged_of_a_run_that_is_refused(tmp_path: Path) -> None:
    db = tmp_path / "log.db"
    with pytest.raises(UsageError, match="captures of bluff"):
        bluff_run(db, capture="all", set_=["limits.capture_gb=0.000001"])
    assert not db.exists()
