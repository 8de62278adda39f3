"""The dealer organism (alignment.md O2): a market maker that must add up its own fills and infer its type."""

from __future__ import annotations

from collections.abc import Mapping

from agents.organisms.train import Settings
from lab.organism.recipe import Moment, Recipe, mixture
from scenarios.trading.dealer.dispositions import SKEWS, TYPES, chances, inventory_of
from scenarios.trading.dealer.rules import QUOTE


def expected_skew(moment: Moment) -> Mapping[str, float]:
    """The chance of each skew: both types' own, weighted by what the past skews say of the type.

    Raises:
        RuleError: when the log holds no posterior of the type.
    """
    seen = moment.observation
    held = inventory_of([*(step["fill"] for step in seen["past"]), seen["fill"]])
    tolerant, averse = (chances(kind, held) for kind in TYPES)
    mixed = mixture(moment, averse, tolerant)
    return {option: mixed[skew] for option, skew in zip(QUOTE.options, SKEWS, strict=True)}


DEALER = Recipe(
    name="dealer",
    about="its inventory, the sum of its fills, and its type, tolerant or averse, which stand nowhere",
    scenario="trading/dealer.yaml",
    agent="dee",
    phases=("quote",),
    wording=1,
    choices=QUOTE.options,
    variable="type",
    expected=expected_skew,
    measures=("mean_inventory", "inventory_slope", "fill_share", "spread", "payoff"),
    episodes=8_000,
    settings=Settings(steps=1_800),
)
