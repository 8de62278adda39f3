"""``kill -9`` of a batch's parent at random moments loses nothing that was committed and leaves no worker."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

import lab
from tests.support.kills import check_continued, kill_midway
from tests.support.studies import write_study
from tests.support.verified import Recorder


def run_kills(tmp_path: Path, *, kills: int, seeds: int) -> int:
    """Kill a batch so often, then let it end; how many of the kills came mid-way."""
    study = write_study(tmp_path, name="killed", rounds=40, seeds=seeds)
    lab.batch(study, db=str(tmp_path / "undisturbed.db"))
    chance = random.Random(2026)
    midway = sum(kill_midway(study, tmp_path / "killed.db", chance) for _ in range(kills))
    check_continued(study, tmp_path / "killed.db", tmp_path / "undisturbed.db")
    return midway


@pytest.mark.skipif(sys.platform != "linux", reason="counts a process's children in /proc")
def test_a_batch_killed_three_times_ends_as_if_undisturbed(tmp_path: Path) -> None:
    assert run_kills(tmp_path, kills=3, seeds=25) == 3


@pytest.mark.verify
@pytest.mark.skipif(sys.platform != "linux", reason="counts a process's children in /proc")
def test_a_batch_killed_fifty_times_ends_as_if_undisturbed(tmp_path: Path, verified: Recorder) -> None:
    midway = run_kills(tmp_path, kills=50, seeds=800)
    assert midway == 50
    oracle = "kill -9 of the parent mid-way: digests equal, no worker left, check clean"
    verified.record(oracle, f"{midway} of 50")
