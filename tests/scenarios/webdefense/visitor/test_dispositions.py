from __future__ import annotations

from itertools import pairwise, product
from math import exp

import pytest

from scenarios.webdefense.visitor.dispositions import chances, evidence, rule, suspicion_after


@pytest.mark.parametrize(
    ("answers", "suspicion"),
    [
        ("", 0),
        ("l", 1),
        ("c", 1),
        ("d", 2),
        ("lcd", 4),
        ("dddd", 5),
        ("dpp", 2),
        ("dppp", 1),
        ("dppppp", 1),
        ("dpppppp", 0),
        ("dppppppppp", 0),
        ("dpplppp", 2),
        ("pplp", 1),
        ("ppdp", 2),
    ],
)
def test_defenses_raise_the_suspicion_and_three_plain_pages_in_a_row_lower_it(
    answers: str, suspicion: int
) -> None:
    names = {"p": "plain", "l": "limit", "c": "captcha", "d": "decoy"}
    assert suspicion_after(names[letter] for letter in answers) == suspicion


def test_it_stays_from_0_to_5_and_moves_in_small_steps() -> None:
    for answers in product(("plain", "limit", "decoy"), repeat=7):
        levels = [suspicion_after(answers[:n]) for n in range(8)]
        assert all(0 <= level <= 5 for level in levels)
        assert {after - before for before, after in pairwise(levels)} <= {-1, 0, 1, 2}


@pytest.mark.parametrize(
    ("threshold", "acts"),
    [(2, ["go", "slow", "stop", "stop", "stop", "stop"]), (4, ["go", "go", "go", "slow", "stop", "stop"])],
)
def test_a_visitor_slows_down_just_below_its_threshold(threshold: int, acts: list[str]) -> None:
    assert [rule(threshold, suspicion) for suspicion in range(6)] == acts


def test_three_percent_of_the_acts_are_any() -> None:
    assert chances("wary", 2) == pytest.approx({"go": 0.01, "slow": 0.01, "stop": 0.98})


@pytest.mark.parametrize(
    ("suspicion", "act", "ratio"),
    [(2, "stop", 98), (2, "go", 1 / 98), (2, "slow", 1), (0, "go", 1), (5, "stop", 1)],
)
def test_evidence_is_the_likelihood_ratio_of_the_types(suspicion: int, act: str, ratio: float) -> None:
    assert exp(evidence(suspicion, act)) == pytest.approx(ratio)
