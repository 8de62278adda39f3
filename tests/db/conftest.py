"""A fresh log for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import Store, open_store


@pytest.fixture(scope="session")
def empty_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty log, made once."""
    path = tmp_path_factory.mktemp("log") / "empty.db"
    open_store(str(path)).close()
    return path


@pytest.fixture
def store(empty_log: Path, tmp_path: Path) -> Iterator[Store]:
    """An open, empty log of the test's own."""
    path = shutil.copy(empty_log, tmp_path / "lab.db")
    with open_store(str(path)) as opened:
        yield opened
