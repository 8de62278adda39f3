"""Small real logs of scripted agents, made once; tests that write get a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import Store, open_store
from lab.api import batch
from tests.support.logs import Games, play_games
from tests.support.studies import write_study


@pytest.fixture(scope="session")
def study_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the study `small`: 4 cells × 3 seeds, 3 rounds."""
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def database(study_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of `small`, every run done."""
    path = tmp_path_factory.mktemp("log") / "lab.db"
    batch(study_file, db=str(path))
    return path


@pytest.fixture(scope="session")
def games(tmp_path_factory: pytest.TempPathFactory) -> Games:
    """A log of one game of bluff, and of two public goods games of one seed, with and without punishment."""
    return play_games(tmp_path_factory.mktemp("games") / "lab.db")


@pytest.fixture
def games_store(games: Games) -> Iterator[Store]:
    """The log of `games`, to be read."""
    with open_store(games.database, create=False) as opened:
        yield opened


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    """The log, to be read."""
    with open_store(str(database), create=False) as opened:
        yield opened


@pytest.fixture
def own_store(database: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of the log that the test may change."""
    copy = tmp_path / "own.db"
    shutil.copy(database, copy)
    with open_store(str(copy), create=False) as opened:
        yield opened
