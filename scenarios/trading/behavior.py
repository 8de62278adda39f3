"""What trades say about their traders: disposition effect, herding, dispersion; None where undefined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby
from math import exp, fsum, lgamma, log, log1p, sqrt
from typing import Literal

from lab.core.records import Reference

MIN_TRADERS = 5
"""Active traders below which a herding value says nothing."""

DISPOSITION_HUMANS = Reference(
    "PGR 0.144, PLR 0.086 (effect 0.058)",
    "accounts of a US discount broker, 1991-1996, counted as in Odean 1998",
    "78,000 accounts",
    "many different shares per account, own money, taxes; Odean's own 10,000 accounts of 1987-1993 have "
    "PGR 0.148 and PLR 0.098",
)


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade of one account.

    Attributes:
        day: the session, or whatever period counts as a day; trades come in order.
        asset: what was traded.
        qty: shares; bought above 0, sold below.
        price: per share, in any unit.
    """

    day: int
    asset: str
    qty: int
    price: float


@dataclass(frozen=True, slots=True)
class Disposition:
    """Gains and losses realized and left on paper, counted on days with a sale (Odean 1998, eqs. 1 and 2)."""

    realized_gains: int = 0
    paper_gains: int = 0
    realized_losses: int = 0
    paper_losses: int = 0

    @property
    def pgr(self) -> float | None:
        """The proportion of gains realized, RG / (RG + PG)."""
        return _ratio(self.realized_gains, self.paper_gains)

    @property
    def plr(self) -> float | None:
        """The proportion of losses realized, RL / (RL + PL)."""
        return _ratio(self.realized_losses, self.paper_losses)

    @property
    def effect(self) -> float | None:
        """PGR - PLR; above 0 when winners are sold sooner than losers."""
        pgr, plr = self.pgr, self.plr
        return None if pgr is None or plr is None else pgr - plr

    def __add__(self, other: Disposition) -> Disposition:
        return Disposition(
            self.realized_gains + other.realized_gains,
            self.paper_gains + other.paper_gains,
            self.realized_losses + other.realized_losses,
            self.paper_losses + other.paper_losses,
        )


@dataclass(slots=True)
class _Book:
    """Shares held and what they cost, by asset."""

    qty: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cost: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def average(self, asset: str) -> float:
        return self.cost[asset] / self.qty[asset]

    def take(self, trade: Trade) -> float:
        """Book a trade; brings the gain of a sale over average cost, 0 for a purchase."""
        if trade.qty >= 0:
            self.cost[trade.asset] += trade.qty * trade.price
            self.qty[trade.asset] += trade.qty
            return 0.0
        if -trade.qty > self.qty[trade.asset]:
            raise ValueError(f"{-trade.qty} shares of '{trade.asset}' sold, {self.qty[trade.asset]} held")
        paid = -trade.qty * self.average(trade.asset)
        self.cost[trade.asset] -= paid
        self.qty[trade.asset] += trade.qty
        return -trade.qty * trade.price - paid


def disposition(
    trades: Iterable[Trade],
    price: Callable[[int, str], float],
    *,
    unit: Literal["positions", "shares"] = "positions",
) -> Disposition:
    """Counts of realized and paper gains and losses of one account, against average purchase cost.

    On each day with a sale, every asset sold that day is a realized gain or loss, and every asset held and
    not sold a paper one; sales and holdings at cost count as neither (Odean 1998, section II). With `unit`
    ``shares``, shares are counted instead: sold ones are realized, all those still held on paper. That keeps
    the measure defined for an account that can hold but one asset.

    Args:
        trades: in order of time; no short sales.
        price: the price of a day and asset, for paper gains.
        unit: what is counted.

    Raises:
        ValueError: when more is sold than held.
    """
    book, total = _Book(), Disposition()
    for day, today in groupby(trades, key=lambda trade: trade.day):
        gains: dict[str, float] = defaultdict(float)
        sold: dict[str, int] = defaultdict(int)
        for trade in today:
            gain = book.take(trade)
            if trade.qty < 0:
                gains[trade.asset] += gain
                sold[trade.asset] -= trade.qty
        for asset, gain in gains.items():
            total += _counted(gain, sold[asset] if unit == "shares" else 1, realized=True)
        for asset, held in book.qty.items() if gains else ():
            if held and (unit == "shares" or asset not in gains):
                gain = price(day, asset) - book.average(asset)
                total += _counted(gain, held if unit == "shares" else 1, realized=False)
    return total


def _counted(gain: float, n: int, *, realized: bool) -> Disposition:
    if not gain:
        return Disposition()
    if realized:
        return Disposition(realized_gains=n) if gain > 0 else Disposition(realized_losses=n)
    return Disposition(paper_gains=n) if gain > 0 else Disposition(paper_losses=n)


def _ratio(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None


@dataclass(frozen=True, slots=True)
class Cell:
    """How many traders were net buyers and net sellers of an asset in a period."""

    period: int
    asset: str
    buyers: int
    sellers: int


def herding(buyers: int, sellers: int, expected: float, *, min_traders: int = MIN_TRADERS) -> float | None:
    """H = |b - p| - E|b - p|: how far trading leaned to one side beyond chance; None below `min_traders`.

    b is the share of buyers, p the `expected` one, and the second term is exact under Binomial(n, p)
    (Lakonishok, Shleifer and Vishny 1992, eq. 1). Positive means herding. The measure is biased with few
    traders; set a permutation null beside it.
    """
    n = buyers + sellers
    if n < max(min_traders, 1):
        return None
    return abs(buyers / n - expected) - expected_distance(n, expected)


def lsv(
    cells: Sequence[Cell], *, pool: Literal["period", "all"] = "period", min_traders: int = MIN_TRADERS
) -> float | None:
    """The mean of `herding` over cells with enough traders; None without any.

    The expected share of buyers is that of all trades of the same period, as Lakonishok, Shleifer and Vishny
    have it, or with ``pool="all"`` that of all periods: a single asset has no others in its period.
    """
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        sides = counts[cell.period if pool == "period" else 0]
        sides[0] += cell.buyers
        sides[1] += cell.sellers
    values = []
    for cell in cells:
        buyers, sellers = counts[cell.period if pool == "period" else 0]
        if cell.buyers + cell.sellers >= min_traders:
            value = herding(cell.buyers, cell.sellers, buyers / (buyers + sellers), min_traders=min_traders)
            values += [] if value is None else [value]
    return fsum(values) / len(values) if values else None


def expected_distance(n: int, p: float) -> float:
    """E|B / n - p| for B ~ Binomial(n, p): 2 / n * (1 - p)^(n - m) * p^(m + 1) * (m + 1) * C(n, m + 1).

    m is the whole part of np (de Moivre 1730); computed in logarithms, so that large n do not overflow.
    """
    m = int(n * p)
    if p in (0.0, 1.0) or m >= n:
        return 0.0
    combinations_log = lgamma(n + 1) - lgamma(m + 2) - lgamma(n - m)
    return 2 / n * (m + 1) * exp((n - m) * log1p(-p) + (m + 1) * log(p) + combinations_log)


@dataclass(frozen=True, slots=True)
class Dispersion:
    """CSAD_t = a + g1 |R_t| + g2 R_t^2; g2 below 0 says that returns draw together in big moves."""

    a: float
    g1: float
    g2: float


def dispersion(returns: Sequence[Sequence[float]]) -> Dispersion | None:
    """The least-squares fit of dispersion on the market's move (Chang, Cheng and Khorana 2000, eq. 3).

    None with fewer than two assets, or fewer than three different sizes of the market's move.

    Args:
        returns: by period, one return per asset; the market's return is their mean.
    """
    if any(len(row) < 2 for row in returns) or len(returns) < 3:
        return None
    moves = [fsum(row) / len(row) for row in returns]
    csad = [fsum(abs(r - m) for r in row) / len(row) for row, m in zip(returns, moves, strict=True)]
    sizes, squares = [abs(m) for m in moves], [m * m for m in moves]
    s11, s22, s12 = _cross(sizes, sizes), _cross(squares, squares), _cross(sizes, squares)
    determinant = s11 * s22 - s12 * s12
    if determinant <= 1e-12 * s11 * s22:
        return None
    y1, y2 = _cross(sizes, csad), _cross(squares, csad)
    g1, g2 = (y1 * s22 - y2 * s12) / determinant, (y2 * s11 - y1 * s12) / determinant
    return Dispersion(_mean(csad) - g1 * _mean(sizes) - g2 * _mean(squares), g1, g2)


def pairwise_flow_correlation(flows: Mapping[str, Sequence[float]]) -> float | None:
    """The mean Pearson correlation of net order flow over all pairs of traders.

    A pair in which one never varies is left out; None without a pair.

    Args:
        flows: by trader, shares bought less shares sold in each period; all of equal length.
    """
    found = [correlation(one, other) for one, other in combinations(flows.values(), 2)]
    values = [value for value in found if value is not None]
    return _mean(values) if values else None


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """The Pearson correlation; None when one of the two does not vary."""
    if len(xs) < 2:
        return None
    spread = _cross(xs, xs) * _cross(ys, ys)
    return _cross(xs, ys) / sqrt(spread) if spread > 0 else None


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)


def _cross(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The sum of products of deviations from the means."""
    x_mean, y_mean = _mean(xs), _mean(ys)
    return fsum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
