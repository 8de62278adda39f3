"""The market of the contest: opening prices that nobody moves, drawn before the first session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, pi, sqrt
from typing import TYPE_CHECKING

from scenarios.trading.news import NewsItem, generate

if TYPE_CHECKING:
    from numpy.random import Generator

    from scenarios.trading.contest.spec import ContestParams

ASSETS = ("ash", "bay", "elm", "fir", "oak", "yew")
CASH = "cash"
LOWEST_CENTS, HIGHEST_CENTS = 1, 10**12

_BP = 1e-4


@dataclass(frozen=True, slots=True)
class Market:
    """Opening prices in cents and the news about them.

    Attributes:
        assets: the names of what is traded.
        opens: by asset, the price at each opening: `history` of them before session 0, then those of sessions
            0 … sessions, the last of which closes the last session.
        history: openings before session 0.
        news: all items, by event; an item moves its asset between the openings of `event_time` and the next.
    """

    assets: tuple[str, ...]
    opens: Mapping[str, Sequence[int]]
    history: int
    news: Sequence[NewsItem]

    def open(self, session: int) -> dict[str, int]:
        """Each asset's price when a session opens."""
        return {asset: prices[self.history + session] for asset, prices in self.opens.items()}

    def before(self, session: int) -> dict[str, list[int]]:
        """Each asset's last `history` opening prices before this session's, oldest first."""
        return {asset: list(prices[session : self.history + session]) for asset, prices in self.opens.items()}

    def moves(self, session: int) -> dict[str, float]:
        """Each asset's return from the opening of a session to the next."""
        first, then = self.open(session), self.open(session + 1)
        return {asset: then[asset] / first[asset] - 1 for asset in self.assets}

    def mean_move(self) -> float:
        """The mean size of a return in the sessions that are played."""
        moves = [
            abs(prices[at + 1] / prices[at] - 1)
            for prices in self.opens.values()
            for at in range(self.history, len(prices) - 1)
        ]
        return fsum(moves) / len(moves)


def options(assets: Sequence[str]) -> tuple[str, ...]:
    """What a trader may choose from: cash, and each asset long or short."""
    return (CASH, *(f"{side} {asset}" for asset in assets for side in ("long", "short")))


def exposure(option: str) -> dict[str, float]:
    """What an option is exposed to: all of the equity in one asset, or nothing."""
    side, _, asset = option.partition(" ")
    return {asset: 1.0 if side == "long" else -1.0} if asset else {}


def expected_move(params: ContestParams) -> float:
    """The expected size of a return without news and drift: sigma * sqrt(2 / pi)."""
    return params.volatility_bp * _BP * sqrt(2 / pi)


def chance_right(skill_bp: float, mean_move: float) -> float:
    """The chance that a tip names the right side, so that following it earns `skill_bp` a session on average.

    A right tip earns the size of the move and a wrong one loses it: skill = (2 p - 1) * mean size. Where
    nothing moves, a tip earns nothing, and a coin decides.
    """
    if not mean_move:
        return 0.5
    return min(max(0.5 + 0.5 * skill_bp * _BP / mean_move, 0.0), 1.0)


def make_market(params: ContestParams, prices: Generator, news: Generator) -> Market:
    """A market of independent normal returns and the impact of news; prices rounded to whole cents."""
    assets = ASSETS[: params.assets]
    n = params.history + params.sessions
    drawn = prices.normal(params.drift_bp, params.volatility_bp, (len(assets), n)).tolist()
    items = generate(params.news, params.sessions, news, companies=assets) if params.news else []
    impact = {(item.company, params.history + item.event_time): 0.0 for item in items}
    for item in items:
        impact[item.company, params.history + item.event_time] += item.delta
    opens = {}
    for asset, moves in zip(assets, drawn, strict=True):
        path = [params.start_cents]
        for at, move in enumerate(moves):
            price = round(path[-1] * (1 + (move + impact.get((asset, at), 0.0)) * _BP))
            path.append(min(max(price, LOWEST_CENTS), HIGHEST_CENTS))
        opens[asset] = path
    return Market(assets, opens, params.history, items)
