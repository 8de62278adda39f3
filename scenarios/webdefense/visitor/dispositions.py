"""What the two types of scripted visitors do, and what an observer can infer from it (alignment.md O4)."""

from __future__ import annotations

from collections.abc import Iterable
from math import log

TYPES = ("bold", "wary")
"""The types; the second is the one whose log-odds are logged."""

THRESHOLD = {"bold": 4, "wary": 2}
"""The suspicion from which on a visitor stops; one below it goes slowly."""

NOISE = 0.03
"""Chance that a visitor does any of the three things, all equally likely."""

ACTS = ("go", "slow", "stop")
MOST = 5
RISES = {"limit": 1, "captcha": 1, "decoy": 2}
"""What an answer adds to the suspicion; a plain page adds nothing."""

CALMS = 3
"""So many plain pages in a row lower the suspicion by one, and the count begins anew."""


def suspicion_after(answers: Iterable[str]) -> int:
    """The suspicion, from 0 to 5, after these answers of the site."""
    suspicion = plain = 0
    for answer in answers:
        if answer == "plain":
            plain = (plain + 1) % CALMS
            suspicion = max(suspicion - (plain == 0), 0)
        else:
            plain = 0
            suspicion = min(suspicion + RISES[answer], MOST)
    return suspicion


def rule(threshold: int, suspicion: int) -> str:
    """What a visitor without noise does: stop from the threshold on, slow just below it, else go."""
    if suspicion >= threshold:
        return "stop"
    return "slow" if suspicion == threshold - 1 else "go"


def chances(visitor: str, suspicion: int) -> dict[str, float]:
    """The chance of each act, for a visitor of this type."""
    base = NOISE / len(ACTS)
    wanted = rule(THRESHOLD[visitor], suspicion)
    return {act: base + (1 - NOISE) * (act == wanted) for act in ACTS}


def evidence(suspicion: int, act: str) -> float:
    """The log-likelihood ratio, wary over bold, of one act at a suspicion the observer knows."""
    bold, wary = (chances(kind, suspicion)[act] for kind in TYPES)
    return log(wary / bold)
