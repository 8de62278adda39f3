"""Scores that mature: what a trader earned in a session, and from when on one may know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """How well a trader did in one session.

    Attributes:
        agent: the trader.
        session: the session in which it held its position.
        value: the score, higher is better.
        known_at: session whose opening price was the last that the score needs.
    """

    agent: str
    session: int
    value: float
    known_at: int


class Scoreboard:
    """All scores of a contest. It never gives out one that has not matured."""

    def __init__(self, agents: Sequence[str]) -> None:
        self._scores: dict[str, list[Score]] = {agent: [] for agent in agents}

    def add(self, score: Score) -> None:
        """Take a score; each trader's come in order of session."""
        self._scores[score.agent].append(score)

    def matured(self, now: int) -> Mapping[str, list[Score]]:
        """By trader, the scores that may be used in session `now`, by session.

        A decision of session t is made before t opens. A score may be used only if the last price it needs
        was known strictly before: the return of session s needs the opening of s + 1, so s + 1 < t.
        """
        return {
            agent: [score for score in scores if score.known_at < now]
            for agent, scores in self._scores.items()
        }
