from __future__ import annotations

import pytest

from db.owners import Owner
from db.reading import (
    _CHUNK,
    chain_hashes,
    describe_row,
    first_decision_from,
    get_run,
    list_runs,
    recorded_calls,
    text_of,
)
from db.recorder import Recorder
from db.runs import claim
from db.store import Store
from db.studies import put_study
from lab.core.canonical import canonical
from lab.core.errors import StoreError, UnknownName, UsageError
from lab.core.spaces import Choice
from tests.db.samples import CALL_TEXTS, SPACE, begin, call_row, plan, write_run


def test_the_beginning_of_an_id_names_a_run(store: Store) -> None:
    begin(store, plan("abc111111111"))
    begin(store, plan("abd222222222"))
    assert get_run(store, "abc").id == "abc111111111"
    assert get_run(store, "abd222222222").id == "abd222222222"


def test_last_is_the_run_begun_last(store: Store) -> None:
    begin(store, plan("bbbbbbbbbbbb"))
    begin(store, plan("aaaaaaaaaaaa"))
    assert get_run(store, "last").id == "aaaaaaaaaaaa"


def test_runs_begun_at_one_moment_are_listed_in_the_order_of_their_study(store: Store) -> None:
    places = {"e" * 12: (0, 0), "d" * 12: (0, 1), "c" * 12: (1, 0), "b" * 12: (1, 1)}
    plans = [plan(name, cell_index=cell, replicate=seed) for name, (cell, seed) in places.items()]
    claim(store, plans, Owner.this_process(), take=4)
    assert [info.id for info in list_runs(store)] == sorted(places)
    assert [info.id for info in list_runs(store, after="c" * 12)] == ["d" * 12, "e" * 12]


def test_an_ambiguous_beginning_names_the_runs(store: Store) -> None:
    begin(store, plan("abc111111111"))
    begin(store, plan("abd222222222"))
    with pytest.raises(UsageError, match=r"run 'ab' is ambiguous \(abd222222222, abc111111111 …\)"):
        get_run(store, "ab")


@pytest.mark.parametrize("name", ["ff", "last", "no such'run"])
def test_an_unknown_run_is_refused(store: Store, name: str) -> None:
    with pytest.raises(UnknownName, match=rf"unknown run '{name}' \(known: there is none\)"):
        get_run(store, name)


def test_an_unknown_run_names_the_latest(store: Store) -> None:
    begin(store, plan("abc111111111"))
    with pytest.raises(UnknownName, match="known: abc111111111"):
        get_run(store, "ff")


def test_runs_are_listed_newest_first_page_by_page(store: Store) -> None:
    names = [f"{number:012x}" for number in (3, 1, 2, 5, 4)]
    for name in names:
        begin(store, plan(name))
    pages, after = [], None
    while page := list_runs(store, limit=2, after=after):
        pages.append([info.id for info in page])
        after = page[-1].id
    assert pages == [names[:2:-1], names[2:0:-1], names[:1]]


def test_runs_of_one_study_are_listed(store: Store) -> None:
    study = put_study(store, "sides", spec="{}", identity="{}", source_hash="")
    begin(store, plan("aaaaaaaaaaaa", study=study.id))
    begin(store, plan("bbbbbbbbbbbb"))
    assert [(info.id, info.study) for info in list_runs(store, study_name="sides")] == [
        ("aaaaaaaaaaaa", "sides")
    ]
    assert get_run(store, "b").study is None


def test_the_chain_is_read_in_the_order_of_its_rows(store: Store) -> None:
    writer = write_run(store, plan())
    hashes = chain_hashes(store, "aaaaaaaaaaaa")
    assert (len(hashes), hashes[-1]) == (writer.rows, writer.head)
    assert chain_hashes(store, "bbbbbbbbbbbb") == []


def test_a_row_is_described_with_its_texts_written_out(store: Store) -> None:
    write_run(store, plan())
    observation = canonical({"run": "aaaaaaaaaaaa", "tick": 0})
    columns = [2, 0, 0, "ann", "choose", observation, SPACE.text, None, "left", "{}", "ok"]
    assert describe_row(store, "aaaaaaaaaaaa", 1) == f"decision {canonical(columns)}"
    assert describe_row(store, "aaaaaaaaaaaa", 3).startswith("event [4,0,")
    assert '"hello 0"' in describe_row(store, "aaaaaaaaaaaa", 3)
    assert describe_row(store, "aaaaaaaaaaaa", 99) == "the end of the run"


@pytest.mark.parametrize(("seq", "found"), [(1, 2), (2, 2), (3, 6), (11, None)])
def test_the_next_decision_is_found(store: Store, seq: int, found: int | None) -> None:
    write_run(store, plan())
    assert first_decision_from(store, "aaaaaaaaaaaa", seq) == found


def test_calls_come_back_in_order_with_their_texts(store: Store) -> None:
    begin(store, plan())
    rows = [call_row("aaaaaaaaaaaa", seq=1 + n // 3, call=n % 3) for n in range(_CHUNK + 5)]
    with Recorder(store) as recorder:
        for row in reversed(rows):
            recorder.write_call(row, CALL_TEXTS)
    found = list(recorded_calls(store, "aaaaaaaaaaaa"))
    assert [row for row, _ in found] == rows
    assert all(texts == CALL_TEXTS for _, texts in found)


def test_a_text_is_found_by_its_address(store: Store) -> None:
    write_run(store, plan())
    assert text_of(store, SPACE.text_hash) == SPACE.text
    with pytest.raises(StoreError, match=r"text .* is missing; `lab db check` says more"):
        text_of(store, Choice("a").text_hash)
