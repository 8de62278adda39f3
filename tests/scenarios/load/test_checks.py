# ruff: noqa: E501 (each row of the tables stands on one line)
from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.errors import ScenarioError
from scenarios.load import load_scenario
from tests.scenarios.load.toys import GOOD, MARKET, Policies, told, write

AGENTS = "\nagents:\n  - {name: a, policy: {kind: scripted}}\n  - {name: b, policy: {kind: scripted}}\n"
HEAD = f"schema: 1\nname: x\nenvironment: {MARKET}\n"

BAD = [
    (AGENTS, "x.yaml:1:1: environment: is missing"),
    ("environment: social/publicgoods", "x.yaml:1:14: environment: unknown environment 'social/publicgoods'; did you mean 'social/public_goods'? (known: planning/blocksworld, planning/keydoor, planning/path, planning/pddl, social/bluff, social/matrix_game, social/public_goods, trading/contest, trading/dealer, trading/lob, webdefense/directory, webdefense/visitor)"),
    ("environment: nope:Game", "x.yaml:1:14: environment: environment 'nope:Game': no module named 'nope'"),
    ("environment: lab.core.spaces:Choice", "x.yaml:1:14: environment: 'lab.core.spaces:Choice' is not a subclass of scenarios.environment.Environment"),
    (HEAD + "seeds: 3", "x.yaml:4:1: seeds: unknown key 'seeds'; did you mean 'seed'?"),
    (HEAD + "params:\n  prices:\n    - [1, 2]\n    - [1, two]", "x.yaml:7:11: params.prices[1][1]: should be a number, not 'two'"),
    (HEAD + "params:\n  tax:\n    raet: 1", "x.yaml:6:5: params.tax.raet: unknown key 'raet'; did you mean 'rate'? (known: paid_by, rate)"),
    (HEAD + "params: {rounds: 1}" + AGENTS, "x.yaml:4:18: params.rounds: 2 agents need as many rounds, not 1"),
    (HEAD + "measures: [volume, volum]", "x.yaml:4:20: measures[1]: unknown measure 'volum'; did you mean 'volume'? (known: surplus, volume)"),
    (HEAD + "measures: [volume, volume]", "x.yaml:4:20: measures[1]: duplicate measure 'volume'"),
    (HEAD + "measures: volume", "x.yaml:4:11: measures: should be a list, not 'volume'"),
    (HEAD + "render: {wording: 2}", "x.yaml:4:19: render.wording: should be a wording from 0 to 1, not 2"),
    (HEAD + "render: {wording: [0, -1]}", "x.yaml:4:23: render.wording[1]: should be greater than or equal to 0, not -1"),
    (HEAD + "render: {wording: []}", "x.yaml:4:19: render.wording: should have 1 or more entries, not an empty list"),
    (HEAD + "render: {cover: bazar}", "x.yaml:4:17: render.cover: unknown cover 'bazar'; did you mean 'bazaar'? (known: bazaar, neutral)"),
    (HEAD + "render: {labels: shufle}", "x.yaml:4:18: render.labels: should be 'plain' or 'shuffle', not 'shufle'; did you mean 'shuffle'?"),
    (HEAD + "interventions:\n  - {kind: steer, target: a}", "x.yaml:5:12: interventions[0].kind: unknown intervention kind 'steer' (known: there is none)"),
    (HEAD + "interventions:\n  - {target: a}", "x.yaml:5:5: interventions[0].kind: is missing"),
    (HEAD + "clock: {tick: phase, max_ticks: 0}", "x.yaml:4:33: clock.max_ticks: should be greater than or equal to 1, not 0"),
    (HEAD + "limits: {cost_usd: 0}", "x.yaml:4:20: limits.cost_usd: should be greater than 0, not 0"),
    (HEAD + "failures: {decisions: 1.5}", "x.yaml:4:23: failures.decisions: should be less than or equal to 1, not 1.5"),
    (HEAD + "on_invalid: {then: abstein}", "x.yaml:4:20: on_invalid.then: should be 'abstain' or 'fail', not 'abstein'; did you mean 'abstain'?"),
    (HEAD + "models: {m: {model: openai/x, api_key: sk}}", "x.yaml:4:31: models.m.api_key: unknown key 'api_key'; did you mean 'api_key_env'? (known: api_key_env, base_url, model, options, price)"),
    (HEAD + "agents: []", "x.yaml:4:9: agents: should have 1 or more entries, not an empty list"),
    (HEAD + "agents: ann", "x.yaml:4:9: agents: should be a list, not 'ann'"),
    (HEAD + "agents:\n  - {name: a, policy: {kind: scripted}}", "x.yaml:5:3: agents: should be 2 to 6 agents, not 1"),
    (HEAD + "agents:\n  - {name: a, count: 7, policy: {kind: scripted}}", "x.yaml:5:3: agents: should be 2 to 6 agents, not 7"),
    (HEAD + "agents:\n  - {name: a, group: b, policy: {kind: scripted}}", "x.yaml:5:15: agents[0].group: unknown key 'group' (known: count, name, params, persona, policy, role, think_time)"),
    (HEAD + AGENTS + "  - {name: a, policy: {kind: scripted}}", "x.yaml:8:12: agents[2].name: duplicate agent name 'a'"),
    (HEAD + AGENTS + "  - {name: a, count: 2, policy: {kind: scripted}}", "x.yaml:6:12: agents[0].name: duplicate agent name 'a'"),
    (HEAD + AGENTS + "  - {name: c.d, policy: {kind: scripted}}", "x.yaml:8:12: agents[2].name: should be letters, digits, '_' and '-' only, not 'c.d'"),
    (HEAD + AGENTS + "  - {name: c, role: byer, policy: {kind: scripted}}", "x.yaml:8:21: agents[2].role: unknown role 'byer'; did you mean 'buyer'? (known: buyer, seller)"),
    (HEAD + AGENTS + "  - {name: c, policy: scripted}", "x.yaml:8:23: agents[2].policy: should be a mapping, not 'scripted'"),
    (HEAD + AGENTS + "  - {name: c, policy: {name: x}}", "x.yaml:8:23: agents[2].policy.kind: is missing"),
    (HEAD + AGENTS + "  - {name: c, policy: {kind: scriptd}}", "x.yaml:8:30: agents[2].policy.kind: unknown policy kind 'scriptd'; did you mean 'scripted'? (known: scripted)"),
    (HEAD + AGENTS + "  - {name: c, policy: {kind: scripted, slop: 1}}", "x.yaml:8:40: agents[2].policy.slop: unknown option 'slop'"),
    (HEAD + AGENTS + "  - {name: c, policy: {kind: scripted, slope: -1}}", "x.yaml:8:47: agents[2].policy.slope: should not be negative"),
    (HEAD + AGENTS + "  - {name: c, policy: {kind: scripted}, think_time: -1}", "x.yaml:8:53: agents[2].think_time: should be greater than or equal to 0, not -1"),
    (HEAD + AGENTS + "  - {name: c, policy: {kind: scripted}, params: {gaol: x}}", "x.yaml:8:50: agents[2].params.gaol: unknown key 'gaol'; did you mean 'goal'? (known: goal)"),
    (HEAD + AGENTS + "  - {name: c, policy: {kind: scripted}, params: {goal: ruin}}", "x.yaml:8:56: agents[2].params.goal: nobody wants that"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD)
def test_each_mistake_is_told_at_its_place(tmp_path: Path, text: str, message: str) -> None:
    text = text if text.startswith("environment") or text == AGENTS else text + "\n"
    assert any(problem.startswith(message) for problem in told(write(tmp_path, text))), told(
        tmp_path / "x.yaml"
    )


@pytest.mark.parametrize(("text", "message"), [row for row in BAD if row[0].startswith(HEAD + AGENTS)])
def test_one_mistake_brings_one_message(tmp_path: Path, text: str, message: str) -> None:
    assert told(write(tmp_path, text)) == [message]


def test_one_broken_part_hides_no_problem_of_another(tmp_path: Path) -> None:
    text = f"""
        schema: 2
        name: a b
        environment: {MARKET}
        seed: no
        params: {{rounds: 0, prise: 1}}
        agents:
          - {{name: ann, role: byer, policy: {{kind: scriptd}}, params: {{goal: 3}}}}
          - {{name: ann, policy: 5}}
        render: {{wording: 9, cover: x}}
        limits: {{tokens: -5}}
        interventions: [{{kind: steer}}]
        measures: [volum]
    """
    problems = told(write(tmp_path, text))
    assert [problem.split(": ")[1] for problem in problems] == [
        "schema",
        "name",
        "seed",
        "params.rounds",
        "params.prise",
        "agents[0].role",
        "agents[0].policy.kind",
        "agents[0].params.goal",
        "agents[1].name",
        "agents[1].policy",
        "render.wording",
        "render.cover",
        "limits.tokens",
        "interventions[0].kind",
        "measures[0]",
    ]


def test_a_group_is_told_of_once(tmp_path: Path) -> None:
    assert told(write(tmp_path, GOOD.replace("slope: 0.5", "slope: -2"))) == [
        "x.yaml:10:50: agents[1].policy.slope: should not be negative"
    ]


def test_without_a_catalog_only_the_structure_of_policies_is_checked(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("kind: scripted", "kind: unheard_of"))
    assert load_scenario(path).agents[0].policy.kind == "unheard_of"
    with pytest.raises(ScenarioError, match="unknown policy kind 'unheard_of'"):
        load_scenario(path, policies=Policies())
