"""`lab.api.capture` finds a study or a run and reads it again."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab.api import capture
from lab.core.errors import UnknownName, UsageError
from tests.support.captures import answers, bluff_run
from tests.support.studies import write_study


@pytest.fixture
def run(tmp_path: Path) -> lab.Run:
    return bluff_run(tmp_path / "log.db", set_=["params.rounds=2"])


def test_the_beginning_of_a_runs_id_names_it(run: lab.Run) -> None:
    done = capture(run.id[:6], options={"spans": ["post"]}, agent="ann", db=run.db)
    assert (done.runs, done.captured, done.models) == (1, 2, ("local/organisms/bluff",))
    assert answers(run.db.removeprefix("sqlite:///"), "distinct span") == [("post",)]


def test_a_study_goes_by_its_name_and_has_to_have_runs(tmp_path: Path) -> None:
    study = lab.batch(write_study(tmp_path, seeds=1), limit=1, db=str(tmp_path / "log.db"))
    with pytest.raises(UsageError, match="no model answered in it"):
        capture("small", db=study.db)


def test_a_name_of_nothing_is_told_with_what_there_is(run: lab.Run) -> None:
    with pytest.raises(UnknownName, match=f"unknown study or run 'nothing' .known: {run.id}"):
        capture("nothing", db=run.db)


def test_a_proxy_has_to_be_named(run: lab.Run) -> None:
    with pytest.raises(UsageError, match="name the model that reads with --weights"):
        capture("last", proxy=True, db=run.db)
