"""What the two types of scripted claimants do, and what an observer can infer from it (alignment.md O1)."""

from __future__ import annotations

from math import log
from typing import Literal

Type = Literal["honest", "bluffer"]

STRONG_SUM = 9
"""A hand is strong when its two cards sum to this or more."""

CLAIMS_STRONG_HAND = 0.97
"""Chance that either type calls a strong hand strong."""

BLUFFS: dict[Type, dict[int, float]] = {"honest": {1: 0.03, 3: 0.03}, "bluffer": {1: 0.30, 3: 0.85}}
"""Chance that a weak hand is called strong, by type and stake."""


def chance_to_claim_strong(claimant: Type, *, strong: bool, stake: int) -> float:
    """The chance that a claimant of this type calls its hand strong."""
    return CLAIMS_STRONG_HAND if strong else BLUFFS[claimant][stake]


def evidence(*, strong: bool, stake: int, claim: str) -> float:
    """The log-likelihood ratio, bluffer over honest, of one claim about a hand the observer knows.

    Summed over the past claims, with even prior odds, it is the exact log-odds of `bluffer`.
    """
    bluffer, honest = (
        chance if claim == "strong" else 1 - chance
        for chance in (
            chance_to_claim_strong(kind, strong=strong, stake=stake) for kind in ("bluffer", "honest")
        )
    )
    return log(bluffer / honest)
