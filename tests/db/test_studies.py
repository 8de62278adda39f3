from __future__ import annotations

import pytest

from db.recorder import Recorder
from db.store import Store
from db.studies import (
    Spent,
    extend_study,
    find_study,
    get_study,
    list_studies,
    put_study,
    study_counts,
    study_spent,
)
from lab.core.canonical import content_hash
from lab.core.errors import UnknownName
from lab.core.records import RunStatus
from tests.db.samples import CALL_TEXTS, begin, call_row, plan, write_run


def put(store: Store, name: str = "sides", identity: str = "{}") -> str:
    return put_study(store, name, spec="{}", identity=identity, source_hash="s").id


def test_a_study_is_put_once_and_found_by_name(store: Store) -> None:
    assert put(store) == put(store, identity='{"other":1}')
    found = get_study(store, "sides")
    assert (found.identity, found.identity_hash) == ("{}", content_hash("{}"))


def test_an_unknown_study_names_the_nearest(store: Store) -> None:
    put(store)
    with pytest.raises(UnknownName, match=r"unknown study 'side'; did you mean 'sides'\?"):
        get_study(store, "side")
    assert find_study(store, "side") is None


def test_a_study_is_extended_in_place(store: Store) -> None:
    before = put(store)
    after = extend_study(store, "sides", spec='{"seeds":4}', identity='{"seeds":4}', source_hash="t")
    assert after.id == before
    assert get_study(store, "sides") == after
    assert after.identity_hash == content_hash('{"seeds":4}')


def test_studies_are_listed(store: Store) -> None:
    put(store, "one")
    put(store, "two")
    assert {study.name for study in list_studies(store)} == {"one", "two"}


def test_runs_are_counted_by_status_and_what_they_spent_is_added(store: Store) -> None:
    study = put(store)
    write_run(store, plan("aaaaaaaaaaaa", study=study))
    write_run(store, plan("bbbbbbbbbbbb", study=study))
    begin(store, plan("cccccccccccc", study=study))
    begin(store, plan("dddddddddddd"))
    with Recorder(store) as recorder:
        recorder.write_call(call_row("cccccccccccc"), CALL_TEXTS)
    assert study_counts(store, study) == {RunStatus.DONE: 2, RunStatus.RUNNING: 1}
    assert study_spent(store, study) == Spent(6, tokens=12, ticks=18, cost_usd=0.25, known_cost_usd=0.25)


def test_an_unknown_price_makes_the_sum_unknown(store: Store) -> None:
    study = put(store)
    begin(store, plan(study=study))
    with Recorder(store) as recorder:
        recorder.write_call(call_row("aaaaaaaaaaaa"), CALL_TEXTS)
        recorder.write_call(call_row("aaaaaaaaaaaa", call=1, cost_usd=None), CALL_TEXTS)
    spent = study_spent(store, study)
    assert (spent.cost_usd, spent.known_cost_usd) == (None, 0.25)


def test_a_study_without_runs_spent_nothing(store: Store) -> None:
    assert study_spent(store, put(store)) == Spent(0, 0, 0, 0.0, 0.0)
