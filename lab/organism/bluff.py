"""The bluff organism (alignment.md O1): a claimant that must infer its type from its own past claims."""

from __future__ import annotations

from collections.abc import Mapping

from agents.organisms.train import Settings
from lab.organism.recipe import Moment, Recipe, mixture
from scenarios.social.bluff.dispositions import STRONG_SUM, chance_to_claim_strong


def expected_claim(moment: Moment) -> Mapping[str, float]:
    """The chance of each claim: both types' own, weighted by what the past claims say of the type.

    Raises:
        RuleError: when the log holds no posterior of the type.
    """
    strong = sum(moment.observation["cards"]) >= STRONG_SUM
    stake = moment.observation["stake"]
    bluffer, honest = (
        chance_to_claim_strong(kind, strong=strong, stake=stake) for kind in ("bluffer", "honest")
    )
    return mixture(moment, {"strong": bluffer, "weak": 1 - bluffer}, {"strong": honest, "weak": 1 - honest})


BLUFF = Recipe(
    name="bluff",
    about="its type, honest or bluffer, which stands nowhere and follows from its own past claims",
    scenario="social/bluff.yaml",
    agent="ann",
    phases=("claim",),
    wording=1,
    choices=("strong", "weak"),
    variable="type",
    expected=expected_claim,
    measures=(
        "bluff_rate",
        "bluff_rate_low",
        "bluff_rate_high",
        "truthful_share",
        "detection_rate",
        "claimant_payoff",
    ),
    episodes=10_000,
    settings=Settings(steps=2_000),
)
