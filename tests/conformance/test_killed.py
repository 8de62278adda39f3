"""Every shipped scenario, killed in the middle, continued, replayed: one study holds them all."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

import lab
from db.query import query
from db.store import open_store
from lab.core.canonical import canonical
from tests.conformance.test_shipped import SCENARIOS
from tests.support.kills import check_continued, kill_midway

SEEDS = 2
KILLS = 3


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study over all shipped scenarios."""
    scenarios = {path.stem: str(path) for path in SCENARIOS}
    path = tmp_path / "all.study.yaml"
    seeds = canonical({"count": SEEDS, "root": 7})
    path.write_text(f"schema: 1\nstudy: all\nscenarios: {canonical(scenarios)}\nseeds: {seeds}\n")
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="counts a process's children in /proc")
def test_all_environments_end_as_if_undisturbed_after_kills_and_replay_equal(
    study: Path, tmp_path: Path
) -> None:
    undisturbed, killed = tmp_path / "undisturbed.db", tmp_path / "killed.db"
    lab.batch(study, db=str(undisturbed))
    chance = random.Random(4)
    assert sum(kill_midway(study, killed, chance) for _ in range(KILLS)) > 0
    check_continued(study, killed, undisturbed)
    with open_store(str(killed), create=False) as store:
        runs = list(query(store, "select run from v_run order by cell, seed").rows)
    assert len(runs) == SEEDS * len(SCENARIOS)
    assert all(lab.replay(run, db=str(killed)).same for (run,) in runs[::SEEDS])
