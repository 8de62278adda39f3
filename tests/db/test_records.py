from __future__ import annotations

from typing import Any

import pytest

from db.records import decisions, events_page, plain_value, read_record
from db.store import Store
from lab.core.errors import UnknownName
from lab.core.records import Claim, Decision, Event, Status
from lab.core.spaces import Choice, Form, Message, Quantity, Space
from tests.db.samples import SPACE, plan, write_run

RUN = "aaaaaaaaaaaa"


def test_a_run_is_read_back_as_it_behaved(store: Store) -> None:
    write_run(store, plan())
    record = read_record(store, RUN)
    assert (record.agents, record.params) == (("ann", "bob"), {"rounds": 3})
    assert record.decisions[0] == Decision(
        "ann", 2, 0, 0, "choose", "left", {}, Status.OK, value="left", raw=None
    )
    assert (record.decisions[1].action, record.decisions[1].value) == (None, None)
    assert record.events[0] == Event(3, 0, "payoff", "ann", None, 2, 2.0, {}, None)
    assert record.events[1] == Event(4, 0, "message", "ann", "bob", 2, None, {"loud": True}, "hello 0")
    assert record.claims[0] == Claim(2, "ann", "card", 1, 2, 2)


def test_a_run_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(UnknownName, match="unknown run 'aaaaaaaaaaaa'"):
        read_record(store, RUN)


@pytest.mark.parametrize(
    ("space", "value"),
    [
        (Choice("left", "right"), "right"),
        (Quantity("give", 0, 20), 8),
        (Quantity("price", 0, 1, whole=False), 0.25),
        (Message(), "hello"),
        (Form("order", {"side": Choice("buy", "sell"), "n": Quantity("n", 1, 9)}), {"side": "buy", "n": 3}),
    ],
)
def test_the_plain_value_is_what_the_space_says(space: Space, value: Any) -> None:
    act = space.read(value)
    assert plain_value(space.text, act.action, act.args) == space.value_of(act) == value


def test_decisions_are_shown_beside_what_the_agent_saw(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.records._PAGE", 2)
    write_run(store, plan(), instants=5)
    shown = list(decisions(store, RUN))
    assert [each.decision.seq for each in shown] == [2, 6, 10, 14, 18]
    assert shown[0].observation == '{"run":"aaaaaaaaaaaa","tick":0}'
    assert shown[0].space == SPACE.text


def test_decisions_of_one_agent_from_one_place_on(store: Store) -> None:
    write_run(store, plan(), instants=5)
    assert [each.decision.seq for each in decisions(store, RUN, of_agent="ann", after=10)] == [14, 18]
    assert list(decisions(store, RUN, of_agent="bob")) == []


def test_events_come_page_by_page(store: Store) -> None:
    write_run(store, plan())
    first = events_page(store, RUN, limit=4)
    rest = events_page(store, RUN, after=first[-1].seq, limit=4)
    assert [event.seq for event in (*first, *rest)] == [3, 4, 7, 8, 11, 12]
