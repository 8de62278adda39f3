from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.social.public_goods.measures import END, PUNISHED, START, slope
from scenarios.social.public_goods.rules import PublicGoods
from scenarios.social.public_goods.spec import PublicGoodsParams
from tests.scenarios.social.readers import Fixed
from tests.support.worlds import Played, play


def _gifts(**gifts: list[Any]) -> Played:
    agents = {name: Fixed(contribute=row) for name, row in gifts.items()}
    rounds = len(next(iter(gifts.values())))
    return play(PublicGoods, {"rounds": rounds, "mpcr": 0.6, "punish": None}, agents)


def test_shares_are_counted_by_member_and_round() -> None:
    found = _gifts(ann=[20, 10, 0], bob=[10, 10, 10]).measures
    assert found["contribution_share"] == pytest.approx(0.5)
    assert (found["contribution_share", "ann"], found["contribution_share", "bob"]) == (0.5, 0.5)
    assert (found["first_share"], found["last_share"]) == (0.75, 0.25)
    assert found["free_rider_share"] == pytest.approx(1 / 6)
    assert found["decay_slope"] == pytest.approx(-0.25)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_the_slope_is_that_of_least_squares(shares: list[float]) -> None:
    points = list(enumerate(shares))
    assert slope(points) == pytest.approx(np.polyfit(range(len(shares)), shares, 1)[0], abs=1e-9)


def test_one_round_has_no_slope() -> None:
    assert _gifts(ann=[20], bob=[0]).measures["decay_slope"] is None


@pytest.mark.parametrize(("ann", "bob", "value"), [(20, 20, 1.0), (0, 0, 1 / 1.2), (20, 0, 44 / 48)])
def test_efficiency_is_relative_to_all_giving_all(ann: int, bob: int, value: float) -> None:
    assert _gifts(ann=[ann], bob=[bob]).measures["efficiency"] == pytest.approx(value)


def test_efficiency_expects_nothing_of_a_member_that_sat_out() -> None:
    agents = {"ann": Fixed(contribute=["?", "?"]), "bob": Fixed(contribute=[5])}
    played = play(PublicGoods, {"rounds": 1, "mpcr": 0.6, "punish": None}, agents)
    assert played.measures["efficiency"] == pytest.approx((20 - 5 + 0.6 * 5) / 20)


def test_punishment_is_prosocial_when_its_target_gave_less_than_the_punisher() -> None:
    forms = {"ann": {"bob": 3, "cat": 1}, "bob": {"ann": 2, "cat": 0}, "cat": {"ann": 4, "bob": 0}}
    gifts = {"ann": 10, "bob": 0, "cat": 10}
    agents = {name: Fixed(contribute=[gifts[name]], punish=[forms[name]]) for name in gifts}
    found = play(PublicGoods, {"rounds": 1, "mpcr": 0.5}, agents).measures
    assert found["prosocial_punishment", "ann"] == 3
    assert found["antisocial_punishment", "ann"] == 1, "an equal giver counts as not lower"
    assert found["prosocial_punishment", "bob"] is None
    assert found["antisocial_punishment", "bob"] == 1
    assert found["prosocial_punishment"] == pytest.approx((3 + 0) / 2)
    assert found["antisocial_punishment"] == pytest.approx((1 + 2 + 0 + 4) / 4)


def test_punishment_is_judged_by_the_gifts_of_its_own_round() -> None:
    agents = {
        "ann": Fixed(contribute=[10, 0], punish=[{"bob": 4}, {"bob": 0}]),
        "bob": Fixed(contribute=[0, 10], punish=[{"ann": 0}, {"ann": 2}]),
    }
    found = play(PublicGoods, {"rounds": 2, "mpcr": 0.6}, agents).measures
    assert (found["prosocial_punishment", "ann"], found["antisocial_punishment", "ann"]) == (4, 0)
    assert (found["prosocial_punishment", "bob"], found["antisocial_punishment", "bob"]) == (2, 0)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"punish": {"effect": 3}}, {"contribution_share": (PUNISHED,)}),
        ({"punish": {"effect": 0}}, {"first_share": (START,), "last_share": (END,)}),
        ({"punish": None}, {"first_share": (START,), "last_share": (END,)}),
        ({"punish": None, "rounds": 6}, {"first_share": (START,)}),
        ({"punish": None, "talk_rounds": 1}, {}),
        ({"punish": {"effect": 3}, "talk_rounds": 1}, {}),
    ],
)
def test_human_values_stand_only_beside_games_like_theirs(params: Any, expected: dict[str, Any]) -> None:
    assert PublicGoods.references(PublicGoodsParams.model_validate(params)) == expected
