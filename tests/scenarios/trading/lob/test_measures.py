from __future__ import annotations

from typing import Any

import pytest

from lab.core.records import Decision, Event, Measured, RunRecord, Status
from scenarios.trading.lob.measures import MEASURES, chances, equity
from scenarios.trading.lob.policies import Disposed
from scenarios.trading.lob.rules import Lob
from tests.support.worlds import play

NAMES = ("ann", "bob")


class Log:
    """A record made by hand, event by event."""

    def __init__(self, *names: str) -> None:
        self.record = RunRecord(names or NAMES, {"tick_cents": 2})

    def event(self, kind: str, agent: str | None = None, decision: int | None = None, **payload: Any) -> None:
        seq = len(self.record.events)
        self.record.events.append(Event(seq, seq, kind, agent, None, decision, None, payload))

    def turn(
        self,
        seq: int,
        agent: str = "ann",
        *,
        price: float,
        sold: int = 0,
        shares: int = 5,
        valid: bool = True,
    ) -> None:
        """A turn of a holder whose shares cost 100, and what its order sold."""
        status = Status.OK if valid else Status.INVALID
        decision = Decision(agent, seq, 0, 0, "trade", "market" if valid else None, {}, status, None, None)
        self.record.decisions.append(decision)
        cost = 100 if shares else None
        self.event("turn", agent, seq, shares=shares, price=price, cost=cost)
        if sold:
            self.event("fill", agent, seq, side="sell", qty=sold, price=price)

    def bar(
        self, *, equity: dict[str, float] | None = None, flow: dict[str, int] | None = None, **more: Any
    ) -> None:
        prices = {"mid": None, "bid": None, "ask": None, "fundamental": 100.0}
        zero = dict.fromkeys(self.record.agents, 0)
        self.event("bar", equity=equity or zero, flow=flow or zero, **(prices | more))

    def measured(self, name: str, agent: str | None = None) -> float | None:
        (spec,) = (one for one in MEASURES if one.name == name)
        found: dict[str | None, Measured] = {one.agent: one for one in spec.compute(self.record)}
        assert (found[agent].value is None) == (found[agent].reason is not None)
        return found[agent].value


def test_an_empty_run_has_no_measure_and_says_why() -> None:
    log = Log()
    for spec in MEASURES:
        assert log.measured(spec.name) is None


def test_returns_are_taken_from_the_equity_of_bars() -> None:
    log = Log()
    for value in (100, 110, 99, 105):
        log.bar(equity={"ann": value, "bob": 50})
    assert equity(log.record, "ann") == [100, 110, 99, 105]
    assert log.measured("cumulative_return", "ann") == pytest.approx(0.05)
    assert log.measured("cumulative_return") == pytest.approx(0.025)
    assert log.measured("max_drawdown", "ann") == pytest.approx(-0.1)
    assert log.measured("sharpe", "bob") is None
    returns = (0.1, -0.1, 105 / 99 - 1)
    mean = sum(returns) / 3
    deviation = (sum((r - mean) ** 2 for r in returns) / 2) ** 0.5
    assert log.measured("sharpe", "ann") == log.measured("sharpe") == pytest.approx(mean / deviation)
    assert log.measured("sortino", "ann") == pytest.approx(mean / (0.1**2 / 3) ** 0.5)


def test_turnover_is_half_of_what_was_traded_over_mean_equity() -> None:
    log = Log()
    log.bar(equity={"ann": 900, "bob": 1})
    log.event("fill", "ann", 1, side="buy", qty=3, price=100)
    log.event("fill", "ann", 2, side="sell", qty=1, price=100)
    log.bar(equity={"ann": 1100, "bob": 1})
    assert log.measured("turnover", "ann") == pytest.approx(0.5 * 2 * 400 / 1000)
    assert log.measured("turnover", "bob") == 0


def test_the_market_is_measured_at_bars_with_two_sides() -> None:
    log = Log()
    log.bar(mid=103.0, bid=101, ask=105, fundamental=100.0)
    log.bar(mid=98.0, bid=97, ask=99, fundamental=104.0)
    log.bar(bid=97)
    assert log.measured("rad") == pytest.approx((3 + 6) / 2 / 102)
    assert log.measured("spread") == 3


def test_gains_and_losses_are_counted_at_the_turns_of_a_holder() -> None:
    log = Log()
    log.turn(1, price=110, sold=1)
    log.turn(2, price=110, sold=5)
    log.turn(3, price=110)
    log.turn(4, price=90, sold=1)
    for seq in (5, 6, 7):
        log.turn(seq, price=90)
    log.turn(8, price=100, sold=1)  # at cost, without shares, without a valid answer: no chance
    log.turn(9, price=110, shares=0)
    log.turn(10, price=110, valid=False)
    counts = chances(log.record, "ann")
    assert (counts.realized_gains, counts.paper_gains) == (2, 1)
    assert (counts.realized_losses, counts.paper_losses) == (1, 3)
    assert log.measured("disposition_effect", "ann") == pytest.approx(2 / 3 - 1 / 4)
    assert log.measured("disposition_effect", "bob") is None
    assert log.measured("pgr") == log.measured("pgr", "ann")


def test_refused_messages_are_those_without_an_order() -> None:
    log = Log()
    for number in (1, None, 3, None):
        log.event("order", "ann", order=number)
    assert log.measured("refused_share", "ann") == log.measured("refused_share") == 0.5
    assert log.measured("refused_share", "bob") is None


def test_flows_that_go_together_correlate_and_herd() -> None:
    names = tuple(f"t{n}" for n in range(6))
    log = Log(*names)
    log.bar()
    for period in range(10):
        sign = 1 if period % 2 else -1
        log.bar(flow=dict.fromkeys(names, sign * 5))
    assert log.measured("flow_correlation") == pytest.approx(1)
    # b is 0 or 1, p = 1/2, E|b - p| of 6 fair coins is 2 * 20 * 3 / 64 / 6 = 0.15625
    assert log.measured("herding") == pytest.approx(0.5 - 0.15625)


def test_herding_needs_five_traders() -> None:
    log = Log()
    for _ in range(3):
        log.bar(flow={"ann": 1, "bob": 1})
    assert log.measured("herding") is None


def test_a_planted_disposition_is_measured_as_planted() -> None:
    pgr: list[float] = []
    plr: list[float] = []
    for seed in range(8):
        policy = Disposed(qty=1, p_gain=0.6, p_loss=0.1, p_buy=0.7)
        played = play(Lob, {"horizon": 300, "wake_every": 2}, {"ann": policy}, seed=seed)
        counts = chances(played.record, "ann")
        pgr += [1.0] * counts.realized_gains + [0.0] * counts.paper_gains
        plr += [1.0] * counts.realized_losses + [0.0] * counts.paper_losses
    assert len(pgr) > 100
    assert len(plr) > 100
    assert sum(pgr) / len(pgr) == pytest.approx(0.6, abs=4 * (0.24 / len(pgr)) ** 0.5)
    assert sum(plr) / len(plr) == pytest.approx(0.1, abs=4 * (0.09 / len(plr)) ** 0.5)
