"""A small log of scripted claimants, as organisms learn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from db.store import Store, open_store
from lab.organism.data import Corpus, held_out_corpus, moments, simulate, taught
from lab.organism.recipe import Moment, Recipe, recipe
from scenarios.spec import Scenario

EPISODES = 200


@dataclass(frozen=True)
class Lessons:
    """A corpus in a log, and what was read back from it."""

    store: Store
    recipe: Recipe
    scenario: Scenario
    corpus: Corpus
    study: str
    runs: list[list[Moment]]


@pytest.fixture(scope="session")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lessons]:
    bluff = recipe("bluff")
    scenario, corpus = taught(bluff), held_out_corpus(bluff, episodes=EPISODES)
    with open_store(str(tmp_path_factory.mktemp("organism") / "lab.db")) as store:
        study = simulate(store, corpus, scenario, lambda what, done, of: None)
        runs = list(moments(store, corpus, bluff, scenario))
        yield Lessons(store, bluff, scenario, corpus, study, runs)
