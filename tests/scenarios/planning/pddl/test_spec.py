from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from scenarios.planning.pddl.spec import PddlParams, text_problem
from tests.scenarios.planning.acting.puzzles import BRIDGE_DOMAIN, BRIDGE_PROBLEM


def _params(folder: Path | None = None, **given: Any) -> PddlParams:
    data = {"domain": BRIDGE_DOMAIN, "problem": BRIDGE_PROBLEM} | given
    return PddlParams.model_validate(data, context={"folder": str(folder)} if folder else None)


def test_a_file_beside_the_scenario_is_read_once_into_the_params(tmp_path: Path) -> None:
    file = tmp_path / "world.pddl"
    file.write_text(BRIDGE_DOMAIN)
    params = _params(tmp_path, domain="world.pddl")
    file.unlink()
    assert params.domain == BRIDGE_DOMAIN
    again = PddlParams.model_validate_json(params.model_dump_json())
    assert again == params
    assert [task.name for task in again.tasks()] == ["cross"]


def test_texts_may_stand_in_the_file_itself_and_problems_may_be_several() -> None:
    params = _params(problem=[BRIDGE_PROBLEM, "; a comment first\n" + BRIDGE_PROBLEM])
    assert len(params.tasks()) == 2
    assert [puzzle.optimal for puzzle in params.puzzles()] == [3, 3]


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"no file '.*wrold\.pddl' can be read"):
        _params(tmp_path, domain="wrold.pddl")


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"(define \xff")
    with pytest.raises(ValidationError, match="not UTF-8"):
        _params(tmp_path, domain="bytes")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(5_000_000)
    with pytest.raises(ValidationError, match="too large"):
        _params(tmp_path, problem="huge")


@pytest.mark.parametrize(
    ("path", "given", "words"),
    [
        ("domain", {"domain": BRIDGE_DOMAIN[:-3]}, "domain:"),
        ("domain", {"domain": BRIDGE_DOMAIN.replace("(at ?p) (way", "(at ?p) (wya")}, "wya"),
        ("problem", {"problem": BRIDGE_PROBLEM.replace("(at bank)", "(at bnak)")}, "bnak"),
        ("problem", {"problem": [BRIDGE_PROBLEM, BRIDGE_PROBLEM[:-3]]}, "problem[1]:"),
        ("problem", {"problem": BRIDGE_PROBLEM.replace(":domain bridge", ":domain ferry")}, "ferry"),
    ],
)
def test_a_wrong_text_is_told_with_the_place_in_it(path: str, given: dict[str, Any], words: str) -> None:
    wrong = text_problem(_params(**given))
    assert wrong is not None
    assert wrong[0] == path
    assert words in wrong[1]


def test_right_texts_have_no_problem() -> None:
    assert text_problem(_params()) is None
