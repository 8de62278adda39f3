from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from scenarios.spec import LimitsSpec, Scenario
from scenarios.study import (
    Factor,
    Hypothesis,
    Level,
    Seeds,
    Study,
    cell_name,
    combinations,
    compare_identity,
    level_name,
)
from tests.scenarios.test_spec import scenario


def study(count: int = 2, root: int = 2026, levels: tuple[int, ...] = (8, 9)) -> Study:
    base: Scenario = scenario()
    return Study(
        name="s",
        scenario=base,
        factors=(Factor("rounds", "params.rounds", tuple(Level(str(value), value) for value in levels)),),
        seeds=Seeds(count, root),
        limits=LimitsSpec(cost_usd=5.0),
        hypotheses=(Hypothesis("H1", "rounds", ("9", "8"), "volume", "greater"),),
        source="s.study.yaml",
        changes=tuple({} if value == 8 else {"params": {"rounds": value}} for value in levels),
    )


def test_a_study_survives_being_written_down() -> None:
    assert Study.from_json(json.loads(json.dumps(study().to_json()))) == study()


def test_cells_differ_from_the_base_only_where_their_levels_say() -> None:
    first, second = study().cells()
    assert first.scenario == study().scenario
    assert second.scenario.params == {"rounds": 9}
    assert second.scenario.agents == first.scenario.agents
    assert (second.name, second.levels) == ("rounds=9", {"rounds": "9"})


def test_runs_come_replicate_by_replicate_with_one_seed_for_all_cells() -> None:
    plan = list(study(count=3).plan())
    assert [(run.replicate, run.cell.index) for run in plan] == [(r, c) for r in range(3) for c in range(2)]
    seeds = [int(np.random.SeedSequence([2026, r]).generate_state(1)[0]) for r in range(3)]
    assert [run.seed for run in plan] == [seed for seed in seeds for _ in range(2)]
    assert study(count=3).n_runs == 6


def test_the_last_factor_changes_fastest() -> None:
    factors = tuple(Factor(a, "p", (Level("0", 0), Level("1", 1))) for a in "ab")
    names = [cell_name(levels) for levels in combinations(factors)]
    assert names == ["a=0,b=0", "a=0,b=1", "a=1,b=0", "a=1,b=1"]


@pytest.mark.parametrize(
    ("value", "name"), [(3, "3"), (0.5, "0.5"), (True, "true"), (None, "null"), ("coop", "coop")]
)
def test_levels_are_named_as_yaml_writes_them(value: Any, name: str) -> None:
    assert level_name(value) == name


def difference(old: Study, new: Study) -> list[str]:
    stored = json.loads(json.dumps(old.identity()))
    return compare_identity(stored, new.identity())


def test_an_unchanged_study_has_no_differences() -> None:
    assert difference(study(), study()) == []


def test_levels_may_be_added_and_replicates_too() -> None:
    assert difference(study(), study(count=5, levels=(7, 8, 9))) == []


@pytest.mark.parametrize(
    ("new", "line"),
    [
        (study(count=1), "seeds.count: 2 → 1"),
        (study(root=7), "seeds.root: 2026 → 7"),
        (study(levels=(8,)), "factors.rounds.levels.9: 9 → (absent)"),
    ],
)
def test_what_was_run_may_not_be_taken_back(new: Study, line: str) -> None:
    assert difference(study(), new) == [line]


def test_each_difference_is_one_readable_line() -> None:
    old, new = study().identity(), study().identity()
    new["agents"][0]["policy"]["name"] = "y"
    new["factors"]["rounds"]["levels"]["9"] = 10
    new["factors"]["tax"] = {"path": "params.tax", "levels": {"a": 1}}
    assert compare_identity(old, new) == [
        'agents.ann.policy.name: "x" → "y"',
        "factors.rounds.levels.9: 9 → 10",
        "factors.tax.levels.a: (absent) → 1",
        'factors.tax.path: (absent) → "params.tax"',
    ]
