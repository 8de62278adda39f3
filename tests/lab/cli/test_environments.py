from __future__ import annotations

from pathlib import Path

import pytest

from agents.scripted import ANY_GAME
from lab.cli.environments import environment_json, environment_sheet
from scenarios.catalog import ENVIRONMENTS, load_environment
from scenarios.templates import write_templates

Printed = pytest.CaptureFixture[str]


def sheet(name: str, capsys: Printed) -> list[str]:
    environment_sheet(environment_json(name))
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_defaults_are_those_that_a_scenario_gets(name: str) -> None:
    told, kind = environment_json(name), load_environment(name)
    assert {*told["params"]["defaults"], *told["params"]["required"]} == set(kind.Params.model_fields)
    assert told["agent_params"]["defaults"] == kind.AgentParams().model_dump(mode="json")
    assert [one["measure"] for one in told["measures"]] == [spec.name for spec in kind.measures]
    names = [one["policy"].removeprefix("scripted/") for one in told["policies"]]
    assert names == [*kind.policies, *ANY_GAME]


def test_parts_of_a_param_stand_by_their_path_and_live_ones_are_marked(capsys: Printed) -> None:
    lines = sheet("social/public_goods", capsys)
    assert "2 or more agents" in lines
    assert "rounds 10" in lines
    assert "punish.effect 3.0 live: a fork may change it" in lines
    assert "contribution_share share of endowment mean share of the endowment given" in lines


def test_what_a_param_may_be_is_told_where_there_is_a_list_of_it(capsys: Printed) -> None:
    lines = sheet("trading/lob", capsys)
    assert 'actions "full" full or simple' in lines
    assert 'costs "none" none or flat or maker_taker; live: a fork may change it' in lines
    assert any(line.startswith("fundamental.kind ") and "constant or ou" in line for line in lines)


def test_an_option_without_a_default_is_required(capsys: Printed) -> None:
    line = next(line for line in sheet("social/matrix_game", capsys) if "memory_one" in line)
    assert 'p required, message: "", first: 1.0' in line


def test_an_environment_of_ones_own_is_found_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    write_templates(tmp_path)
    own = tmp_path / f"game_{tmp_path.name}.py"
    (tmp_path / "my_game.py").rename(own)
    own.write_text(own.read_text().replace("my_game:", f"{own.stem}:"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [])
    assert any(line.startswith("scripted/level_k level: 1") for line in sheet(f"{own.stem}:MyGame", capsys))
