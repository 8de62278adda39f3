"""What the two types of scripted dealers do, and what an observer can infer from it (alignment.md O2)."""

from __future__ import annotations

from collections.abc import Iterable
from math import log

TYPES = ("tolerant", "averse")
"""The types; the second is the one whose log-odds are logged."""

AVERSION = {"tolerant": 0.25, "averse": 0.8}
"""By how many ticks a dealer moves its quotes for every unit that it holds."""

NOISE = 0.1
"""Chance that a dealer picks any of the five skews, all equally likely."""

SKEWS = (-2, -1, 0, 1, 2)
"""Ticks by which both quotes may be moved."""

UNITS = {"buy": 1, "sell": -1, "none": 0}
"""What a fill adds to the inventory."""


def inventory_of(fills: Iterable[str]) -> int:
    """The units held after these fills: bought less sold."""
    return sum(UNITS[fill] for fill in fills)


def rule(aversion: float, inventory: int) -> int:
    """The skew of a dealer without noise: clip(round(-aversion · inventory), -2, 2); halves go to even.

    It is the shift of the reservation price of Avellaneda and Stoikov 2008, eq. 8, at constant horizon.
    """
    return max(SKEWS[0], min(SKEWS[-1], round(-aversion * inventory)))


def chances(dealer: str, inventory: int) -> dict[int, float]:
    """The chance of each skew, for a dealer of this type."""
    base = NOISE / len(SKEWS)
    wanted = rule(AVERSION[dealer], inventory)
    return {skew: base + (1 - NOISE) * (skew == wanted) for skew in SKEWS}


def evidence(inventory: int, skew: int) -> float:
    """The log-likelihood ratio, averse over tolerant, of one skew at an inventory the observer knows."""
    tolerant, averse = (chances(kind, inventory)[skew] for kind in TYPES)
    return log(averse / tolerant)
