"""What was captured, as the index tells it: the call that answered, once for each decision."""

from __future__ import annotations

import pytest

from db.capture_rows import (
    CapturedRow,
    Scope,
    captured_agents,
    count_decisions,
    kept,
    read_sites,
    readers,
)
from db.capture_rows import captured as captured_of
from db.captures import sites_text
from db.recorder import Recorder
from db.store import Store
from lab.core.captures import CapturedSpan
from lab.core.errors import UsageError
from tests.db.samples import CALL_TEXTS, QWEN, call_row, plan
from tests.support.captured import SITES, captured, source, write_captured_run

RUN = plan().id
SCOPE = Scope(run=RUN)


@pytest.fixture
def seqs(store: Store) -> list[int]:
    """The decisions of one captured run, which may go on."""
    return write_captured_run(store, plan(), done=False)


def read(store: Store, span: str = "pre_choice", **scope: str) -> list[CapturedRow]:
    sets = {one.site_set: len(one.sites) for one in kept(store, SCOPE)}
    return list(captured_of(store, Scope(run=RUN, **scope), span=span, site_sets=sets))


def test_sites_read_back_as_they_were() -> None:
    assert read_sites(sites_text(SITES)) == SITES


def test_a_run_tells_what_it_has(store: Store, seqs: list[int]) -> None:
    assert [(one.span, one.sites) for one in kept(store, SCOPE)] == [("post", SITES), ("pre_choice", SITES)]
    assert kept(store, Scope(run=RUN, agent="bob")) == []
    assert captured_agents(store, SCOPE) == ["ann"]
    assert readers(store)[QWEN.id].name == "qwen"


def test_every_decision_has_one_row(store: Store, seqs: list[int]) -> None:
    found = read(store)
    assert [(row.seq, row.row, row.action, row.token_id) for row in found] == [
        (seq, row, "left", 42) for row, seq in enumerate(seqs)
    ]
    assert [row.reason for row in read(store, "post")] == ["the reply has no end token"] * 3


def test_a_condition_picks_decisions(store: Store, seqs: list[int]) -> None:
    assert [row.seq for row in read(store, where="tick > 0 AND payoff > 1")] == seqs[1:]
    assert read(store, agent="bob") == []
    with pytest.raises(UsageError, match="this query is not right"):
        read(store, where="nonsense = 1")


def test_a_re_asked_decision_is_read_at_its_last_attempt(store: Store, seqs: list[int]) -> None:
    with Recorder(store) as recorder:
        recorder.write_captured(source(RUN, seqs[0], attempt=1), captured(seqs[0]))
        recorder.write_call(call_row(RUN, seq=seqs[0], attempt=1, artifact=QWEN.id), CALL_TEXTS)
        recorder.write_call(call_row(RUN, seq=seqs[1], attempt=1, artifact=QWEN.id), CALL_TEXTS)
    assert [(row.seq, row.attempt) for row in read(store)] == [(seqs[0], 1), (seqs[2], 0)]


def test_the_acting_pass_goes_before_a_later_reading_and_its_model_before_a_proxy(
    store: Store, seqs: list[int]
) -> None:
    later = (CapturedSpan("pre_choice", 5, 6, 42, "reread"),)
    with Recorder(store) as recorder:
        recorder.write_captured(source(RUN, seqs[0], artifact="0", proxy=True), captured(2, seed=1))
        recorder.write_captured(source(RUN, seqs[1]), captured(6, spans=later, sites=SITES[:1]))
    assert [(row.artifact, row.origin, row.proxy) for row in read(store)] == [(QWEN.id, "live", 0)] * 3


def test_decisions_that_a_model_answered_are_counted(store: Store, seqs: list[int]) -> None:
    assert count_decisions(store, SCOPE, agents=["ann"]) == 3
    assert count_decisions(store, Scope(run=RUN, where="tick = 1"), agents=["ann"]) == 1
    assert count_decisions(store, SCOPE, agents=["bob"]) == 0
    assert count_decisions(store, SCOPE, agents=[]) == 0
