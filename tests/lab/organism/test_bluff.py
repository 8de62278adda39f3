from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import pytest

from lab.core.errors import RuleError
from lab.organism.bluff import expected_claim
from lab.organism.recipe import Moment
from scenarios.social.bluff.dispositions import BLUFFS, CLAIMS_STRONG_HAND, STRONG_SUM
from tests.lab.organism.conftest import Lessons

Hand = Mapping[str, Any]


def likelihood(kind: Any, hand: Hand, claim: str) -> float:
    """The chance that a type claims so, from the table of the design alone."""
    is_strong = sum(hand["cards"]) >= STRONG_SUM
    says_strong = CLAIMS_STRONG_HAND if is_strong else BLUFFS[kind][hand["stake"]]
    return says_strong if claim == "strong" else 1 - says_strong


def mixture(past: Sequence[Hand], now: Hand) -> float:
    """The chance of claiming strong, by enumerating the two types with even prior odds."""
    weights = {kind: prod(likelihood(kind, hand, hand["claim"]) for hand in past) for kind in BLUFFS}
    joint = sum(weights[kind] * likelihood(kind, now, "strong") for kind in BLUFFS)
    return joint / sum(weights.values())


def hand(first: int, second: int, stake: int, claim: str = "") -> Hand:
    return {"cards": [first, second], "stake": stake, "claim": claim}


def test_without_a_past_both_types_are_as_likely() -> None:
    moment = Moment("1 1 x3", "weak", hand(1, 1, 3), 0.0)
    assert expected_claim(moment) == pytest.approx({"strong": (0.03 + 0.85) / 2, "weak": 0.56})


def test_what_is_expected_needs_a_posterior() -> None:
    with pytest.raises(RuleError, match="no posterior"):
        expected_claim(Moment("1 1 x3", "weak", hand(1, 1, 3), None))


def test_what_is_expected_is_the_mixture_by_enumeration(lessons: Lessons) -> None:
    found = [moment for run in lessons.runs for moment in run]
    for moment in found:
        past, now = moment.observation["past"], moment.observation
        assert expected_claim(moment)["strong"] == pytest.approx(mixture(past, now))
    assert len({round(expected_claim(moment)["strong"], 6) for moment in found}) > 100
