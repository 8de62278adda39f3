"""What a share is really worth over time: constant, or an Ornstein-Uhlenbeck process with jumps."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from scenarios.environment import Spec

if TYPE_CHECKING:
    from numpy.random import Generator

LOWEST, HIGHEST = 1.0, 1e6
"""A value never falls below one price tick; it starts and is shaken by no more than a million."""


class FundamentalSpec(Spec):
    """How the value moves; values in price ticks, rates per tick of time.

    Attributes:
        kind: ``constant`` stays at `start`; ``ou`` is pulled to `mean` and shaken.
        start: the value at time 0.
        mean: what it is pulled to; `start` when null.
        kappa: strength of the pull; 0 makes a random walk.
        sigma: standard deviation of the shocks in one tick of time.
        jump_rate: expected jumps in one tick of time.
        jump_size: standard deviation of a jump, which is normal around 0.
    """

    kind: Literal["constant", "ou"] = "ou"
    start: float = Field(default=1000.0, ge=LOWEST, le=HIGHEST)
    mean: float | None = Field(default=None, ge=LOWEST, le=HIGHEST)
    kappa: float = Field(default=0.01, ge=0)
    sigma: float = Field(default=2.0, ge=0, le=HIGHEST)
    jump_rate: float = Field(default=0.0, ge=0, le=1000)
    jump_size: float = Field(default=0.0, ge=0, le=HIGHEST)


def path(
    spec: FundamentalSpec, horizon: int, rng: Generator, *, shift: Sequence[float] | None = None
) -> list[float]:
    """The value at times 0 … horizon, `horizon` + 1 floats in price ticks, none below 1.

    dF = kappa (mean - F) dt + sigma dW + jumps, discretized exactly (Uhlenbeck and Ornstein 1930; Gillespie
    1996, eq. 3.1): F' = mean + (F - mean) e^-kappa + sigma sqrt((1 - e^(-2 kappa)) / (2 kappa)) N(0, 1), then
    the jumps of the tick are added. Its stationary variance without jumps is sigma^2 / (2 kappa).

    Args:
        spec: how the value moves.
        horizon: last time.
        rng: the run's generator of this purpose; the only source of chance.
        shift: what is added at each time, such as `news.shift`.
    """
    values = _process(spec, horizon, rng)
    moved = values if shift is None else [v + s for v, s in zip(values, shift, strict=True)]
    return [max(value, LOWEST) for value in moved]


def _process(spec: FundamentalSpec, horizon: int, rng: Generator) -> list[float]:
    if spec.kind == "constant":
        return [spec.start] * (horizon + 1)
    center = spec.start if spec.mean is None else spec.mean
    keep, spread = exp(-spec.kappa), spec.sigma * sqrt(_variance_factor(spec.kappa))
    shocks = spread * rng.standard_normal(horizon)
    counts = rng.poisson(spec.jump_rate, horizon)
    jumps = spec.jump_size * rng.standard_normal(horizon) * counts**0.5
    values = [spec.start]
    for step in (shocks + jumps).tolist():
        values.append(max(center + (values[-1] - center) * keep + step, LOWEST))
    return values


def _variance_factor(kappa: float) -> float:
    """(1 - e^(-2 kappa)) / (2 kappa), and 1, its limit, at 0."""
    return (1 - exp(-2 * kappa)) / (2 * kappa) if kappa else 1.0
