from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from agents.catalog import Catalog
from lab.core.canonical import unlabel
from lab.core.ports import Seat
from scenarios.load import load_scenario
from scenarios.trading.contest import rules
from scenarios.trading.contest.market import Market, exposure, make_market
from scenarios.trading.contest.policies import BuyHold, Cash, Momentum, Random, Skilled
from scenarios.trading.contest.rules import Contest
from scenarios.trading.contest.spec import ContestAgentParams, ContestParams
from tests.scenarios.social.readers import Fixed, Kept, Reader
from tests.scenarios.trading.contest.twin import recompute
from tests.support.worlds import Played, play

SHIPPED = Path(__file__).parents[4] / "scenarios" / "trading"
PLAIN = {"sessions": 24, "warmup": 6, "world": "no_skill"}
INSIDERS = {"ann": "insider", "bob": "insider", "cat": "insider"}


def _payloads(played: Played, kind: str) -> list[dict[str, Any]]:
    events = [event for event in played.record.events if event.kind == kind]
    return [{**event.payload, "value": event.value} for event in events]


def _mixed() -> dict[str, Any]:
    return {"ann": Random(), "bob": Momentum(lookback=3), "cat": Random(p=0.5), "dan": BuyHold()}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("cost_bp", "cap"), [(0.0, 1.0), (15.0, 0.4)])
def test_a_contest_is_what_its_prices_and_positions_make_it(seed: int, cost_bp: float, cap: float) -> None:
    params = {**PLAIN, "sessions": 50, "cost_bp": cost_bp} | {
        "predict": {"kind": "shrink", "m": 8, "tau": 4.0},
        "allocate": {"kind": "positive_proportional", "cap": cap},
    }
    played = play(Contest, params, _mixed(), seed=seed)
    settled, assets = _payloads(played, "settled"), ("ash", "bay", "elm", "fir")
    opens = [[row["opens"][a] for a in assets] for row in settled]
    opens.append([settled[-1]["closes"][a] for a in assets])
    chosen: dict[int, dict[str, str]] = {}
    for decision in played.record.decisions:
        chosen.setdefault(decision.tick, {})[decision.agent] = decision.value
    held = [[[exposure(row[n]).get(a, 0.0) for a in assets] for n in _mixed()] for row in chosen.values()]
    twin = recompute(np.array(opens, float), np.array(held), warmup=6, m=8, tau=4.0, cost_bp=cost_bp, cap=cap)
    weights = [[row["weights"][n] for n in _mixed()] for row in _payloads(played, "allocation")]
    returns = [[row["returns"][n] for n in _mixed()] for row in settled]
    assert np.abs(np.array(weights) - twin.weights).max() < 1e-9
    assert np.abs(np.array(returns) - twin.returns).max() < 1e-12
    assert np.abs(np.array([row["value"] for row in settled]) - twin.fund).max() < 1e-9
    assert np.abs(np.array([row["equal"] for row in settled]) - twin.equal).max() < 1e-12


@pytest.mark.parametrize("predict", ["last", "mean_m", "ewma", "shrink"])
def test_nothing_that_is_known_later_moves_a_weight(predict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other prices from the opening of session t on: prompts and weights up to t stay as they were."""
    cut = 15

    def garbled(params: Any, prices: Any, news: Any) -> Market:
        market = make_market(params, prices, news)
        first = market.history + cut
        opens = {a: [*seen[:first], *(7 * p + 13 for p in seen[first:])] for a, seen in market.opens.items()}
        return Market(market.assets, opens, market.history, market.news)

    def watched() -> tuple[list[Any], list[Any]]:
        reader = Reader(Random())
        agents: dict[str, Any] = {"ann": reader, "bob": Momentum(), "cat": BuyHold()}
        played = play(Contest, {**PLAIN, "predict": {"kind": predict}}, agents, seed=5)
        return [row["weights"] for row in _payloads(played, "allocation")], reader.texts

    weights, texts = watched()
    monkeypatch.setattr(rules, "make_market", garbled)
    other_weights, other_texts = watched()
    assert weights[: cut + 1] == other_weights[: cut + 1]
    assert texts[: cut + 1] == other_texts[: cut + 1]
    assert weights[cut + 2 :] != other_weights[cut + 2 :]
    assert texts[cut + 1] != other_texts[cut + 1]


def test_all_are_asked_in_every_session() -> None:
    played = play(Contest, PLAIN, _mixed())
    assert [(d.tick, d.agent) for d in played.record.decisions] == [
        (t, n) for t in range(24) for n in _mixed()
    ]
    assert Contest.expected_decisions(ContestParams.model_validate(PLAIN), 4) == 96


def _paid(played: Played) -> dict[str, list[float | None]]:
    events = [event for event in played.record.events if event.kind == "payoff"]
    return {n: [event.value for event in events if event.agent == n] for n in played.record.agents}


def test_a_fund_pays_on_the_capital_that_was_given_and_a_league_on_ones_own() -> None:
    for mode in ("fund", "league"):
        played = play(Contest, {**PLAIN, "mode": mode}, _mixed())
        weights, settled = _payloads(played, "allocation"), _payloads(played, "settled")
        for name, paid in _paid(played).items():
            shares = [row["weights"][name] if mode == "fund" else 1.0 for row in weights]
            due = [1e4 * w * row["returns"][name] for w, row in zip(shares, settled, strict=True)]
            assert paid == pytest.approx(due)


def test_who_does_not_answer_is_in_cash() -> None:
    silent: dict[str, Any] = {"ann": Fixed(position=["?", "?"] * 24), "bob": BuyHold()}
    played = play(Contest, {**PLAIN, "cost_bp": 10.0}, silent)
    assert not any(_paid(played)["ann"])
    assert sum(map(abs, filter(None, _paid(played)["bob"]))) > 0


def test_skill_is_spread_over_insiders_in_their_order_and_hidden() -> None:
    kept, readers = Kept(), {name: Reader(Skilled()) for name in INSIDERS}
    agents: dict[str, Any] = {**readers, "dan": Reader(Cash())}
    params = {**PLAIN, "world": "planted", "spread_bp": 37.5}
    play(Contest, params, agents, roles=INSIDERS, sink=kept)
    found = {row.agent: unlabel(row.value) for row in kept.truths("skill_bp")}
    assert found == {"ann": -37.5, "bob": 0, "cat": 37.5}
    assert len(kept.truths("skill_bp")) == 3 * 24
    assert "37.5" not in "".join(reader.shown for reader in agents.values())
    assert all(request.tools == () for request in agents["dan"].requests)
    (tool,) = readers["ann"].requests[0].tools
    assert (tool.name, tool.reads_truth) == ("tip", True)


def test_an_insiders_own_skill_counts_before_its_place() -> None:
    kept = Kept()
    given = {"bob": {"skill_bp": 5.0}}
    params = {**PLAIN, "world": "planted"}
    play(Contest, params, dict.fromkeys(INSIDERS, Skilled()), roles=INSIDERS, agent_params=given, sink=kept)
    found = {row.agent: unlabel(row.value) for row in kept.truths("skill_bp")}
    assert found == {"ann": -50, "bob": 5, "cat": 50}


def test_each_reads_news_when_its_class_may() -> None:
    news = {"per_tick": 0.5, "delays": {"private": 0, "fast": 1, "public": 3}}
    agents = {name: Reader(Cash()) for name in ("private", "fast", "public", "none")}
    given = {name: {"news": None if name == "none" else name} for name in agents}
    played = play(Contest, {**PLAIN, "news": news}, agents, agent_params=given)
    happened = {event.payload["item"]: event.tick for event in played.record.events if event.kind == "news"}
    for name, delay in (("private", 0), ("fast", 1), ("public", 3)):
        for request in agents[name].requests:
            shown = [item["id"] for item in request.observation["news"]]
            assert shown == [i for i, tick in happened.items() if tick + delay <= request.tick][-10:]
    assert len(happened) > 4
    assert not any(request.observation["news"] for request in agents["none"].requests)


def test_an_item_is_exposed_once_to_each_that_reads_it() -> None:
    kept = Kept()
    play(Contest, {**PLAIN, "news": {"per_tick": 0.5, "delays": {"public": 1}}}, _mixed(), sink=kept)
    seen = [(row.agent, row.item) for row in kept.exposures]
    assert len(seen) == len(set(seen)) > 8


def _problems(params: dict[str, Any], **seats: tuple[str | None, dict[str, Any]]) -> list[tuple[str, str]]:
    made = [Seat(name, role, ContestAgentParams(**given)) for name, (role, given) in seats.items()]
    return list(Contest.problems(ContestParams.model_validate(params), made))


@pytest.mark.parametrize(
    ("params", "seats", "path", "message"),
    [
        ({}, {"ann": (None, {})}, "params.world", "choose no_skill"),
        ({"spread_bp": 70.0}, {"ann": ("insider", {})}, "params.spread_bp", "at most 60 bp"),
        ({}, {"ann": ("insider", {"skill_bp": -61.0})}, "agents.ann.params.skill_bp", "at most 60 bp"),
        (
            {"world": "no_skill"},
            {"ann": ("insider", {"skill_bp": 1.0})},
            "agents.ann.params.skill_bp",
            "only in world: planted",
        ),
        (
            {},
            {"ann": ("insider", {}), "bob": (None, {"skill_bp": 1.0})},
            "agents.bob.params.skill_bp",
            "only an agent with role: insider",
        ),
        (
            {"allocate": {"kind": "top_k", "k": 2}},
            {"ann": ("insider", {})},
            "params.allocate.k",
            "2 of 1 traders",
        ),
        ({"news": {"half_life": 3.0}}, {"ann": ("insider", {})}, "params.news.half_life", "leave it out"),
        (
            {"start_cents": 100, "volatility_bp": 99.0, "spread_bp": 5.0},
            {"ann": ("insider", {})},
            "params.volatility_bp",
            "less than a cent",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(params: Any, seats: Any, path: str, message: str) -> None:
    ((found, said),) = _problems(params, **seats)
    assert found == path
    assert message in said


def test_every_position_may_be_relabeled() -> None:
    assert Contest.label_options(ContestParams(assets=1)) == ("cash", "long ash", "short ash")


@pytest.mark.parametrize("name", ["contest", "contest-null"])
def test_the_shipped_scenario_plays_to_its_end(name: str) -> None:
    catalog, environment = Catalog(), cast("Any", Contest)
    scenario = load_scenario(SHIPPED / f"{name}.yaml", policies=catalog)
    policies = {
        agent.name: catalog.build(agent.policy.to_json(), environment, facts)
        for agent, facts in zip(scenario.agents, scenario.agent_facts(), strict=True)
    }
    roles = {agent.name: agent.role for agent in scenario.agents if agent.role}
    played = play(Contest, scenario.params, policies, seed=scenario.seed, roles=roles)
    assert played.status == "done"
    assert all(value is not None for value in (played.measures["gain_bp"], played.measures["rank_ic"]))


def test_the_logged_skill_is_no_more_than_a_calm_market_carries() -> None:
    calm = {"sessions": 2, "warmup": 1, "assets": 1, "spread_bp": 59.0}
    for seed in range(12):
        kept = Kept()
        agents = {"ann": Skilled(), "bob": Skilled()}
        played = play(Contest, calm, agents, roles=INSIDERS, seed=seed, sink=kept)
        opens = [row["opens"]["ash"] for row in _payloads(played, "settled")]
        opens.append(_payloads(played, "settled")[-1]["closes"]["ash"])
        carried = sum(abs(b / a - 1) for a, b in pairwise(opens)) / 2 * 1e4
        found = {row.agent: unlabel(row.value) for row in kept.truths("skill_bp")}
        assert found["bob"] == pytest.approx(min(59.0, carried))


def test_who_follows_tips_must_be_an_insider() -> None:
    params = ContestParams.model_validate({"world": "no_skill"})
    for role, wrong in ((None, True), ("insider", False)):
        seat = Seat("ann", role, ContestAgentParams(), "scripted", "skilled")
        assert bool(list(Contest.problems(params, [seat]))) is wrong
