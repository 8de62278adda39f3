from __future__ import annotations

from typing import Any

import pytest

from lab.analysis.transcript import DecisionLine, ExposureLine
from lab.cli.instants import Instant, Names, Shown
from lab.core.records import NOTHING, Claim, Decision, Event, Status, Truth
from lab.core.spaces import Choice, Message, Quantity, Space

NAMES = Names(("ann", "bob"), {"rounds": 10}, positives={"type": "bluffer"})
GIVE = Quantity("give", 0, 20, "points")


def decided(
    agent: str,
    seq: int,
    value: Any,
    space: Space = GIVE,
    *,
    phase: str = "give",
    status: Status = Status.OK,
    raw: str | None = None,
    **beside: Any,
) -> DecisionLine:
    act = None if value is None else space.read(value)
    decision = Decision(
        agent, seq, 4, 4, phase, act.action if act else None, act.args if act else NOTHING, status, value, raw
    )
    extras: dict[str, Any] = {"observation": {}, "truths": {}, "claims": (), **beside}
    return DecisionLine(decision=decision, space=space.to_json(), payoff=None, **extras)


def happened(kind: str, seq: int, **columns: Any) -> Event:
    empty = {"agent": None, "target": None, "decision": None, "value": None, "payload": NOTHING, "text": None}
    return Event(seq=seq, tick=4, kind=kind, **{**empty, **columns})


def told(*lines: DecisionLine | Event, shown: dict[int, list[Shown]] | None = None) -> list[str]:
    instant = Instant(4, lines, shown or {})
    return ["".join(span.text for span in line).rstrip() for line in instant.told(NAMES)]


def test_a_payoff_stands_beside_the_decision_it_rewards() -> None:
    lines = told(
        decided("ann", 1, 11),
        decided("bob", 2, 0),
        happened("payoff", 3, agent="ann", decision=1, value=22.5),
        happened("payoff", 4, agent="bob", decision=2, value=-2.0),
        happened("payoff", 5, agent="bob", decision=2, value=-2.0),
    )
    assert lines == ["", "tick 4 · give", "1  ann  give 11 points  +22.5", "2  bob  give 0 points      -4"]


def test_a_payoff_for_an_earlier_decision_stands_where_it_happened() -> None:
    later = happened("payoff", 9, agent="bob", decision=2, value=-18.0, payload={"why": "punished"})
    assert told(later) == ["", "tick 4", "9  bob  payoff -18  punished"]


def test_what_all_saw_stands_in_the_title_and_what_one_saw_beside_it() -> None:
    lines = told(
        decided("ann", 1, 1, observation={"round": 2, "rounds": 10, "score": 3}),
        decided("bob", 2, 1, observation={"round": 2, "rounds": 10, "score": 7}),
    )
    assert lines[1:] == [
        "tick 4 · give  round 2",
        "1  ann  give 1 points  score 3",
        "2  bob  give 1 points  score 7",
    ]


def test_phases_of_one_tick_follow_each_other() -> None:
    lines = told(
        decided("ann", 1, "Hello", Message(), phase="talk"),
        happened("message", 2, agent="ann", decision=1, text="Hello"),
        decided("ann", 3, "stag", Choice("stag", "hare"), phase="choose"),
        happened("slip", 4, agent="ann", decision=3, payload={"played": "hare"}),
    )
    assert lines == [
        *("", "tick 4 · talk", "1  ann  “Hello”"),
        *("", "tick 4 · choose", "3  ann  chooses stag", "4  ann  slip: played hare"),
    ]


def test_an_invalid_reply_is_marked_and_quoted() -> None:
    lines = told(decided("ann", 1, None, status=Status.INVALID, raw="I refuse\nto play"))
    assert lines[2:] == ["1  ann  no valid answer (invalid)", "        “I refuse to play”"]


def test_a_mended_reply_says_so() -> None:
    assert told(decided("ann", 1, 5, status=Status.RETRIED))[2] == "1  ann  give 5 points (retried)"


def test_hidden_truths_and_false_claims_stand_below() -> None:
    lines = told(
        decided(
            "ann",
            1,
            "strong",
            Choice("strong", "weak"),
            truths={"type": Truth("bluffer", posterior=-0.5)},
            claims=(Claim(1, "ann", "hand", "strong", "weak", "weak"),),
        )
    )
    assert lines[3:] == [
        "        claims hand strong, but it is weak",
        "        hidden: type bluffer",
        "        an observer of the text: log-odds of bluffer -0.50",
    ]


def test_what_an_agent_was_shown_stands_before_its_decision() -> None:
    post = ExposureLine(1, 4, "ann", "post", "p17", 1, 2, "Buy now")
    assert told(decided("ann", 2, 5), shown={2: [Shown(post, None)]})[2:] == [
        "1  ann  is shown post p17 “Buy now”",
        "2  ann  give 5 points",
    ]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, "is shown alarm"),
        (
            happened("payoff", 1, agent="ann", value=-6.0, payload={"why": "alarm"}),
            "is shown alarm: payoff -6",
        ),
        (happened("siren", 1, value=2.0, payload={"wing": "east"}), "is shown alarm: value 2, wing east"),
        (happened("siren", 1, text="Out!"), "is shown alarm “Out!”"),
    ],
)
def test_an_event_that_was_shown_is_told_by_what_it_held(event: Event | None, words: str) -> None:
    alarm = ExposureLine(3, 4, "ann", "alarm", "1", None, 4, None)
    assert told(decided("ann", 4, 5), shown={4: [Shown(alarm, event)]})[2] == f"3  ann  {words}"


def test_the_value_of_an_event_is_called_so() -> None:
    assert told(happened("reveal", 7, value=43.0, payload={"round": 2}))[2] == "7  reveal: value 43, round 2"
