"""A text is found wherever an agent was told it or said it."""

from __future__ import annotations

from typing import Any

import pytest

from db.recorder import Recorder
from db.search import AROUND, Match, search
from db.store import Store
from db.studies import put_study
from db.tables import decision, insert_sql
from lab.core.canonical import canonical, content_hash
from lab.core.errors import UsageError
from tests.db.samples import begin, call_row, plan, write_run

RUN, OTHER = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def request(*contents: str) -> str:
    """A request whose messages say these, user and assistant in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": content} for n, content in enumerate(contents)]
    return canonical({"model": "mock/first", "messages": messages})


def write_call(store: Store, asked: str, said: str | None = None, *, run: str = RUN, **changes: Any) -> None:
    """A model call of a run in the log, with its texts."""
    reasoning = changes.pop("thought", None)
    texts = {content_hash(text): text for text in (asked, said, reasoning) if text is not None}
    addresses: dict[str, Any] = {
        "request": content_hash(asked),
        "reply": content_hash(said) if said is not None else None,
        "reasoning": content_hash(reasoning) if reasoning is not None else None,
    }
    with Recorder(store) as recorder:
        recorder.write_call(call_row(run, **addresses, **changes), texts)


def places(store: Store, words: str, **options: Any) -> list[tuple[str, int, str, str]]:
    """Run, seq, where and excerpt of every match."""
    return [(one.run, one.seq, one.where, one.excerpt) for one in search(store, words, **options)]


def test_prompts_replies_and_reasoning_are_searched(store: Store) -> None:
    begin(store, plan())
    write_call(store, request("the red card"), "I saw red", thought="red means stop")
    assert places(store, "red") == [
        (RUN, 2, "prompt", "the red card"),
        (RUN, 2, "reasoning", "red means stop"),
        (RUN, 2, "reply", "I saw red"),
    ]


def test_messages_are_searched(store: Store) -> None:
    write_run(store, plan())
    assert places(store, "hello 2") == [(RUN, 12, "message", "hello 2")]


def write_decision(store: Store, seq: int, raw: str) -> None:
    """A decision that came with words of its own."""
    row = (RUN, seq, 0, 0, "ann", "choose", "o", "s", raw, "left", "{}", "ok", "h")
    with store.writing() as connection:
        connection.exec_driver_sql(insert_sql(decision, store.mark), row)


@pytest.mark.parametrize("ignore_case", [False, True])
def test_words_of_a_decision_are_searched_where_no_call_brought_them(store: Store, ignore_case: bool) -> None:
    begin(store, plan())
    write_call(store, request("your move"), "left, said red")
    write_decision(store, 2, "left, said red")
    write_decision(store, 3, "left, red as ever")
    assert places(store, "red", ignore_case=ignore_case) == [
        (RUN, 2, "reply", "left, said red"),
        (RUN, 3, "raw", "left, red as ever"),
    ]


def test_a_match_is_told_with_what_stands_around_it(store: Store) -> None:
    begin(store, plan())
    write_call(store, request("x" * 100 + "needle" + "y" * 10))
    (found,) = search(store, "needle")
    assert found == Match(RUN, 2, "ann", "prompt", "…" + "x" * AROUND, "needle", "y" * 10)


@pytest.mark.parametrize("words", ['say "yes"', "one\ntwo", "back\\slash", "Ünïcode"])
def test_words_that_json_escapes_are_found_in_prompts_and_replies(store: Store, words: str) -> None:
    begin(store, plan())
    write_call(store, request(f"now {words}!"), f"well {words}.")
    assert [where for _, _, where, _ in places(store, words)] == ["prompt", "reply"]


@pytest.mark.parametrize("words", ["%", "_", ".*", "ed c"])
def test_words_are_taken_as_they_stand(store: Store, words: str) -> None:
    begin(store, plan())
    write_call(store, request("the red card"))
    assert len(places(store, words)) == (words == "ed c")


def test_case_counts_unless_it_is_told_not_to(store: Store) -> None:
    begin(store, plan())
    write_call(store, request("ÄRGER im Haus"))
    assert places(store, "ärger") == []
    assert [one.found for one in search(store, "ärger", ignore_case=True)] == ["ÄRGER"]


def test_a_message_that_stays_in_the_prompt_is_told_where_it_first_stands(store: Store) -> None:
    begin(store, plan())
    write_call(store, request("the red card"), "red it is")
    write_call(store, request("the red card", "red it is", "and a red one"), seq=3)
    assert [(seq, where, text) for _, seq, where, text in places(store, "red")] == [
        (2, "prompt", "the red card"),
        (2, "reply", "red it is"),
        (3, "prompt", "and a red one"),
    ]


def test_what_stands_only_in_the_settings_of_a_request_is_not_found(store: Store) -> None:
    begin(store, plan())
    write_call(store, request("the red card"))
    assert places(store, "mock/first") == []


def test_a_run_or_a_study_narrows_the_search(store: Store) -> None:
    study = put_study(store, "cards", spec="{}", identity="{}", source_hash="s").id
    begin(store, plan(RUN, study=study))
    begin(store, plan(OTHER))
    for run in (RUN, OTHER):
        write_call(store, request("the red card"), run=run)
    assert [run for run, *_ in places(store, "red")] == [RUN, OTHER]
    assert [run for run, *_ in places(store, "red", study="cards")] == [RUN]
    assert [run for run, *_ in places(store, "red", run=OTHER)] == [OTHER]


def test_nothing_is_no_text_to_look_for(store: Store) -> None:
    with pytest.raises(UsageError, match="the text is empty"):
        list(search(store, ""))
