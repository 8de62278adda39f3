from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from agents.organisms.train import Episode
from lab.organism.data import episode, held_out_corpus, moments, simulate, taught
from lab.organism.path import END, PATH, PATH_SPARSE, PUBLISHED, SPARSE, alpine_line
from lab.organism.recipe import Recipe
from lab.organism.training import open_log, train_organism
from scenarios.planning.path.graph import graph_of
from scenarios.planning.path.spec import GraphSpec
from tests.support.verified import Recorder


@pytest.mark.parametrize(("recipe", "spec"), [(PATH, PUBLISHED), (PATH_SPARSE, SPARSE)])
def test_a_recipe_knows_the_graph_of_its_scenario(recipe: Recipe, spec: GraphSpec) -> None:
    assert taught(recipe).params["graph"] == spec.model_dump()
    assert taught(recipe).params["split"] == "test"
    assert taught(recipe, *recipe.lessons).params["split"] == "train"


def test_lessons_are_walks_of_training_pairs_within_what_is_expected() -> None:
    scenario = taught(PATH, *PATH.lessons, "params.tasks=30")
    corpus = held_out_corpus(PATH, episodes=2)
    with open_log(None) as store:
        simulate(store, corpus, scenario, lambda what, done, of: None)
        runs = list(moments(store, corpus, PATH, scenario))
    assert len(runs) == 60
    for run in runs:
        words = episode(run).words
        assert (int(words[0]), int(words[1])) in graph_of(PUBLISHED).train
        for moment in run:
            expected = PATH.expected(moment)
            assert sum(expected.values()) == pytest.approx(1)
            assert moment.action in expected


def test_a_line_is_learned_from_the_source_on_to_its_end() -> None:
    line = alpine_line(Episode(("3", "9", "3", "5", "9"), (3, 4)))
    assert line == Episode(("3", "9", "3", "5", "9", END), (2, 3, 4, 5))


@pytest.mark.verify
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", ["path", "path-sparse"])
def test_a_full_training_passes_its_gates(name: str, seed: int, tmp_path: Path, verified: Recorder) -> None:
    began = time.process_time()
    made = train_organism(name, seed=seed, out=tmp_path, held_out=100)
    spent_s = time.process_time() - began
    figures = made.judged.figures
    gates = {"path": PATH, "path-sparse": PATH_SPARSE}[name].gates
    verified.record(
        f"organism {name}, seed {seed}: " + ", ".join(f"{gate.figure} {gate}" for gate in gates),
        ", ".join(f"{figures[gate.figure]:.3f}" for gate in gates)
        + f", {spent_s:.0f} CPU s on {os.cpu_count()} cores",
    )
    assert made.judged.passed
