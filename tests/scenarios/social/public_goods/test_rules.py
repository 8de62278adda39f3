from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.ports import Policy, Seat
from scenarios.environment import NoParams
from scenarios.social.public_goods.policies import ConditionalCooperator, FreeRider, FullContributor, Random
from scenarios.social.public_goods.rules import PublicGoods
from scenarios.social.public_goods.spec import PublicGoodsParams
from tests.scenarios.social.readers import Fixed, Kept, Reader
from tests.scenarios.social.shipped import play_shipped
from tests.support.worlds import Played, play

NAMES = ("ann", "bob", "cat", "dan")


def _once(gifts: list[Any], forms: list[Any]) -> Played:
    """One round of the given answers; each may be asked twice, as an invalid one is."""
    agents = {
        name: Fixed(contribute=[gift] * 2, punish=[form] * 2)
        for name, gift, form in zip(NAMES, gifts, forms, strict=True)
    }
    return play(PublicGoods, {"rounds": 1}, agents)


def _earned(played: Played) -> list[float | None]:
    return [played.measures["payoff", name] for name in played.record.agents]


@pytest.mark.parametrize(
    ("gifts", "earned"),
    [([20] * 4, [32] * 4), ([0] * 4, [20] * 4), ([0, 20, 20, 20], [44, 24, 24, 24])],
)
def test_the_known_earnings_of_four_members(gifts: list[int], earned: list[float]) -> None:
    agents = {name: Fixed(contribute=[gift]) for name, gift in zip(NAMES, gifts, strict=True)}
    assert _earned(play(PublicGoods, {"rounds": 1, "punish": None}, agents)) == pytest.approx(earned)


@given(
    st.lists(st.integers(0, 20), min_size=4, max_size=4),
    st.lists(st.lists(st.integers(0, 10), min_size=4, max_size=4), min_size=4, max_size=4),
    st.sampled_from([(1, 3), (1, 0), (0.5, 2)]),
)
def test_earnings_follow_the_formula(
    gifts: list[int], points: list[list[int]], stage: tuple[float, float]
) -> None:
    cost, effect = stage
    forms = [{NAMES[j]: points[i][j] for j in range(4) if j != i} for i in range(4)]
    played = _punished(gifts, forms, cost, effect)
    own = [sum(form.values()) for form in forms]
    received = [sum(form.get(name, 0) for form in forms) for name in NAMES]
    expected = [20 - gifts[i] + 0.4 * sum(gifts) - cost * own[i] - effect * received[i] for i in range(4)]
    assert _earned(played) == pytest.approx(expected)


def _punished(
    gifts: list[int], forms: list[dict[str, int]], cost: float, effect: float, **params: Any
) -> Played:
    agents = {
        name: Fixed(contribute=[gift], punish=[form])
        for name, gift, form in zip(NAMES, gifts, forms, strict=True)
    }
    return play(PublicGoods, {"rounds": 1, "punish": {"cost": cost, "effect": effect}} | params, agents)


def _all_on_bob(n: int) -> list[dict[str, int]]:
    return [{other: n * (other == "bob") for other in NAMES if other != name} for name in NAMES]


def test_points_without_effect_cost_but_take_nothing_away() -> None:
    played = _punished([20, 0, 20, 20], _all_on_bob(2), 1, 0)
    assert _earned(played) == pytest.approx([22, 44, 22, 22])


def test_a_floor_lifts_a_rounds_earnings_to_nothing_below_zero() -> None:
    bare = _punished([20, 0, 20, 20], _all_on_bob(10), 1, 3)
    floored = _punished([20, 0, 20, 20], _all_on_bob(10), 1, 3, floor=True)
    assert _earned(bare) == pytest.approx([14, -46, 14, 14])
    assert _earned(floored) == pytest.approx([14, 0, 14, 14])


def test_each_phase_is_a_tick() -> None:
    agents = {name: FullContributor() for name in NAMES}
    played = play(PublicGoods, {"rounds": 2, "talk_rounds": 1}, agents)
    phases = {decision.tick: decision.phase for decision in played.record.decisions}
    assert list(phases.values()) == ["talk", "contribute", "punish"] * 2
    assert list(phases) == list(range(6))


def test_a_member_that_abstains_sits_the_round_out() -> None:
    gifts = [20, "?", 20, 20]
    forms = [{"cat": 0, "dan": 0}, None, {"ann": 0, "dan": 0}, {"ann": 0, "cat": 0}]
    played = _once(gifts, forms)
    assert _earned(played) == pytest.approx([24, 0, 24, 24])
    assert {d.agent for d in played.record.decisions if d.phase == "punish"} == {"ann", "cat", "dan"}
    assert played.measures["contribution_share"] == 1
    assert played.measures["contribution_share", "bob"] is None


def test_an_invalid_punishment_assigns_no_points() -> None:
    forms: list[Any] = [
        {"bob": 99, "cat": 0, "dan": 0},
        *({n: 0 for n in NAMES if n != m} for m in NAMES[1:]),
    ]
    played = _once([20, 0, 20, 20], forms)
    assert _earned(played) == pytest.approx([24, 44, 24, 24])
    assert played.measures["prosocial_punishment", "ann"] is None


def test_punished_members_learn_how_much_and_never_from_whom() -> None:
    reader = Reader(Fixed(contribute=[0, 0], punish=[{"ann": 0, "cat": 0}] * 2))
    agents: dict[str, Policy] = {
        "ann": Fixed(contribute=[9, 9], punish=[{"bob": 2, "cat": 0}] * 2),
        "bob": reader,
        "cat": Fixed(contribute=[9, 9], punish=[{"ann": 0, "bob": 5}] * 2),
    }
    play(PublicGoods, {"rounds": 2, "mpcr": 0.5}, agents)
    last = reader.requests[2].observation["last"]
    assert (last["points_received"], last["points_lost"]) == (7, 21)
    assert last["contributions"] == {"ann": 9, "bob": 0, "cat": 9}


def test_members_are_shown_messages_gifts_and_what_punishment_took() -> None:
    kept = Kept()
    agents: dict[str, Policy] = {"ann": FullContributor(message="all!"), "bob": FreeRider()}
    agents["cat"] = ConditionalCooperator(start=1.0, punish_points=1)
    play(PublicGoods, {"rounds": 1, "mpcr": 0.5, "talk_rounds": 1}, agents, sink=kept)
    said = [(0, "bob", "message"), (0, "cat", "message")]
    assert sorted(kept.shown()) == [*said, *((1, name, "reveal") for name in agents), (2, "bob", "punished")]


def test_gifts_are_unseen_until_all_have_given() -> None:
    reader = Reader(FreeRider())
    play(PublicGoods, {"rounds": 1, "mpcr": 0.7}, {"ann": FullContributor(), "bob": reader})
    contribute, punish = reader.requests
    assert "20" not in str(contribute.observation)
    assert punish.observation["contributions"] == {"ann": 20, "bob": 0}


def test_random_play_keeps_the_books() -> None:
    played = play(PublicGoods, {"rounds": 5}, {name: Random() for name in NAMES}, seed=9)
    gifts = sum(d.args["amount"] for d in played.record.decisions if d.phase == "contribute")
    points = sum(sum(d.args.values()) for d in played.record.decisions if d.phase == "punish")
    total = sum(value or 0 for value in _earned(played))
    assert total == pytest.approx(5 * 4 * 20 + (4 * 0.4 - 1) * gifts - (1 + 3) * points)


@pytest.mark.parametrize(("mpcr", "n"), [(1.0, 4), (0.25, 4), (0.4, 2)])
def test_payoffs_without_a_dilemma_are_a_problem(mpcr: float, n: int) -> None:
    seats = [Seat(name, None, NoParams()) for name in NAMES[:n]]
    ((path, message),) = PublicGoods.problems(PublicGoodsParams(mpcr=mpcr), seats)
    assert path == "params.mpcr"
    assert "mpcr < 1 < n * mpcr" in message


def test_a_dilemma_is_no_problem() -> None:
    seats = [Seat(name, None, NoParams()) for name in NAMES]
    assert list(PublicGoods.problems(PublicGoodsParams(), seats)) == []


def test_expected_decisions_count_every_phase() -> None:
    assert PublicGoods.expected_decisions(PublicGoodsParams(), 4) == 80
    assert PublicGoods.expected_decisions(PublicGoodsParams(punish=None, talk_rounds=2), 4) == 120


@pytest.mark.parametrize("name", ["pgg-punish", "pgg-talk"])
def test_the_shipped_scenario_plays_to_its_end(name: str) -> None:
    scenario, played = play_shipped(PublicGoods, name)
    assert played.status == "done"
    expected = PublicGoods.expected_decisions(PublicGoodsParams.model_validate(scenario.params), 4)
    assert len(played.record.decisions) == expected
