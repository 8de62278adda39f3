from __future__ import annotations

from itertools import pairwise
from math import log
from typing import Any

import pytest

from lab.core.canonical import unlabel
from scenarios.look import Look
from scenarios.trading.dealer.policies import Flat, TypedDealer
from scenarios.trading.dealer.rules import Dealer, DealerParams
from tests.scenarios.social.readers import Fixed, Kept, Reader
from tests.support.worlds import Played, play

AVERSION = {"tolerant": 0.25, "averse": 0.8}
UNITS = {"buy": 1, "none": 0, "sell": -1}


def _run(
    seed: int = 1, type_: str = "drawn", steps: int = 24, policy: Any = None, **params: Any
) -> tuple[Played, Kept, Reader]:
    kept, reader = Kept(), Reader(policy or TypedDealer())
    given = {"dee": {"type": type_}}
    played = play(
        Dealer, {"steps": steps, **params}, {"dee": reader}, seed=seed, agent_params=given, sink=kept
    )
    return played, kept, reader


def _trades(played: Played) -> list[dict[str, Any]]:
    return [dict(event.payload) for event in played.record.events if event.kind == "trade"]


def test_each_step_asks_once_and_the_last_quotes_trade_too() -> None:
    played, _, _ = _run()
    assert [decision.tick for decision in played.record.decisions] == list(range(24))
    assert len(_trades(played)) == 25
    assert Dealer.expected_decisions(DealerParams(), 1) == 24


@pytest.mark.parametrize("seed", range(6))
def test_every_trade_is_paid_by_the_rules(seed: int) -> None:
    played, _, _ = _run(seed, holding=2)
    skews = [0, *(int(decision.value) for decision in played.record.decisions)]
    paid = [event.value for event in played.record.events if event.kind == "payoff"]
    inventory, price, cash = 0, 100, 0.0
    for trade, skew, points in zip(_trades(played), skews, paid, strict=True):
        before = cash + inventory * price
        price += trade["move"]
        if trade["fill"] == "buy":
            inventory, cash = inventory + 1, cash - (price - 3 + skew)
        elif trade["fill"] == "sell":
            inventory, cash = inventory - 1, cash + (price + 3 + skew)
        cash -= 2 * abs(inventory)
        assert trade["inventory"] == inventory
        assert points == cash + inventory * price - before  # the change of wealth at the market price


@pytest.mark.parametrize(
    ("skew", "buys", "sells"), [("-2", 0.15, 0.55), ("0", 0.35, 0.35), ("+1", 0.45, 0.25), ("+2", 0.55, 0.15)]
)
def test_a_skew_changes_the_chances_of_the_next_fill(skew: str, buys: float, sells: float) -> None:
    fills: list[str] = []
    for seed in range(900):
        played, _, _ = _run(seed, steps=2, policy=Fixed(quote=[skew] * 2))
        fills += [trade["fill"] for trade in _trades(played)[1:]]
    for fill, chance in (("buy", buys), ("sell", sells)):
        error = (chance * (1 - chance) / len(fills)) ** 0.5
        assert fills.count(fill) / len(fills) == pytest.approx(chance, abs=4 * error)


@pytest.mark.parametrize(("skew", "bound"), [("+2", 6), ("-2", -6)])
def test_nobody_holds_or_owes_more_than_six(skew: str, bound: int) -> None:
    played, _, _ = _run(policy=Fixed(quote=[skew] * 200), steps=200)
    held = [trade["inventory"] for trade in _trades(played)]
    assert max(held, key=abs) == bound
    assert all(abs(one - other) <= 1 for one, other in pairwise(held))


def test_prices_move_evenly() -> None:
    moves = [trade["move"] for seed in range(20) for trade in _trades(_run(seed, steps=149)[0])]
    assert all(900 < moves.count(move) < 1_100 for move in (-1, 0, 1))  # 1,000 expected, sd 26


def _posterior(acts: list[tuple[int, int]]) -> float:
    """Log-odds of averse by enumerating both types with their full likelihoods."""
    joint = {"tolerant": 0.5, "averse": 0.5}
    for kind, aversion in AVERSION.items():
        for inventory, skew in acts:
            wanted = max(-2, min(2, round(-aversion * inventory)))
            joint[kind] *= 0.92 if skew == wanted else 0.02
    share = joint["averse"] / (joint["averse"] + joint["tolerant"])
    return log(share) - log(1 - share)


@pytest.mark.parametrize("seed", range(6))
def test_the_logged_posterior_is_bayes_on_the_skews_before(seed: int) -> None:
    played, kept, reader = _run(seed, steps=8)
    held, acts = 0, []
    for request, decision in zip(reader.requests, played.record.decisions, strict=True):
        held += UNITS[request.observation["fill"]]
        acts.append((held, int(decision.value)))
    logged = [row.posterior for row in kept.truths("type")]
    assert logged == pytest.approx([_posterior(acts[:n]) for n in range(8)])
    assert [unlabel(row.value) for row in kept.truths("inventory")] == [inventory for inventory, _ in acts]
    assert {(row.kind, row.visible) for row in kept.truths("inventory")} == {("state", 1)}
    assert {(row.kind, row.visible) for row in kept.truths("type")} == {("type", 0)}


def test_neither_inventory_nor_type_stands_in_what_is_asked() -> None:
    _, _, reader = _run(type_="averse")
    known = {"step", "steps", "holding", "score", "past", "move", "fill"}
    assert all(set(request.observation) == known for request in reader.requests)
    assert all(set(one) == {"move", "fill", "skew"} for one in reader.requests[-1].observation["past"])
    assert "averse" not in reader.shown


@pytest.mark.parametrize("wording", [0, 1, 2])
def test_nothing_shown_depends_on_the_type(wording: int) -> None:
    shown = []
    for type_ in ("tolerant", "averse"):
        reader = Reader(Flat())
        play(Dealer, {}, {"dee": reader}, agent_params={"dee": {"type": type_}}, look=Look(wording))
        shown.append(reader.shown)
    assert shown[0] == shown[1]


def test_types_are_drawn_evenly() -> None:
    drawn = [_run(seed, steps=1)[1].truths("type")[0].value for seed in range(200)]
    assert 70 < drawn.count("averse") < 130  # 100 expected, sd 7


def test_without_an_answer_the_quotes_are_not_moved() -> None:
    silent, _, _ = _run(policy=Fixed(quote=[None] * 40), steps=20)
    flat, _, _ = _run(policy=Flat(), steps=20)
    assert _trades(silent) == _trades(flat)
    assert silent.measures["inventory_slope"] is None
