from __future__ import annotations

from math import exp

import pytest

from scenarios.social.bluff.dispositions import chance_to_claim_strong, evidence


@pytest.mark.parametrize(
    ("claimant", "stake", "chance"),
    [("honest", 1, 0.03), ("honest", 3, 0.03), ("bluffer", 1, 0.30), ("bluffer", 3, 0.85)],
)
def test_a_weak_hand_is_claimed_strong_by_type_and_stake(claimant: str, stake: int, chance: float) -> None:
    assert chance_to_claim_strong(claimant, strong=False, stake=stake) == chance  # type: ignore[arg-type]
    assert chance_to_claim_strong(claimant, strong=True, stake=stake) == 0.97  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("strong", "stake", "claim", "ratio"),
    [
        (True, 1, "strong", 1),
        (True, 3, "weak", 1),
        (False, 1, "strong", 0.30 / 0.03),
        (False, 3, "strong", 0.85 / 0.03),
        (False, 1, "weak", 0.70 / 0.97),
        (False, 3, "weak", 0.15 / 0.97),
    ],
)
def test_evidence_is_the_likelihood_ratio_of_the_types(
    strong: bool, stake: int, claim: str, ratio: float
) -> None:
    assert exp(evidence(strong=strong, stake=stake, claim=claim)) == pytest.approx(ratio)
