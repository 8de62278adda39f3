"""The command line as a function, and a small real log for it to read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.api import batch, fork, run
from lab.cli.app import main
from tests.support.studies import write_study

SOCIAL = Path(__file__).resolve().parents[3] / "scenarios" / "social"


@dataclass(frozen=True)
class Outcome:
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Lab = Callable[..., Outcome]


@dataclass(frozen=True)
class Log:
    """A database with the study `small` (12 runs), three runs of their own, and a fork of the first."""

    db: str
    game: str
    hunt: str
    bluff: str
    fork: str


@pytest.fixture
def lab(capsys: pytest.CaptureFixture[str]) -> Lab:
    """Runs a command line in this process."""

    def call(*words: object) -> Outcome:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    folder = tmp_path_factory.mktemp("cli")
    db = str(folder / "lab.db")
    batch(write_study(folder), db=db)
    short = ["params.rounds=2"]
    game = run(SOCIAL / "pgg-punish.yaml", set_=short, db=db).id
    hunt = run(SOCIAL / "stag-hunt.yaml", set_=short, db=db).id
    bluff = run(SOCIAL / "bluff.yaml", set_=short, db=db).id
    other = fork(game, at=2, swap=["bob=scripted/full_contributor"], db=db).id
    return Log(db, game, hunt, bluff, other)


@pytest.fixture
def own_db(log: Log, tmp_path: Path) -> str:
    """A copy of the log that a test may change."""
    return str(shutil.copy(log.db, tmp_path / "own.db"))
