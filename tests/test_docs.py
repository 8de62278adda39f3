"""What the documents say is so: README's files, queries and Python run, and every public name is told."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import lab
from lab.cli.app import COMMANDS, main
from lab.core import errors
from scenarios.catalog import ENVIRONMENTS
from scenarios.spec import Scenario
from scenarios.study import Study

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = README + "".join(
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
)
SOCIAL = ROOT / "scenarios/social"


def blocks(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the demo's study, a game of bluff and a fork."""
    database = str(tmp_path_factory.mktemp("docs") / "lab.db")
    lab.batch(SOCIAL / "punishment.study.yaml", pilot=1, db=database)
    base = lab.run(SOCIAL / "pgg-punish.yaml", db=database)
    lab.run(SOCIAL / "bluff.yaml", db=database)
    at = int(base.decisions()["seq"][20])
    lab.fork(base.id, at=at, swap=["bob=scripted/full_contributor"], db=database)
    return database


def test_the_readmes_files_are_the_shipped_ones(tmp_path: Path) -> None:
    scenario, study, _ = blocks("yaml")
    (tmp_path / "pgg-punish.yaml").write_text(scenario)
    (tmp_path / "punishment.study.yaml").write_text(study)
    for name in ("pgg-punish.yaml", "punishment.study.yaml"):
        shown, shipped = lab.load(tmp_path / name), lab.load(SOCIAL / name)
        assert isinstance(shown, Scenario | Study)
        assert shown.identity() == shipped.identity()


@pytest.mark.parametrize("number", range(len(blocks("sql"))))
def test_the_readmes_queries_answer_as_pasted(
    number: int, log: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for statement in blocks("sql")[number].strip().rstrip(";").split(";"):
        assert main(["query", statement, "--db", log]) == 0
        assert len(capsys.readouterr().out.splitlines()) > 2


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_told(name: str) -> None:
    assert name.split()[0] in DOCUMENTS


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_every_environment_is_told(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", sorted(lab.__all__))
def test_every_public_name_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(lab, name))


def test_the_error_tree_is_drawn_as_it_is() -> None:
    drawn = set(re.findall(r"([A-Z]\w+)", errors.__doc__ or "")) & set(vars(errors))
    real = {
        name
        for name, one in vars(errors).items()
        if inspect.isclass(one) and issubclass(one, errors.LabError) and one.__module__ == errors.__name__
    }
    assert drawn == real
