"""A small log of the bluff organism with captures, made once; tests that write get a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import Store, open_store
from lab.align.climb import Climbed, climb
from lab.align.question import Budget, Question
from lab.api import batch
from probes.readers.assessment import Settings

STUDY = """\
schema: 1
study: claims
scenario:
  schema: 1
  name: claims
  environment: social/bluff
  params: {rounds: 8, opening: 4}
  agents:
    - {name: ann, policy: {kind: llm, model: local/organisms/bluff, capture: {}}, params: {type: drawn}}
    - {name: bob, policy: {kind: scripted, name: caller, p: 0.5}}
  measures: [bluff_rate, truthful_share]
factors:
  calls: {path: agents.bob.policy.p, levels: [0.2, 0.8]}
seeds: {count: 24, root: 7}
"""

QUICK = Settings(bootstraps=200, permutations=100, controls=2)


@pytest.fixture(scope="session")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a study of two cells that share 24 seeds: four captured claims a run."""
    folder = tmp_path_factory.mktemp("claims")
    study = folder / "claims.study.yaml"
    study.write_text(STUDY)
    batch(study, db=str(folder / "lab.db"))
    return folder


@pytest.fixture
def log(claims: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of that log with its captures."""
    copy = tmp_path / "copy"
    shutil.copytree(claims, copy)
    with open_store(str(copy / "lab.db"), create=False) as store:
        yield store


@pytest.fixture(scope="session")
def reading(claims: Path) -> Iterator[Store]:
    """That log, to be read."""
    with open_store(str(claims / "lab.db"), create=False) as store:
        yield store


@pytest.fixture(scope="session")
def answered(claims: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Climbed]:
    """A copy of that log in which a question was answered, and the answer."""
    copy = tmp_path_factory.mktemp("strong") / "copy"
    shutil.copytree(claims, copy)
    with open_store(str(copy / "lab.db"), create=False) as store:
        return str(copy / "lab.db"), climb(store, ask("strong"), budget=Budget(None))


@pytest.fixture(scope="session")
def strong(answered: tuple[str, Climbed]) -> Climbed:
    """What is found of `strong`, which the model works out from two cards."""
    return answered[1]


@pytest.fixture(scope="session")
def fitted(answered: tuple[str, Climbed]) -> Iterator[Store]:
    """The log with these findings, their probes and scores."""
    with open_store(answered[0], create=False) as store:
        yield store


def ask(variable: str, **more: object) -> Question:
    """A question about the claims of that study, measured quickly."""
    return Question(study="claims", variables=(variable,), behavior="claim", measuring=QUICK, **more)  # type: ignore[arg-type]
