from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.catalog import Catalog
from lab.core.errors import UsageError
from lab.core.records import RunStatus
from scenarios.load import load_any, load_scenario
from scenarios.templates import write_templates
from tests.support.worlds import play


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the templates; afterwards nothing of their code is left in the interpreter."""
    write_templates(tmp_path / "lab")
    yield tmp_path / "lab"
    sys.modules.pop("my_game", None)
    sys.path[:] = [entry for entry in sys.path if entry != str(tmp_path / "lab")]


def test_every_file_to_start_from_is_written(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "analyse.py",
        "first.study.yaml",
        "my-game.yaml",
        "my_game.py",
        "scenario.schema.json",
        "scenario.yaml",
        "study.schema.json",
    ]


@pytest.mark.parametrize("name", ["scenario.yaml", "first.study.yaml", "my-game.yaml"])
def test_every_yaml_file_is_valid_and_names_a_schema_beside_it(folder: Path, name: str) -> None:
    load_any(folder / name, policies=Catalog())
    question, modeline = (folder / name).read_text(encoding="utf-8").splitlines()[:2]
    assert question.endswith("?")
    assert (folder / modeline.partition("$schema=")[2]).exists()


@pytest.mark.parametrize("name", ["analyse.py", "my_game.py"])
def test_the_python_files_compile(folder: Path, name: str) -> None:
    compile((folder / name).read_text(encoding="utf-8"), name, "exec")


def test_nothing_is_overwritten(folder: Path) -> None:
    (folder / "my_game.py").unlink()
    with pytest.raises(UsageError, match=r"nothing written: already there: .*scenario\.yaml"):
        write_templates(folder)
    assert not (folder / "my_game.py").exists()


def test_a_folder_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        write_templates(tmp_path / "file" / "lab")


@pytest.mark.parametrize("name", ["scenario.yaml", "my-game.yaml"])
def test_every_scenario_plays_to_its_end(folder: Path, name: str) -> None:
    scenario = load_scenario(folder / name, policies=Catalog())
    environment = scenario.environment_class()
    agents = {
        agent.name: Catalog().build(agent.policy.to_json(), environment, facts)
        for agent, facts in zip(scenario.agents, scenario.agent_facts(), strict=True)
    }
    played = play(environment, scenario.environment_params().model_dump(), agents)
    assert played.status == RunStatus.DONE
    expected = environment.expected_decisions(scenario.environment_params(), len(agents))
    assert len(played.record.decisions) == expected
    assert sum(event.value or 0 for event in played.record.events if event.kind == "payoff") != 0
