from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from lab.core.errors import RuleError
from scenarios.trading.contest import policies as p
from scenarios.trading.contest.rules import Contest
from tests.scenarios.social.readers import Reader
from tests.support.worlds import decisions_of, play

PARAMS = {"sessions": 40, "warmup": 5, "world": "no_skill"}


def _chosen(policy: Any, **params: Any) -> tuple[list[str], Reader]:
    reader = Reader(policy)
    played = play(Contest, {**PARAMS, **params}, {"ann": reader, "bob": p.Cash()})
    return list(decisions_of(played, "ann")), reader


def test_cash_and_buy_hold_never_change() -> None:
    assert set(_chosen(p.Cash())[0]) == {"cash"}
    assert set(_chosen(p.BuyHold(asset="fir"))[0]) == {"long fir"}


def test_momentum_goes_with_the_largest_move_of_its_window() -> None:
    chosen, reader = _chosen(p.Momentum(lookback=5))
    for option, request in zip(chosen, reader.requests, strict=True):
        moves = {a: seen[-1] / seen[-6] - 1 for a, seen in request.observation["prices"].items()}
        asset = max(moves, key=lambda name: abs(moves[name]))
        assert option == f"{'long' if moves[asset] > 0 else 'short'} {asset}"


def test_momentum_with_one_price_is_in_cash() -> None:
    assert set(_chosen(p.Momentum(), history=1)[0]) == {"cash"}


def test_random_takes_every_side_equally_often_when_it_trades() -> None:
    counts = Counter(_chosen(p.Random(p=0.8), sessions=500, assets=2)[0])
    assert counts.keys() == {"cash", "long ash", "short ash", "long bay", "short bay"}
    assert all(count == pytest.approx(100, abs=4 * 80**0.5) for count in counts.values())


def test_skilled_does_what_its_tip_says() -> None:
    reader = Reader(p.Skilled())
    played = play(Contest, PARAMS, {"ann": reader, "bob": p.Cash()}, roles={"ann": "insider"})
    assert decisions_of(played, "ann") == [request.tools[0].call() for request in reader.requests]


def test_skilled_without_tips_says_what_it_lacks() -> None:
    with pytest.raises(RuleError, match="give it role: insider"):
        _chosen(p.Skilled())


def test_nobody_holds_what_is_not_traded() -> None:
    with pytest.raises(RuleError, match=r"'yew' is not traded here \(traded: ash, bay\)"):
        _chosen(p.BuyHold(asset="yew"), assets=2)
