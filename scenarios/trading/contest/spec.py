"""What a contest for capital is played with."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from scenarios.environment import Spec
from scenarios.trading.contest.allocate import AnyAllocator, PositiveProportional
from scenarios.trading.contest.capital import Utility
from scenarios.trading.contest.predict import AnyPredictor, Shrink
from scenarios.trading.contest.quantify import RealizedReturn
from scenarios.trading.news import NewsSpec, Reader


class ContestParams(Spec):
    """What a contest for capital is played with.

    Attributes:
        sessions: how many sessions are traded.
        warmup: first sessions, in which all weights are equal and which no measure of the fund counts.
        assets: how many assets there are.
        history: opening prices before session 0, and how many a trader is shown.
        start_cents: first price of every asset.
        drift_bp: expected return of a session.
        volatility_bp: standard deviation of the return of a session, without news.
        world: ``planted`` gives skill to traders with the role ``insider``; in ``no_skill`` they have none.
        spread_bp: skill planted in the last insider listed; the first has as much below 0, the others lie
            evenly between.
        cost_bp: price of trading, in basis points of the value bought or sold.
        news: news about the assets, null for none; impacts in basis points, times in sessions.
        mode: ``fund`` pays a trader what its position earns on the capital it was given; ``league`` pays each
            the return of an account of its own, and the weights only say who would be given how much.
        quantify: how a session is scored.
        predict: how scores are predicted.
        utility: what is expected of a trader: its predicted mean, or mean over standard deviation.
        allocate: how the capital is divided.
        ahead: sessions ahead over which the rank IC compares predictions.
        periods_per_year: sessions in a year, for yearly ratios.
    """

    sessions: int = Field(default=60, ge=2, le=5000)
    warmup: int = Field(default=20, ge=0)
    assets: int = Field(default=4, ge=1, le=6)
    history: int = Field(default=20, ge=1, le=250)
    start_cents: int = Field(default=10_000, ge=100, le=10**9)
    drift_bp: float = Field(default=0.0, ge=-1000, le=1000)
    volatility_bp: float = Field(default=150.0, gt=0, le=2000)
    world: Literal["planted", "no_skill"] = "planted"
    spread_bp: float = Field(default=50.0, ge=0)
    cost_bp: float = Field(default=0.0, ge=0, le=1000)
    news: NewsSpec | None = None
    mode: Literal["fund", "league"] = "fund"
    quantify: RealizedReturn = RealizedReturn()
    predict: AnyPredictor = Shrink()
    utility: Utility = "mean"
    allocate: AnyAllocator = PositiveProportional()
    ahead: int = Field(default=5, ge=1)
    periods_per_year: float = Field(default=252.0, gt=0)

    @model_validator(mode="after")
    def _warmup_ends(self) -> ContestParams:
        if self.warmup >= self.sessions:
            raise ValueError(
                f"warmup {self.warmup} leaves nothing of {self.sessions} sessions; "
                f"choose 0 to {self.sessions - 1}"
            )
        return self


class ContestAgentParams(Spec):
    """What a trader may be given.

    Attributes:
        skill_bp: what following its tips earns an insider in a session on average, before costs; null for
            its place in the spread that the world plants.
        news: the class of readers it belongs to, null for a trader that reads no news.
    """

    skill_bp: float | None = None
    news: Reader | None = "public"
