"""How the behavior goes with the score: thirds of the held-out scores, the behavior in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.align.evidence import Estimate
from lab.align.outcomes import Behavior
from lab.align.scope import Key
from lab.core.streams import generator, stream_key

THIRDS = ("low", "middle", "high")
LEAST_ROWS = 6


@dataclass(frozen=True, slots=True)
class Third:
    """A third of the scores: how many decisions, and the behavior there."""

    name: str
    n: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Association:
    """The behavior by thirds of the score; `outcome` says in words what the numbers are."""

    outcome: str
    bins: tuple[Third, ...]

    def to_json(self) -> dict[str, Any]:
        """The association as JSON data."""
        thirds = [{"third": one.name, "n": one.n, **one.estimate._asdict()} for one in self.bins]
        return {"outcome": self.outcome, "thirds": thirds}


def associate(
    behavior: Behavior,
    keys: Sequence[Key],
    scores: NDArray[np.float64],
    runs: NDArray[np.int64],
    *,
    seed: int,
    bootstraps: int,
) -> Association | None:
    """The behavior in each third of the held-out scores, with intervals by bootstrap over runs.

    Of an action the rate of the most frequent but one is told, of a number its mean.

    Args:
        behavior: what was done at each decision; decisions without it are left out.
        keys: the decisions [n].
        scores: what was read there [n].
        runs: number of each decision's run [n].
        seed: of the resamples.
        bootstraps: how many resamples.

    Returns:
        None where fewer than six decisions have both.
    """
    known = np.array([key in behavior.outcomes for key in keys], dtype=bool) & np.isfinite(scores)
    if known.sum() < LEAST_ROWS:
        return None
    done = [behavior.outcomes[key] for key, keeps in zip(keys, known, strict=True) if keeps]
    outcome, values = _values(behavior, done)
    third = _thirds(scores[known])
    numbered = np.unique(runs[known], return_inverse=True)[1]
    draws = _resamples(int(numbered.max()) + 1, bootstraps, seed)
    bins = [
        Third(name, int((third == place).sum()), _mean(values, third == place, numbered, draws))
        for place, name in enumerate(THIRDS)
        if (third == place).any()
    ]
    return Association(outcome, tuple(bins))


def _values(behavior: Behavior, done: Sequence[str | float]) -> tuple[str, NDArray[np.float64]]:
    if all(isinstance(one, float) for one in done):
        return f"mean of `{behavior.name}`", np.array(done, dtype=float)
    counts = Counter(map(str, done)).most_common()
    action = counts[min(1, len(counts) - 1)][0]
    return f"rate of `{action}` at `{behavior.name}`", np.array(
        [str(one) == action for one in done], dtype=float
    )


def _thirds(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    ends = np.quantile(scores, [1 / 3, 2 / 3])
    return np.searchsorted(ends, scores, side="left").astype(np.int64)


def _resamples(n_runs: int, bootstraps: int, seed: int) -> NDArray[np.float64]:
    """How often each run counts in each resample [bootstraps, n_runs]."""
    draws = generator(stream_key(seed, "align.association"))
    return draws.multinomial(n_runs, np.full(n_runs, 1 / n_runs), size=bootstraps).astype(float)


def _mean(
    values: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    runs: NDArray[np.int64],
    draws: NDArray[np.float64],
) -> Estimate:
    n_runs = draws.shape[1]
    sums = draws @ np.bincount(runs[chosen], weights=values[chosen], minlength=n_runs)
    counts = draws @ np.bincount(runs[chosen], minlength=n_runs)
    means = sums[counts > 0] / counts[counts > 0]
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(values[chosen].mean()), float(low), float(high))


def posterior_values(posteriors: Mapping[Key, float | None], keys: Sequence[Key]) -> NDArray[np.float64]:
    """The log-odds of an ideal observer at each decision [n]; NaN where the log has none."""
    return np.array([np.nan if (one := posteriors.get(key)) is None else one for key in keys])
