# ruff: noqa: E501 (each row of the tables stands on one line)
from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scenarios.load import load_scenario
from scenarios.load.code import code_names, modules_hash
from scenarios.load.tree import Place, from_plain
from tests.scenarios.load.toys import GOOD, MARKET, Policies, told, write

OWN = "from tests.scenarios.load.toys import Market\nclass Game(Market):\n    version = {}\n"


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Callable[[str, str], str]]:
    """Writes a module beside the YAML; afterwards nothing of it is left in the interpreter."""
    made: list[str] = []

    def make(name: str, source: str) -> str:
        (tmp_path / f"{name}.py").write_text(source)
        made.append(name)
        return name

    yield make
    for name in made:
        sys.modules.pop(name, None)
    sys.path[:] = [entry for entry in sys.path if entry != str(tmp_path)]


Make = Callable[[str, str], str]


def test_an_environment_beside_the_file_is_imported_and_its_source_hashed(
    tmp_path: Path, module: Make
) -> None:
    module("own_market", OWN.format(7))
    scenario = load_scenario(write(tmp_path, GOOD.replace(MARKET, "own_market:Game")))
    assert (scenario.environment_version, scenario.code_dir) == (7, str(tmp_path))
    before = scenario.code_hash
    module("own_market", OWN.format(7) + "# changed\n")
    assert load_scenario(tmp_path / "x.yaml").code_hash != before


def test_own_code_is_imported_only_when_allowed(tmp_path: Path, module: Make) -> None:
    module("forbidden_market", "raise AssertionError('imported')\n")
    text = GOOD.replace(MARKET, "forbidden_market:Game").replace("greedy", "forbidden_market:Sly")
    assert told(write(tmp_path, text), allow_code=False) == [
        "x.yaml:3:14: environment: 'forbidden_market:Game' is code: "
        "`lab validate` imports code only with --allow-code",
        "x.yaml:6:61: agents[0].policy.name: 'forbidden_market:Sly' is code: "
        "`lab validate` imports code only with --allow-code",
    ]
    assert "forbidden_market" not in sys.modules


def test_code_that_is_not_there_is_missed_without_an_import(tmp_path: Path) -> None:
    assert told(write(tmp_path, GOOD.replace(MARKET, "no_market:Game")), allow_code=False) == [
        "x.yaml:3:14: environment: 'no_market:Game': there is no no_market.py beside this file"
    ]


BROKEN = [
    ("1 / 0\n", "importing '{}:Game' failed: ZeroDivisionError: division by zero"),
    ("def x(:\n", "importing '{}:Game' failed: SyntaxError: invalid syntax ({}.py, line 1)"),
    ("raise SystemExit(3)\n", "importing '{}:Game' failed: SystemExit: 3"),
    ("import no_such_package\n", "importing '{}:Game' failed: ModuleNotFoundError: No module named 'no_such_package'"),
    ("Other = 1\n", "environment '{}:Game': module '{}' has no 'Game'"),
    ("Game = 1\n", "'{}:Game' is not a subclass of scenarios.environment.Environment"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "source", "message"), [(i, *row) for i, row in enumerate(BROKEN)])
def test_code_that_cannot_be_imported_is_one_problem(
    tmp_path: Path, module: Make, number: int, source: str, message: str
) -> None:
    name = module(f"broken_market_{number}", source)
    path = write(tmp_path, GOOD.replace(MARKET, f"{name}:Game"))
    assert told(path) == ["x.yaml:3:14: environment: " + message.replace("{}", name)]


def test_a_module_that_another_one_hides_is_refused(tmp_path: Path, module: Make) -> None:
    (tmp_path / "json.py").write_text("")
    (problem,) = told(write(tmp_path, GOOD.replace(MARKET, "json:Game")))
    assert problem.startswith(f"x.yaml:3:14: environment: module 'json' in '{tmp_path}' is hidden by ")


def test_code_of_a_policy_is_imported_before_the_policy_is_checked(tmp_path: Path, module: Make) -> None:
    name = module("broken_policy", "1 / 0\n")
    assert told(write(tmp_path, GOOD.replace("greedy", f"{name}:Sly"))) == [
        "x.yaml:6:61: agents[0].policy.name: importing 'broken_policy:Sly' failed: "
        "ZeroDivisionError: division by zero"
    ]


def test_code_is_found_where_names_are_and_not_in_words() -> None:
    data = {
        "environment": "social/bluff",
        "agents": [
            {"persona": "a:b", "policy": {"kind": "llm", "model": "mock/my.models:loud"}},
            {"policy": {"kind": "scripted", "name": "free_rider", "label": "a:b"}},
        ],
        "models": {"main": {"model": "mock/uniform"}},
    }
    assert code_names(from_plain(data, Place("f"))) == [(("agents", 0, "policy", "model"), "my.models:loud")]


def test_a_module_that_is_nowhere_still_has_a_hash() -> None:
    assert modules_hash([((), "no.where:X")]) == modules_hash([((), "no.where:Y")])


def test_a_policy_catalog_sees_importable_code(tmp_path: Path, module: Make) -> None:
    module("sly_policy", "class Sly: ...\n")
    path = write(tmp_path, GOOD.replace("greedy", "sly_policy:Sly"))
    assert load_scenario(path, policies=Policies()).code_dir == str(tmp_path)
