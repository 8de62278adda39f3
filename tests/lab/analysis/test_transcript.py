"""A run in words."""

from __future__ import annotations

import pytest

from db.records import read_record
from db.store import Store
from lab.analysis.rows import rows
from lab.analysis.transcript import DecisionLine, ExposureLine, Line, find_event, transcript
from lab.core.errors import UnknownName
from lab.core.records import Event
from tests.support.logs import Games


def decision_lines(lines: tuple[Line, ...]) -> list[DecisionLine]:
    return [line for line in lines if isinstance(line, DecisionLine)]


def test_every_row_of_the_run_is_a_line_in_order(store: Store) -> None:
    page = transcript(store, "last")
    assert [line.seq for line in page.lines] == list(range(1, page.header.run.rows + 1))
    assert {type(line) for line in page.lines} == {DecisionLine, Event, ExposureLine}
    assert page.next_after is None


def test_decisions_and_events_are_those_that_measures_see(store: Store) -> None:
    page = transcript(store, "last")
    record = read_record(store, page.header.run.id)
    assert [line.decision for line in decision_lines(page.lines)] == record.decisions
    assert [line for line in page.lines if isinstance(line, Event)] == record.events


def test_an_event_is_found_by_its_place(store: Store) -> None:
    page = transcript(store, "last")
    for line in page.lines[:30]:
        assert find_event(store, page.header.run.id, line.seq) == (line if isinstance(line, Event) else None)


def test_a_decision_stands_beside_what_was_seen_and_earned(store: Store) -> None:
    page = transcript(store, "last")
    first = decision_lines(page.lines)[0]
    assert first.observation["round"] == 1
    assert first.space["kind"] == "quantity"
    paid = [
        line.value or 0.0
        for line in page.lines
        if isinstance(line, Event) and line.kind == "payoff" and line.decision == first.seq
    ]
    assert first.payoff == pytest.approx(sum(paid))


def test_the_header_tells_who_played_what(store: Store) -> None:
    header = transcript(store, "last").header
    assert header.tick == "phase"
    assert header.params["endowment"] == 20
    assert [one.name for one in header.agents] == ["bob", "coop-1", "coop-2", "coop-3"]
    assert (header.agents[1].group, header.agents[1].policy["name"]) == ("coop", "conditional_cooperator")


def test_pages_together_are_the_whole(store: Store) -> None:
    whole = transcript(store, "last").lines
    read: list[Line] = []
    after: int | None = 0
    while after is not None:
        page = transcript(store, "last", after=after, limit=7)
        read += page.lines
        after = page.next_after
    assert tuple(read) == whole


def test_a_page_that_ends_with_the_run_is_the_last(store: Store) -> None:
    length = transcript(store, "last").header.run.rows
    assert transcript(store, "last", limit=length).next_after is None
    assert transcript(store, "last", limit=length - 1).next_after == length - 1


def test_an_agents_transcript_holds_what_it_did_saw_and_met(games_store: Store, games: Games) -> None:
    lines = transcript(games_store, games.punished, agent="bob").lines
    assert {line.decision.agent for line in decision_lines(lines)} == {"bob"}
    assert {line.agent for line in lines if isinstance(line, ExposureLine)} == {"bob"}
    events = [line for line in lines if isinstance(line, Event)]
    assert any(event.target == "bob" and event.agent != "bob" for event in events)
    assert any(event.kind == "reveal" for event in events)
    assert not any("bob" not in (event.agent, event.target) and event.agent for event in events)


def test_an_unknown_agent_names_the_nearest(store: Store) -> None:
    with pytest.raises(UnknownName, match="did you mean 'coop-1'"):
        transcript(store, "last", agent="coop1")


def test_hidden_truths_and_claims_stand_beside_their_decision(games_store: Store, games: Games) -> None:
    lines = decision_lines(transcript(games_store, games.bluff).lines)
    hidden = list(rows(games_store, "SELECT seq, name, posterior FROM hidden"))
    claims = list(rows(games_store, "SELECT seq, subject FROM claim_act"))
    found = {(line.seq, name): truth.posterior for line in lines for name, truth in line.truths.items()}
    assert found == {(row["seq"], row["name"]): row["posterior"] for row in hidden}
    assert len({name for _, name in found}) == 2
    said = [(line.seq, claim.subject) for line in lines for claim in line.claims]
    assert said == [(row["seq"], row["subject"]) for row in claims]
    assert {line.decision.phase for line in lines if line.claims} == {"claim"}
