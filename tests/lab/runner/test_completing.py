"""Captures that a killed run lost are there when it ends, read again from the log."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lab
from tests.support.captures import BLUFF, ORGANISM, answers, bluff_run, vectors

KILLED_AT = 5
KILLED = f"""
import os, signal, sys
import lab
from agents.models.local.model import LocalModel

complete, calls = LocalModel.complete, 0

async def killing(self, requests):
    global calls
    calls += 1
    if calls == {KILLED_AT}:
        os.kill(os.getpid(), signal.SIGKILL)
    return await complete(self, requests)

LocalModel.complete = killing
lab.run({str(BLUFF)!r}, swap=[{ORGANISM!r}], capture="all", db=sys.argv[1])
"""
STUDY = f"""\
schema: 1
study: small
scenario: {BLUFF}
seeds: {{count: 2}}
factors:
  claimant: {{path: agents.ann.policy, levels: {{organism: {{kind: llm, model: local/organisms/bluff}}}}}}
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> lab.Run:
    return bluff_run(tmp_path_factory.mktemp("undisturbed") / "log.db", capture="all")


@pytest.fixture(scope="module")
def wreck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log whose one run was killed before its fifth answer; no test may change it."""
    db = tmp_path_factory.mktemp("killed") / "log.db"
    done = subprocess.run([sys.executable, "-c", KILLED, str(db)], check=False)
    assert done.returncode == -signal.SIGKILL
    return db


@pytest.fixture
def killed(wreck: Path, tmp_path: Path) -> Path:
    """A copy of that log; no shard was complete when the process died."""
    for file in wreck.parent.glob("log.db*"):
        shutil.copy(file, tmp_path / file.name)
    return tmp_path / "log.db"


def test_a_run_that_was_killed_ends_with_all_its_captures(killed: Path, undisturbed: lab.Run) -> None:
    ended = bluff_run(killed, capture="all")
    origins = [origin for (origin,) in answers(killed, "origin")]
    assert origins == ["recomputed"] * (KILLED_AT - 1) + ["live"] * (8 - KILLED_AT + 1)
    assert ended.digest == undisturbed.digest
    assert ended.warnings == ("captures of 4 answers were missing and are read again",)
    mine = vectors(killed, "resid_post[3]", run=ended.id)
    theirs = vectors(undisturbed.db, "resid_post[3]", run=undisturbed.id)
    assert mine.keys() == theirs.keys()
    for key, row in mine.items():
        np.testing.assert_allclose(row, theirs[key], rtol=1e-5, atol=1e-5)


def test_a_continued_run_keeps_the_captures_it_was_begun_with(killed: Path) -> None:
    ended = lab.run(BLUFF, swap=[ORGANISM], db=str(killed))
    assert answers(killed, "origin, count(*)", where="shard is not null")[0] == ("recomputed", 8)
    assert ended.warnings != ()


def test_a_run_with_all_its_captures_is_told_nothing_of(undisturbed: lab.Run) -> None:
    assert undisturbed.warnings == ()
    assert answers(undisturbed.db, "distinct origin") == [("live",)]


def test_a_study_that_is_done_is_asked_for_captures_by_name(tmp_path: Path) -> None:
    study = tmp_path / "small.study.yaml"
    study.write_text(STUDY)
    db = str(tmp_path / "log.db")
    assert lab.batch(study, db=db).warnings == ()
    again = lab.batch(study, capture="all", db=db)
    assert again.warnings == ("runs that ended before without captures: 2; `lab capture` adds them",)
    assert answers(db) == []
