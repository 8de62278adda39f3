"""What is planned for a logged answer; `test_rereading` sees the plans carried out."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from db.reading import get_run
from db.store import open_store
from lab.core.errors import UsageError
from lab.runner.reread_plan import Checking, Readers, Reread, Wish
from tests.support.captures import bluff_run


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> lab.Run:
    return bluff_run(tmp_path_factory.mktemp("plans") / "log.db", capture="mid:pre_choice,post")


def test_the_policys_own_captures_stand_where_nothing_else_is_asked(captured: lab.Run) -> None:
    with open_store(captured.db, create=False) as store:
        readers, done = Readers(), Reread()
        checking = Checking(store, Wish(), readers, done)
        assert checking.plan(get_run(store, captured.id)) == {}
        checking.refuse()
        assert (done.captured, done.skipped) == (0, 8)
        assert list(readers.names) == ["local/organisms/bluff"]


def test_only_spans_that_are_missing_are_planned(captured: lab.Run) -> None:
    with open_store(captured.db, create=False) as store:
        wish = Wish(options={"spans": ["pre_choice", "pre_action", "post"]})
        plan = Checking(store, wish, Readers(), Reread()).plan(get_run(store, captured.id))
    assert {todo.spec.spans for todo in plan.values()} == {("pre_action",)}
    assert {todo.spec.layers for todo in plan.values()} == {"mid"}
    assert {(todo.proxy, todo.encode) for todo in plan.values()} == {(False, False)}
    assert all(todo.gap is not None and todo.gap < 1e-5 for todo in plan.values())


def test_a_run_without_models_has_nothing_to_read(tmp_path: Path) -> None:
    run = lab.run(Path(__file__).parents[3] / "scenarios/social/stag-hunt.yaml", db=str(tmp_path / "log.db"))
    with open_store(run.db, create=False) as store:
        checking = Checking(store, Wish(), Readers(), Reread())
        assert checking.plan(run.info) == {}
        with pytest.raises(UsageError, match="no model answered in it"):
            checking.refuse()
