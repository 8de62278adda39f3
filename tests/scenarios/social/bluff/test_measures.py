from __future__ import annotations

import pytest

from lab.core.records import Event, RunRecord
from scenarios.social.bluff.measures import MEASURES

SPECS = {spec.name: spec for spec in MEASURES}


def _record(*hands: tuple[bool, int, str, str | None]) -> RunRecord:
    """A run of hands given as (strong, stake, claim, answer)."""
    events = [
        Event(
            seq,
            seq,
            "showdown",
            None,
            None,
            None,
            None,
            {"strong": strong, "hand": _hand(stake, claim, answer)},
        )
        for seq, (strong, stake, claim, answer) in enumerate(hands)
    ]
    return RunRecord(("ann", "bob"), {}, events=events)


def _hand(stake: int, claim: str, answer: str | None) -> dict[str, object]:
    return {"stake": stake, "claim": claim, "answer": answer}


RUN = _record(
    (False, 1, "strong", "call"),
    (False, 1, "weak", "call"),
    (False, 3, "strong", "fold"),
    (True, 3, "strong", "call"),
    (True, 1, "weak", "fold"),
    (True, 1, "strong", "fold"),
    (False, 3, "strong", None),
    (True, 1, "strong", "fold"),
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bluff_rate", 3 / 4),
        ("bluff_rate_low", 1 / 2),
        ("bluff_rate_high", 1.0),
        ("truthful_share", 4 / 8),
        ("call_rate", 2 / 5),
        ("detection_rate", 3 / 5),
    ],
)
def test_rates_count_the_hands_they_name(name: str, value: float) -> None:
    (measured,) = SPECS[name].compute(RUN)
    assert measured.value == pytest.approx(value)


@pytest.mark.parametrize(
    "name", ["bluff_rate", "bluff_rate_low", "bluff_rate_high", "call_rate", "detection_rate"]
)
def test_a_rate_of_nothing_is_undefined_for_a_reason(name: str) -> None:
    (measured,) = SPECS[name].compute(_record((True, 1, "weak", "fold")))
    assert measured.value is None
    assert measured.reason


def test_the_claimants_payoff_is_that_of_the_agent_listed_first() -> None:
    record = RunRecord(("ann", "bob"), {})
    for agent, value in (("ann", 6), ("bob", -6), ("ann", -1), ("bob", 1)):
        record.events.append(Event(1, 0, "payoff", agent, None, None, value, {}))
    (measured,) = SPECS["claimant_payoff"].compute(record)
    assert measured.value == 5
