from __future__ import annotations

from dataclasses import replace

import pytest

from db.store import open_store
from lab.analysis.diff import Difference, first_difference
from lab.cli.differences import difference_json, tell_difference
from tests.lab.cli.conftest import Log

Printed = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def difference(log: Log) -> Difference:
    with open_store(log.db, create=False) as store:
        found = first_difference(store, log.game, log.fork)
    assert found is not None
    return found


def test_both_sides_stand_under_each_other(difference: Difference, capsys: Printed) -> None:
    tell_difference(difference)
    lines = capsys.readouterr().out.splitlines()
    first, second = difference.runs
    assert lines[0] == f"{first} and {second} part at row 2"
    assert f"  {first}  tick 0, contribute: bob contribute 0 points" in lines
    assert f"  {second}  tick 0, contribute: bob contribute 20 points" in lines


def test_prompts_are_shown_where_there_are_some(difference: Difference, capsys: Printed) -> None:
    assert difference.decisions is not None
    first = difference.decisions.first
    assert first is not None
    asked = difference.decisions._replace(first=replace(first, prompts=("What do you give?",)))
    tell_difference(replace(difference, decisions=asked))
    assert "    asked What do you give?" in capsys.readouterr().out.splitlines()


def test_a_run_that_ended_earlier_is_said_to_be_over(difference: Difference, capsys: Printed) -> None:
    assert difference.decisions is not None
    shorter = replace(
        difference,
        rows=difference.rows._replace(second=None),
        decisions=difference.decisions._replace(second=None),
    )
    tell_difference(shorter)
    assert capsys.readouterr().out.count("the run is over") == 2
    assert difference_json(shorter)["decisions"][1] is None


def test_runs_may_differ_in_the_world_alone(difference: Difference, capsys: Printed) -> None:
    tell_difference(replace(difference, decisions=None))
    assert capsys.readouterr().out.endswith("all decisions are the same\n")


def test_equal_runs_are_the_same() -> None:
    assert difference_json(None) == {"same": True}
