from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lab.core.canonical import canonical, unlabel
from lab.core.ports import Policy, PolicyContext, Seat
from lab.core.records import Decision, DecisionRequest, Event
from lab.engine.conductor import LiveChange
from lab.engine.seats import Think
from scenarios.trading.lob.policies import BuyHold, Cash, Momentum, Random
from scenarios.trading.lob.rules import Lob
from scenarios.trading.lob.spec import LobAgentParams, LobParams
from tests.scenarios.social.readers import Kept, Reader
from tests.support.worlds import Played, play

ALONE = {"noise": 0, "value": 0, "momentum": 0, "market_maker": 0}
QUIET: dict[str, Any] = {
    "horizon": 12,
    "wake_every": 2,
    "bar": 2,
    "fundamental": {"kind": "constant", "start": 100.0},
    "background": ALONE,
}
NEWS = {"news": {"per_tick": 0.5, "impact_sd": 5.0}}


class Sends:
    """Sends one message after the other, then holds; None is invalid."""

    def __init__(self, *messages: Any) -> None:
        self.messages = list(messages)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        return self.messages.pop(0) if self.messages else {"action": "hold"}

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        return


def limit(side: str, qty: int, price: int) -> dict[str, Any]:
    return {"action": "limit", "side": side, "qty": qty, "price": price}


def market(side: str, qty: int) -> dict[str, Any]:
    return {"action": "market", "side": side, "qty": qty}


def _events(played: Played, kind: str, agent: str | None = None) -> list[Event]:
    return [e for e in played.record.events if e.kind == kind and agent in (None, e.agent)]


def _codes(played: Played, agent: str) -> list[str | None]:
    return [event.payload["code"] for event in _events(played, "order", agent)]


def _run(agents: Mapping[str, Policy], more: Mapping[str, Any] = {}, **options: Any) -> Played:
    return play(Lob, {**QUIET, **more}, agents, **options)


def test_an_order_arrives_after_thinking_and_latency() -> None:
    given = {"ann": {"latency": 3}}
    played = _run(
        {"ann": Sends(limit("buy", 1, 99)), "bob": Sends()}, agent_params=given, think={"ann": Think(base=1)}
    )
    decision = next(one for one in played.record.decisions if one.agent == "ann")
    (order,) = _events(played, "order", "ann")
    assert (decision.tick, decision.effect_tick, order.tick, order.decision) == (2, 3, 6, decision.seq)


def test_an_agent_that_thinks_longer_than_its_turn_is_asked_again_when_it_is_done() -> None:
    played = _run({"ann": Sends(), "bob": Sends()}, think={"ann": Think(base=5)})
    asked = {
        name: [one.tick for one in played.record.decisions if one.agent == name] for name in ("ann", "bob")
    }
    assert asked["bob"] == [2, 4, 6, 8, 10]
    assert asked["ann"] == [2, 7]


def test_an_order_on_its_way_at_the_close_never_arrives_and_open_ones_are_canceled() -> None:
    late = [{"action": "hold"}] * 4 + [limit("buy", 1, 99)]
    played = _run(
        {"ann": Sends(*late), "bob": Sends(limit("sell", 5, 110))}, agent_params={"ann": {"latency": 2}}
    )
    assert _events(played, "order", "ann") == []
    close = _events(played, "bar")[-1]
    assert (close.tick, close.payload["bid"], close.payload["ask"]) == (12, None, None)
    assert played.status == "done"


def test_trades_move_cash_and_shares_and_pay_the_profit_to_the_cent() -> None:
    ann, bob = (
        Reader(Sends(limit("sell", 10, 104))),
        Reader(Sends({"action": "hold"}, market("buy", 10), limit("buy", 1, 100), limit("sell", 1, 120))),
    )
    played = _run({"ann": ann, "bob": bob}, {"mark": "last", "costs": "flat"})
    last = bob.requests[-1].observation
    assert (last["shares"], last["cash_cents"]) == (60, 100_000 - 1040 - 2)
    assert last["average_cost_cents"] == pytest.approx((50 * 100 + 10 * 104) / 60)
    paid = {event.agent: event.value for event in _events(played, "payoff")}
    assert paid == {"ann": 40 * 4 + 1040 - 2 - 1000, "bob": 60 * 104 - 1042 - 5000}
    fills = [(one.agent, one.target, one.payload["takes"]) for one in _events(played, "fill")]
    assert fills == [("bob", "ann", True), ("ann", "bob", False)]


def test_a_fill_names_the_decision_that_sent_its_order_long_ago() -> None:
    played = _run(
        {"ann": Sends(limit("sell", 10, 104)), "bob": Sends(*[{"action": "hold"}] * 2, market("buy", 1))}
    )
    fill = _events(played, "fill", "ann")[0]
    sent = next(one for one in played.record.decisions if one.action == "limit")
    assert (fill.decision, fill.tick) == (sent.seq, 7)


def test_what_the_world_does_not_allow_is_refused_with_a_code_and_told() -> None:
    bob = Reader(
        Sends(
            {"action": "hold"},
            limit("buy", 100, 110),
            limit("sell", 51, 100),
            limit("buy", 1, 200),
            {"action": "cancel", "order": 77},
            {"action": "cancel", "order": 1},
        )
    )
    played = _run(
        {"ann": Sends(limit("buy", 1, 90)), "bob": bob},
        {"horizon": 16},
        agent_params={"bob": {"cash": 5000}},
    )
    codes = [
        "insufficient_cash",
        "insufficient_shares",
        "price_out_of_band",
        "unknown_order",
        "not_your_order",
    ]
    assert _codes(played, "bob") == codes
    told = [request.observation["answer"] for request in bob.requests]
    assert [answer["code"] for answer in told if answer] == codes
    assert "your free cash does not cover it (insufficient_cash)" in bob.texts[2]
    assert played.measures["refused_share", "bob"] == 1


def test_a_market_order_to_an_empty_book_and_one_that_meets_its_sender_are_canceled() -> None:
    played = _run({"ann": Sends(market("buy", 1), limit("sell", 1, 100), market("buy", 1)), "bob": Sends()})
    assert _codes(played, "ann") == ["empty_book", None, "self_trade"]


def test_more_messages_in_a_bar_than_allowed_are_refused() -> None:
    sends = Sends(*[limit("buy", 1, 90)] * 9)
    played = _run({"ann": sends, "bob": Sends()}, {"wake_every": 1, "bar": 5, "rate_cap": 3})
    assert _codes(played, "ann") == [None, None, None, "rate_cap", None, None, None, "rate_cap", "rate_cap"]


def test_who_gives_no_valid_answer_holds_and_its_orders_stand() -> None:
    ann = Reader(Sends(limit("buy", 1, 90), None, None, None, None))
    played = _run({"ann": ann, "bob": Sends()})
    assert len(_events(played, "order", "ann")) == 1
    assert [one["price"] for one in ann.requests[-1].observation["orders"]] == [90]


def test_orders_that_arrive_together_are_matched_in_an_order_drawn_from_the_seed() -> None:
    first = set()
    for seed in range(12):
        agents = {name: Sends(limit("buy", 1, 90)) for name in ("ann", "bob")}
        played = _run(agents, seed=seed)
        first.add(_events(played, "order")[0].agent)
    assert first == {"ann", "bob"}


@pytest.mark.parametrize(("mark", "price"), [("last", 104), ("mid", 101), ("fundamental", 100)])
def test_shares_are_valued_as_the_scenario_says(mark: str, price: float) -> None:
    ann = Sends(limit("sell", 20, 104), limit("buy", 1, 98))
    played = _run(
        {"ann": ann, "bob": Sends({"action": "hold"}, market("buy", 10), {"action": "hold"})}, {"mark": mark}
    )
    bar = _events(played, "bar")[-1]
    assert bar.value == price
    assert bar.payload["equity"]["ann"] == 101_040 + 40 * price


def test_simple_actions_send_market_orders_of_a_lot() -> None:
    ann = Sends("hold", "buy", "hold", "hold", "hold")
    played = play(
        Lob,
        QUIET | {"actions": "simple", "lot": 7, "background": {"noise": 0, "value": 0}},
        {"ann": ann},
    )
    assert sum(event.value or 0 for event in _events(played, "fill", "ann")) == 7


def test_news_reach_each_class_of_readers_in_its_time_and_are_logged_as_shown() -> None:
    kept = Kept()
    readers = {name: Reader(Sends()) for name in ("ann", "bob")}
    given = {"ann": {"news": "private"}, "bob": {"news": "public"}}
    _run(readers, NEWS | {"horizon": 40, "news_shown": 40}, agent_params=given, sink=kept)
    heard = {
        name: {one["id"]: one["time"] for request in reader.requests for one in request.observation["news"]}
        for name, reader in readers.items()
    }
    assert heard["bob"]
    assert all(heard["ann"][item] == time - 5 for item, time in heard["bob"].items())
    assert all(one["time"] <= r.tick for r in readers["bob"].requests for one in r.observation["news"])
    shown = [row.item for row in kept.exposures if row.agent == "bob"]
    assert shown == list(dict.fromkeys(shown))
    assert set(shown) == set(heard["bob"])


def test_the_value_is_logged_and_stands_in_no_request() -> None:
    kept, ann = Kept(), Reader(Sends())
    odd = {"fundamental": {"kind": "constant", "start": 103.712345}}
    _run({"ann": ann, "bob": Sends()}, odd | NEWS, sink=kept)
    values = [unlabel(row.value) for row in kept.truths("fundamental") if row.agent == "ann"]
    assert len(values) == len(ann.requests)
    assert values[0] == pytest.approx(103.7, abs=30)
    assert "103.7" not in ann.shown
    assert "half_life" not in ann.shown


def test_the_logged_gain_is_what_the_agent_could_see() -> None:
    kept, bob = Kept(), Reader(Momentum())
    play(Lob, {"horizon": 60}, {"bob": bob}, sink=kept)
    rows = {row.seq: unlabel(row.value) for row in kept.truths("position_gain")}
    for request in bob.requests:
        seen = request.observation
        assert rows[request.seq] == (seen["mid"] > seen["average_cost_cents"])


def test_only_agents_with_a_signal_have_a_look_at_the_value() -> None:
    readers = {name: Reader(Sends()) for name in ("ann", "bob")}
    _run(readers, agent_params={"ann": {"signal_sd": 0.0}})
    (tool,) = readers["ann"].requests[0].tools
    assert (tool.name, tool.reads_truth, tool.call(), tool.call()) == ("value_signal", True, 100, 100)
    assert all(request.tools == () for request in readers["bob"].requests)


def test_a_fork_may_change_the_costs_from_a_decision_on() -> None:
    params = {"horizon": 60, "wake_every": 3}
    agents: dict[str, Policy] = {"ann": Random(p_trade=1)}
    changed = LobParams.model_validate(params | {"costs": "flat"}).model_dump(mode="json")
    played = play(Lob, params, agents, change=LiveChange(30, changed))
    paid = [event.payload["fee_cents"] > 0 for event in _events(played, "fill", "ann")]
    assert paid == sorted(paid)
    assert set(paid) == {False, True}


def test_an_agent_added_leaves_value_and_news_as_they_were() -> None:
    alone = play(Lob, {"horizon": 30} | NEWS, {"ann": Cash()})
    beside = play(Lob, {"horizon": 30} | NEWS, {"ann": Cash(), "bob": BuyHold()})
    values = [[bar.payload["fundamental"] for bar in _events(one, "bar")] for one in (alone, beside)]
    assert values[0] == values[1]


def test_every_tick_conserves_shares_and_cash_over_everybody() -> None:
    played = play(Lob, {"horizon": 80, "costs": "maker_taker"}, {"ann": Random(p_trade=1), "bob": Momentum()})
    exchange = played.world.environment._exchange  # type: ignore[attr-defined]  # the books behind the log
    everybody = exchange.accounts.values()
    assert sum(one.shares for one in everybody) == 27 * 500 + 5000 + 2 * 50
    assert sum(one.cash for one in everybody) + exchange.fees_cents == 27 * 500_000 + 5_000_000 + 2 * 100_000
    assert exchange.book.orders() == []
    assert set(exchange.held().values()) == {(0, 0)}


def test_a_market_of_one_and_a_turn_that_never_comes_are_problems() -> None:
    params = LobParams.model_validate(QUIET)
    seats = [Seat("ann", None, LobAgentParams(wake_every=12))]
    problems = dict(Lob.problems(params, seats))
    assert "nobody to trade with" in problems["params.background"]
    assert "'ann' would never be asked" in problems["agents.ann.params.wake_every"]
    assert list(Lob.problems(LobParams(), [Seat("ann", None, LobAgentParams())])) == []


def test_the_planned_decisions_are_those_that_are_made() -> None:
    played = _run({"ann": Sends(), "bob": Sends()})
    assert len(played.record.decisions) == Lob.expected_decisions(LobParams.model_validate(QUIET), 2) == 10


def test_only_simple_options_may_be_relabeled() -> None:
    assert Lob.label_options(LobParams(actions="simple")) == ("buy", "sell", "hold")
    assert Lob.label_options(LobParams()) == ()


def test_observations_are_plain_json_and_hold_no_other_trader() -> None:
    ann = Reader(Random(p_trade=1))
    play(Lob, {"horizon": 40}, {"ann": ann, "bobby": Random(p_trade=1)})
    assert "bobby" not in ann.shown
    assert "noise.1" not in "".join(canonical(request.observation) for request in ann.requests)


def test_items_of_news_beyond_those_that_are_shown_are_not_logged_as_shown() -> None:
    flood = {"news": {"per_tick": 4.0, "delays": {"public": 1}}, "news_shown": 2, "wake_every": 4}
    kept, ann = Kept(), Reader(Sends())
    _run({"ann": ann, "bob": Sends()}, flood, sink=kept)
    shown = [item["id"] for request in ann.requests for item in request.observation["news"]]
    assert len(shown) == 4, "two turns, two items a turn"
    assert [row.item for row in kept.exposures if row.agent == "ann"] == shown
