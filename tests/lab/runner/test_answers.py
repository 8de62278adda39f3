"""Logged answers, and what the log keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import lab
from db.reading import recorded_calls
from db.store import Store, open_store
from lab.core.errors import StoreError
from lab.runner.answers import (
    answers_of,
    bare_agents,
    finished_runs,
    kept_of,
    last_answers_of,
    logged_model,
    scored_of,
)
from tests.support.captures import bluff_run
from tests.support.studies import write_study


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[lab.Run, lab.Run]:
    """A run with captures and one without."""
    db = tmp_path_factory.mktemp("answers") / "log.db"
    return bluff_run(db, capture="all:pre_choice,post"), bluff_run(db, seed=9)


@pytest.fixture
def store(log: tuple[lab.Run, lab.Run]) -> Iterator[Store]:
    with open_store(log[0].db, create=False) as store:
        yield store


def test_the_answers_of_a_run_come_in_its_order_with_their_tokens(
    store: Store, log: tuple[lab.Run, lab.Run]
) -> None:
    found = list(answers_of(store, log[0].id))
    assert [one.key[1] for one in found] == sorted(one.key[1] for one in found)
    assert len(found) == 8
    assert all(one.prompt_ids and one.reply_ids and one.place and one.total for one in found)
    assert list(answers_of(store, log[0].id, agent="bob")) == []


def test_a_decision_has_one_last_answer_and_none_where_its_last_attempt_failed(
    store: Store, log: tuple[lab.Run, lab.Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert last_answers_of(store, log[0].id) == list(answers_of(store, log[0].id))
    calls = list(recorded_calls(store, log[0].id))
    row, texts = calls[0]
    again, failed = row._replace(attempt=1), row._replace(attempt=2, parsed=None)
    monkeypatch.setattr(
        "lab.runner.answers.recorded_calls", lambda *_: [(row, texts), (again, texts), *calls[1:]]
    )
    first, *_ = last_answers_of(store, log[0].id)
    assert first.key[3] == 1
    monkeypatch.setattr("lab.runner.answers.recorded_calls", lambda *_: [(row, texts), (failed, texts)])
    assert last_answers_of(store, log[0].id) == []


def test_what_is_kept_is_told_span_by_span(store: Store, log: tuple[lab.Run, lab.Run]) -> None:
    kept = kept_of(store, log[0].id)
    assert {one.span for one in kept} == {"pre_choice", "post"}
    assert {one.key for one in kept} == {one.key for one in answers_of(store, log[0].id)}
    assert (kept_of(store, log[1].id), scored_of(store, log[0].id)) == (set(), set())


def test_an_agent_is_bare_that_has_answers_of_which_nothing_is_kept(
    store: Store, log: tuple[lab.Run, lab.Run]
) -> None:
    assert [bare_agents(store, run.id) for run in log] == [set(), {"ann"}]


def test_a_logged_model_has_what_tells_it_apart(store: Store, log: tuple[lab.Run, lab.Run]) -> None:
    artifact = next(answers_of(store, log[0].id)).artifact
    model = logged_model(store, str(artifact))
    assert (model.provider, model.name) == ("local", "organisms/bluff")
    assert model.fingerprint is not None
    assert model.tokenizer is not None
    with pytest.raises(StoreError, match="model nothing is missing from the log"):
        logged_model(store, "nothing")


def test_the_finished_runs_of_a_study_are_found_by_its_id(tmp_path: Path) -> None:
    study = lab.batch(write_study(tmp_path, seeds=1), limit=3, db=str(tmp_path / "log.db"))
    with open_store(study.db, create=False) as store:
        from db.studies import get_study

        assert len(finished_runs(store, get_study(store, "small").id)) == 3
        assert finished_runs(store, "another") == []
