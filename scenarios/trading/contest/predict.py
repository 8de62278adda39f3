"""The second step of the contest: from past scores to what is expected of the next ones.

Every predictor gets all traders' matured scores at once, so that it may pool them. Windows count sessions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Annotated, Literal, Protocol

from pydantic import Field

from scenarios.environment import Spec

Histories = Mapping[str, Sequence[float]]
"""By trader, its matured scores, oldest first."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of a trader.

    Attributes:
        mu: the predicted score.
        sigma: its standard deviation from session to session.
    """

    mu: float
    sigma: float


class Predictor(Protocol):
    """Predicts each trader's next scores."""

    @property
    def least(self) -> int:
        """How many scores of every trader it needs."""
        ...

    def outlooks(self, histories: Histories) -> dict[str, Outlook]:
        """The outlook of each trader, all with at least `least` scores."""
        ...


class Last(Spec):
    """The last score again; its spread is that of all matured scores."""

    kind: Literal["last"] = "last"

    @property
    def least(self) -> int:
        """Two, for a spread."""
        return 2

    def outlooks(self, histories: Histories) -> dict[str, Outlook]:
        """The score of the last session as mu."""
        return {agent: Outlook(scores[-1], _deviation(scores)) for agent, scores in histories.items()}


class _Window(Spec):
    """The last m sessions.

    Attributes:
        m: how many sessions.
    """

    m: int = Field(default=20, ge=2)

    @property
    def least(self) -> int:
        """Two: a shorter past than m is used as it is."""
        return 2


class MeanM(_Window):
    """The mean of the last m scores."""

    kind: Literal["mean_m"] = "mean_m"

    def outlooks(self, histories: Histories) -> dict[str, Outlook]:
        """Mean and standard deviation (ddof 1) of the window as mu and sigma."""
        windows = {agent: scores[-self.m :] for agent, scores in histories.items()}
        return {agent: Outlook(_mean(window), _deviation(window)) for agent, window in windows.items()}


class Shrink(_Window):
    """The mean of the last m scores, pulled to 0 as far as few scores say little.

    Attributes:
        tau: how many scores the pull to 0 is worth.
    """

    kind: Literal["shrink"] = "shrink"
    tau: float = Field(default=10.0, ge=0)

    def outlooks(self, histories: Histories) -> dict[str, Outlook]:
        """With n scores in the window mu = n mean / (n + tau); sigma is pooled over traders."""
        windows = {agent: scores[-self.m :] for agent, scores in histories.items()}
        pooled = sqrt(_mean([_deviation(window) ** 2 for window in windows.values()]))
        return {
            agent: Outlook(len(window) * _mean(window) / (len(window) + self.tau), pooled)
            for agent, window in windows.items()
        }


class Ewma(Spec):
    """The mean of all scores, each weighing half of one `half_life` sessions younger.

    Attributes:
        half_life: in sessions.
    """

    kind: Literal["ewma"] = "ewma"
    half_life: float = Field(default=10.0, gt=0)

    @property
    def least(self) -> int:
        """Two, for a spread."""
        return 2

    def outlooks(self, histories: Histories) -> dict[str, Outlook]:
        """Weighted mean and weighted root mean square deviation from it as mu and sigma."""
        return {agent: self._outlook(scores) for agent, scores in histories.items()}

    def _outlook(self, scores: Sequence[float]) -> Outlook:
        n = len(scores)
        weights = [0.5 ** ((n - 1 - place) / self.half_life) for place in range(n)]
        total = fsum(weights)
        mu = fsum(w * q for w, q in zip(weights, scores, strict=True)) / total
        variance = fsum(w * (q - mu) ** 2 for w, q in zip(weights, scores, strict=True)) / total
        return Outlook(mu, sqrt(variance))


AnyPredictor = Annotated[Last | MeanM | Ewma | Shrink, Field(discriminator="kind")]


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)


def _deviation(values: Sequence[float]) -> float:
    center = _mean(values)
    return sqrt(fsum((value - center) ** 2 for value in values) / (len(values) - 1))
