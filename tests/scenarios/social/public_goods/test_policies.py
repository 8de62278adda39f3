from __future__ import annotations

import pytest
from pydantic import ValidationError

from scenarios.social.public_goods.policies import (
    ConditionalCooperator,
    FixedShare,
    FreeRider,
    FullContributor,
    Member,
    Random,
)
from scenarios.social.public_goods.rules import PublicGoods
from tests.scenarios.social.readers import Fixed
from tests.support.worlds import Played, decisions_of, play

PAIR = {"mpcr": 0.6, "punish": None}


def _against(policy: Member, gifts: list[int]) -> list[int]:
    """What the policy gives beside one other member that gives `gifts`."""
    played = play(PublicGoods, PAIR | {"rounds": len(gifts)}, {"a": policy, "b": Fixed(contribute=gifts)})
    return list(decisions_of(played, "a"))


@pytest.mark.parametrize(
    ("policy", "given"),
    [
        (FreeRider(), [0, 0, 0]),
        (FullContributor(), [20, 20, 20]),
        (FixedShare(share=0.37), [7, 7, 7]),
        (ConditionalCooperator(), [10, 16, 4]),
        (ConditionalCooperator(slope=1, start=0), [0, 20, 5]),
        (ConditionalCooperator(slope=2), [10, 20, 10]),
    ],
)
def test_a_rule_gives_what_it_says(policy: Member, given: list[int]) -> None:
    assert _against(policy, [20, 5, 0]) == given


def test_noise_stays_within_its_share_of_the_endowment_and_varies() -> None:
    gifts = _against(ConditionalCooperator(noise=0.2), [10] * 60)[1:]
    assert set(gifts) <= set(range(4, 13)), "8 plus or minus 4"
    assert len(set(gifts)) > 5
    assert 7 < sum(gifts) / len(gifts) < 9


def _trio(punisher: Member, effect: float) -> Played:
    agents = {
        "ann": punisher,
        "bob": ConditionalCooperator(slope=0, start=0.25, deterrence=0.5),
        "cat": FixedShare(share=0.5),
    }
    return play(PublicGoods, {"rounds": 2, "mpcr": 0.5, "punish": {"cost": 1, "effect": effect}}, agents)


def test_a_punisher_assigns_its_points_to_those_below_the_groups_mean_only() -> None:
    played = _trio(ConditionalCooperator(punish_points=4, start=0.5), effect=3)
    assert decisions_of(played, "ann", "punish")[0] == {"bob": 4, "cat": 0}


@pytest.mark.parametrize(("effect", "second_gift"), [(3, 6), (1, 2), (0, 0)])
def test_a_deterred_member_gives_more_by_what_it_lost(effect: float, second_gift: int) -> None:
    played = _trio(ConditionalCooperator(punish_points=4, start=0.5), effect)
    assert decisions_of(played, "bob", "contribute") == [5, second_gift]


def test_random_gifts_and_points_spread_over_their_range() -> None:
    played = play(PublicGoods, {"rounds": 60}, {name: Random() for name in "abcd"})
    gifts = [value for name in "abcd" for value in decisions_of(played, name, "contribute")]
    points = [n for name in "abcd" for form in decisions_of(played, name, "punish") for n in form.values()]
    assert (min(gifts), max(gifts)) == (0, 20)
    assert (min(points), max(points)) == (0, 10)
    assert 8.9 < sum(gifts) / len(gifts) < 11.1
    assert 4.6 < sum(points) / len(points) < 5.4


@pytest.mark.parametrize("options", [{"share": 1.2}, {"share": -0.1}, {"shares": 0.5}])
def test_a_share_outside_0_to_1_and_unknown_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        FixedShare.model_validate(options)
