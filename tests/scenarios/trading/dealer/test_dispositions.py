from __future__ import annotations

from math import exp

import pytest

from scenarios.trading.dealer.dispositions import SKEWS, chances, evidence, inventory_of, rule

TABLE = {
    0.25: {-6: 2, -5: 1, -4: 1, -3: 1, -2: 0, -1: 0, 0: 0, 1: 0, 2: 0, 3: -1, 4: -1, 5: -1, 6: -2},
    0.8: {-6: 2, -5: 2, -4: 2, -3: 2, -2: 2, -1: 1, 0: 0, 1: -1, 2: -2, 3: -2, 4: -2, 5: -2, 6: -2},
}


@pytest.mark.parametrize("aversion", [0.25, 0.8])
def test_the_skew_leans_against_the_inventory_by_the_table(aversion: float) -> None:
    assert {held: rule(aversion, held) for held in range(-6, 7)} == TABLE[aversion]


def test_the_inventory_is_what_was_bought_less_what_was_sold() -> None:
    assert inventory_of(["buy", "none", "buy", "sell", "buy"]) == 2
    assert inventory_of([]) == 0


def test_ten_percent_of_the_skews_are_any() -> None:
    assert chances("averse", 1) == pytest.approx({-2: 0.02, -1: 0.92, 0: 0.02, 1: 0.02, 2: 0.02})
    assert sum(chances("tolerant", -6).values()) == pytest.approx(1)


@pytest.mark.parametrize(("skew", "ratio"), [(-1, 0.92 / 0.02), (0, 0.02 / 0.92), (2, 1.0)])
def test_evidence_is_the_likelihood_ratio_of_the_types(skew: int, ratio: float) -> None:
    assert exp(evidence(1, skew)) == pytest.approx(ratio)


def test_no_inventory_tells_nothing() -> None:
    assert [evidence(0, skew) for skew in SKEWS] == [0.0] * 5
