from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import RuleError
from lab.core.records import DecisionRequest
from lab.core.spaces import Choice
from scenarios.planning.path.policies import Ideal, Observed, Random, Walker
from scenarios.planning.path.rules import PathGame
from tests.support.worlds import play

SPARSE = {"nodes": 60, "p": 0.1, "seed": 0, "train_share": 0.05}


def _measures(policy: Any) -> Any:
    params = {"graph": SPARSE, "tasks": 250, "split": "test"}
    return play(PathGame, params, {"ann": policy}, seed=3).measures


def test_who_knows_the_graph_always_arrives_and_ideal_on_a_shortest_path() -> None:
    walker, ideal = _measures(Walker()), _measures(Ideal())
    assert walker["success"] == ideal["success"] == 1
    assert ideal["excess_steps"] == 0
    assert walker["excess_steps"] > 0.1


def test_who_knows_the_training_paths_arrives_up_to_degree_one_and_seldom_beyond() -> None:
    found = _measures(Observed())
    assert found["success_degree_0"] == found["success_degree_1"] == 1
    assert found["success_degree_2"] < 0.6
    assert found["transitivity_gap"] > 0.4
    assert found["missing_edge_rate"] == 0


def test_who_draws_among_edges_mostly_ends_dead() -> None:
    found = _measures(Random())
    assert found["missing_edge_rate"] == 0
    assert found["dead_end_rate"] == 1 - found["success"] > 0.5


def test_without_the_tools_a_scripted_walker_says_so() -> None:
    request = DecisionRequest("ann", None, 0, 0, "step", {}, Choice("1", "2"))
    with pytest.raises(RuleError, match="agent 'ann' is lent no tool 'nearest_ways'"):
        Ideal().decide(request, None)  # type: ignore[arg-type]
