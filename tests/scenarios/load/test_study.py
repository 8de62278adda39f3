# ruff: noqa: E501 (each row of the tables stands on one line)
from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from lab.core.errors import ScenarioError, UsageError
from scenarios.load import load_any, load_scenario, load_study
from scenarios.spec import Scenario
from scenarios.study import Study
from tests.scenarios.load.toys import GOOD, MARKET, Policies, told, write

HEAD = "schema: 1\nstudy: taxes\nscenario: x.yaml\n"


def study_file(folder: Path, text: str, scenario: str = GOOD) -> Path:
    write(folder, scenario)
    return write(folder, HEAD + dedent(text), "t.study.yaml")


def loaded(folder: Path, text: str, **options: Any) -> Study:
    return load_study(study_file(folder, text), policies=Policies(), **options)


FACTORS = """
    factors:
      tax: {path: params.tax.rate, levels: [0.1, 0.9]}
      shop:
        path: agents.shop.policy
        levels:
          cheap: {kind: scripted, name: cheap}
          dear: {kind: scripted, name: dear, slope: 2}
    seeds: {count: 3, root: 5}
    hypotheses:
      - {id: H1, factor: tax, contrast: [0.9, 0.1], measure: volume, direction: less}
"""


def test_cells_are_all_combinations_in_file_order(tmp_path: Path) -> None:
    cells = loaded(tmp_path, FACTORS).cells()
    assert [(cell.index, cell.name) for cell in cells] == [
        (0, "tax=0.1,shop=cheap"),
        (1, "tax=0.1,shop=dear"),
        (2, "tax=0.9,shop=cheap"),
        (3, "tax=0.9,shop=dear"),
    ]
    last = cells[3].scenario
    assert last.params["tax"] == {"rate": 0.9, "paid_by": "seller"}
    assert [agent.policy.to_json() for agent in last.agents[1:]] == [
        {"kind": "scripted", "name": "dear", "slope": 2},
        {"kind": "scripted", "name": "dear", "slope": 2},
    ]
    assert last.agents[0] == load_scenario(tmp_path / "x.yaml").agents[0]


def test_a_study_without_factors_is_one_nameless_cell(tmp_path: Path) -> None:
    study = loaded(tmp_path, "")
    (cell,) = study.cells()
    assert (cell.name, cell.levels, cell.scenario, study.n_runs) == ("", {}, study.scenario, 1)


def test_a_scenario_can_be_written_inside_the_study(tmp_path: Path) -> None:
    text = "schema: 1\nstudy: s\nscenario:" + dedent(GOOD).replace("\n", "\n  ")
    path = write(tmp_path, text + "\nfactors:\n  r: {path: params.rounds, levels: [5, 6]}\n", "i.study.yaml")
    assert [cell.scenario.params["rounds"] for cell in load_study(path).cells()] == [5, 6]
    assert told(write(tmp_path, text.replace("rounds: 8", "rounds: x"), "i.study.yaml")) == [
        "i.study.yaml:7:20: scenario.params.rounds: should be a whole number, not 'x'"
    ]


def test_groups_can_differ_in_size(tmp_path: Path) -> None:
    cells = loaded(tmp_path, "factors:\n  n: {path: agents.shop.count, levels: [1, 4]}\n").cells()
    assert [len(cell.scenario.agents) for cell in cells] == [2, 5]


def test_a_level_can_replace_a_block_or_take_it_away(tmp_path: Path) -> None:
    text = "factors:\n  tax: {path: params.tax, levels: {none: null, some: {rate: 0.3}}}\n"
    cells = loaded(tmp_path, text).cells()
    assert [cell.scenario.params["tax"] for cell in cells] == [None, {"rate": 0.3, "paid_by": "buyer"}]


def test_a_factor_fixes_what_the_scenario_samples(tmp_path: Path) -> None:
    scenario = GOOD + "    render: {wording: [0, 1]}\n"
    path = study_file(tmp_path, "factors:\n  w: {path: render.wording, levels: [0, 1]}\n", scenario)
    assert [cell.scenario.render.wording for cell in load_study(path).cells()] == [(0,), (1,)]


def test_settings_come_before_factors(tmp_path: Path) -> None:
    study = loaded(tmp_path, FACTORS, set_=["params.rounds=20", "params.tax.paid_by=nobody"])
    assert study.scenario.params["rounds"] == 20
    assert study.cells()[0].scenario.params["tax"] == {"rate": 0.1, "paid_by": "nobody"}


def factor(path: str, levels: str) -> str:
    return f"factors:\n  f: {{path: {path}, levels: {levels}}}\n"


def hypothesis(alias: str, contrast: str, measure: str) -> str:
    declared = f"{{id: H1, factor: {alias}, contrast: {contrast}, measure: {measure}}}"
    return factor("params.rounds", "[5, 6]") + f"hypotheses:\n  - {declared}\n"


BAD = [
    ("seeds: {count: 0}", "t.study.yaml:4:16: seeds.count: should be greater than or equal to 1, not 0"),
    ("factors:\n  a=b: {path: params.rounds, levels: [5]}", "t.study.yaml:5:3: factors.a=b: should be letters, digits, '_' and '-' only, not 'a=b'"),
    ("limit: {}", "t.study.yaml:4:1: limit: unknown key 'limit'; did you mean 'limits'? (known: factors, hypotheses, limits, scenario, scenarios, schema, seeds, study)"),
    (factor("params.rouns", "[1]"), "t.study.yaml:5:13: factors.f.path: unknown key 'rouns'; did you mean 'rounds'? (known: limit, prices, rebate, rounds, tax)"),
    (factor("params.rebate.rate", "[1]"), "t.study.yaml:5:13: factors.f.path: 'rebate' is null; it has no part 'rate'"),
    (factor("agents.bob.policy", "[1]"), "t.study.yaml:5:13: factors.f.path: unknown agent 'bob' (known: ann, shop, shop-1, shop-2)"),
    (factor("agents.1.policy", "[1]"), "t.study.yaml:5:13: factors.f.path: agents are named here, never numbered: agents.NAME.policy"),
    (factor("'a..b'", "[1]"), "t.study.yaml:5:13: factors.f.path: should be a path such as params.rounds"),
    (factor("seed", "[1]"), "t.study.yaml:5:13: factors.f.path: seeds are set by 'seeds'"),
    (factor("name", "[a]"), "t.study.yaml:5:13: factors.f.path: 'name' cannot be changed"),
    (factor("params.rounds", "[]"), "t.study.yaml:5:36: factors.f.levels: should have 1 or more entries, not an empty list"),
    (factor("params.rounds", "{}"), "t.study.yaml:5:36: factors.f.levels: should have 1 or more entries, not an empty mapping"),
    (factor("params.rounds", "5"), "t.study.yaml:5:36: factors.f.levels: should be a list or a mapping, not 5"),
    (factor("params.rounds", "[5, 6, 5]"), "t.study.yaml:5:43: factors.f.levels[2]: duplicate level 5"),
    (factor("params.rounds", "[5, x]"), "t.study.yaml:5:40: factors.f.levels[1]: should be a whole number, not 'x'"),
    (factor("params.rounds", "[5, 2]"), "t.study.yaml:5:40: factors.f.levels[1]: 3 agents need as many rounds, not 2"),
    (factor("params.tax", "[{rate: 1}]"), "t.study.yaml:5:34: factors.f.levels[0]: a level in a list should be a scalar, not a mapping; name it"),
    (factor("params.tax", "{a: {rat: 1}}"), "t.study.yaml:5:38: factors.f.levels.a.rat: unknown key 'rat'; did you mean 'rate'? (known: paid_by, rate)"),
    (factor("params.tax.paid_by", "['a,b']"), "t.study.yaml:5:42: factors.f.levels[0]: a level's name should have no ',' and no '=', not 'a,b'; give it a name as a block"),
    (factor("agents.shop.policy", "{a: {kind: scriptd}}"), "t.study.yaml:5:52: factors.f.levels.a.kind: unknown policy kind 'scriptd'; did you mean 'scripted'? (known: scripted)"),
    (factor("agents.shop.count", "[2, 9]"), "t.study.yaml:5:3: factors: in cell f=9: agents: should be 2 to 6 agents, not 10"),
    (factor("params.rounds", str(list(range(3, 1104)))), "t.study.yaml:5:3: factors: 1101 cells, and a study has at most 1000"),
    (hypothesis("g", "[5, 6]", "volume"), "t.study.yaml:7:22: hypotheses[0].factor: unknown factor 'g' (known: f)"),
    (hypothesis("f", "[5, 7]", "volume"), "t.study.yaml:7:39: hypotheses[0].contrast[1]: unknown level of 'f' '7' (known: 5, 6)"),
    (hypothesis("f", "[5, 5]", "volume"), "t.study.yaml:7:35: hypotheses[0].contrast: should be two different levels"),
    (hypothesis("f", "[5]", "volume"), "t.study.yaml:7:35: hypotheses[0].contrast: should have 2 or more entries, not a list"),
    (hypothesis("f", "[5, 6]", "volum"), "t.study.yaml:7:52: hypotheses[0].measure: unknown measure 'volum'; did you mean 'volume'? (known: volume)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD)
def test_each_mistake_of_a_study_is_told_at_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert told(study_file(tmp_path, text)) == [message]


def test_factors_and_settings_may_not_set_the_same_part(tmp_path: Path) -> None:
    text = """
        factors:
          shop: {path: agents.shop.policy, levels: {a: {kind: scripted}}}
          slope: {path: agents.shop-1.policy.slope, levels: [1]}
          tax: {path: params.tax.rate, levels: [1]}
    """
    assert told(study_file(tmp_path, text), set_=["params.tax={rate: 1}"]) == [
        "t.study.yaml:7:17: factors.slope.path: factor 'shop' sets a part of this too",
        "t.study.yaml:8:15: factors.tax.path: is set by --set too",
    ]


def test_problems_of_study_and_scenario_are_told_together(tmp_path: Path) -> None:
    path = study_file(
        tmp_path, "seeds: {count: 0}\nfactors: {f: {path: '', levels: [1]}}\n", GOOD.replace("8", "x")
    )
    assert [problem.split(": ")[0] for problem in told(path)] == [
        "t.study.yaml:4:16",
        "t.study.yaml:5:21",
        "x.yaml:4:18",
    ]


def test_a_missing_scenario_is_told_where_it_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD.replace("x.yaml", "none.yaml"), "t.study.yaml")
    assert told(path) == ["t.study.yaml:3:11: scenario: no such file 'none.yaml'"]


def test_the_suffix_tells_studies_from_scenarios(tmp_path: Path) -> None:
    path = study_file(tmp_path, "")
    assert isinstance(load_any(path), Study)
    assert isinstance(load_any(tmp_path / "x.yaml", seed=3), Scenario)
    with pytest.raises(UsageError, match="a study brings its own seeds"):
        load_any(path, seed=3)


def test_a_study_of_code_that_is_not_allowed_is_refused(tmp_path: Path) -> None:
    study = study_file(tmp_path, "", GOOD)
    with pytest.raises(ScenarioError, match=f"'{MARKET}' is code: `lab validate` imports"):
        load_study(study, allow_code=False)
