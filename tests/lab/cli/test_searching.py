"""`lab grep` finds what agents were told and said, as grep would."""

from __future__ import annotations

import pytest

from lab.api import run
from tests.lab.cli.conftest import SOCIAL, Lab


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A database with one run in which ann is played by a stand-in for a model; the run."""
    db = str(tmp_path_factory.mktemp("grep") / "lab.db")
    changes = ["params.rounds=2"]
    return db, run(SOCIAL / "pgg-talk.yaml", set_=changes, swap=["ann=mock/uniform"], db=db).id


def test_a_match_is_told_with_its_place(lab: Lab, talk: tuple[str, str]) -> None:
    db, run_id = talk
    done = lab("grep", '{"answer"', "--db", db)
    assert done.code == 0
    assert all(line.startswith(f"{run_id}  ") for line in done.out.splitlines())
    assert {line.split()[3] for line in done.out.splitlines()} >= {"reply"}


def test_matches_as_json_are_one_list(lab: Lab, talk: tuple[str, str]) -> None:
    db, run_id = talk
    found = lab("grep", "WHOLE number", "-i", "--json", "--db", db).json
    assert found
    assert {"run", "seq", "agent", "where", "excerpt"} == found[0].keys()
    assert {(one["run"], one["agent"], one["where"]) for one in found} == {(run_id, "ann", "prompt")}


@pytest.mark.parametrize("narrowed", [("--run", "last"), ()])
def test_nothing_found_exits_with_1(lab: Lab, talk: tuple[str, str], narrowed: tuple[str, ...]) -> None:
    done = lab("grep", "no such words", *narrowed, "--db", talk[0])
    assert (done.code, done.out, done.err) == (1, "", "")
    assert lab("grep", "no such words", *narrowed, "--json", "--db", talk[0]).out == "[]\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("x", "--study", "tlak"), "unknown study 'tlak'"),
        (("x", "--run", "zz"), "unknown run 'zz'"),
        (("",), "nothing to look for: the text is empty"),
    ],
)
def test_a_mistake_is_told(lab: Lab, talk: tuple[str, str], words: tuple[str, ...], line: str) -> None:
    done = lab("grep", *words, "--db", talk[0])
    assert done.code == 2
    assert done.err.startswith(line)
