from __future__ import annotations

import pytest

from lab.core.ports import Policy
from scenarios.look import Look
from scenarios.social.public_goods.policies import ConditionalCooperator, FreeRider, FullContributor
from scenarios.social.public_goods.rules import PublicGoods
from scenarios.social.public_goods.wording import COVERS, WORDINGS
from tests.scenarios.social.readers import Fixed, Reader
from tests.support.worlds import play

LOOKS = [Look(wording, cover) for wording in range(len(WORDINGS)) for cover in COVERS]


def _texts(look: Look, **params: object) -> list[str]:
    bob = Reader(FreeRider())
    agents: dict[str, Policy] = {
        "ann": FullContributor(message="All in!"),
        "bob": bob,
        "cat": ConditionalCooperator(punish_points=2),
    }
    play(PublicGoods, {"rounds": 2, "mpcr": 0.5, "talk_rounds": 1} | params, agents, look=look)
    return bob.texts


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_look_tells_members_rules_past_and_messages(look: Look) -> None:
    texts = _texts(look, punish={"cost": 1.5, "effect": 3.25}, floor=True)
    final = texts[-1]
    assert all(word in final for word in ("ann", "bob", "cat", "0.5", "1.5", "3.25", 'ann wrote: "All in!"'))
    assert "6.5" in final, "two points received, at 3.25 each"
    assert len(set(texts)) == len(texts) == 6
    assert "{" not in "".join(texts)


def test_without_punishment_no_text_speaks_of_it() -> None:
    text = "\n".join(_texts(Look(), punish=None))
    assert "reduction" not in text


def test_wordings_and_covers_differ_in_every_text() -> None:
    assert len({_texts(look)[0] for look in LOOKS}) == len(LOOKS) == 6


def test_no_text_says_who_punished() -> None:
    text = "\n".join(_texts(Look()))
    assert "you were assigned 2 reductions, which took 6 points from you" in text
    assert "cat assigned" not in text


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_look_counts_in_its_own_unit_alone(look: Look) -> None:
    unit = COVERS[look.cover].unit
    text = "\n".join(_texts(look))
    assert f"as many {unit.many} as" in text
    assert f"0.5 {unit.many}" in text, "what one in the pot brings to each"
    assert f"20 {unit.many}" in text
    assert unit.many == "points" or "point" not in text


def test_a_total_says_whether_this_round_is_in_it() -> None:
    talk, give, punish, *_ = _texts(Look())
    assert "Your total before it is 0 points." in talk
    assert "Your total before it is 0 points." in give
    assert "Your total, with this round's income but before its reductions, is 35 points." in punish
    assert "Points put into the common pot in this round: ann 20, you 0, cat 10." in punish


def test_a_round_without_reductions_is_told_as_one() -> None:
    cat = Reader(ConditionalCooperator())
    play(PublicGoods, {"rounds": 2, "mpcr": 0.6}, {"ann": FullContributor(), "cat": cat})
    assert "In round 1 you were assigned 0 reductions, which took 0 points from you." in cat.texts[-1]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"floor": True}, "come out below 0, they count as 0"),
        ({"floor": False}, "earnings of a round can be below 0"),
    ],
)
def test_members_are_told_whether_a_round_can_bring_a_loss(params: dict[str, bool], sentence: str) -> None:
    assert sentence in _texts(Look(), **params)[0]
    assert ("below 0" in _texts(Look(), **params, punish=None)[0]) == params["floor"]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_who_gave_no_answer_is_told_to_have_taken_no_part(look: Look) -> None:
    bob = Reader(FreeRider())
    ann = Fixed(contribute=[None, None, 5], punish=[{"bob": 0}])
    play(PublicGoods, {"rounds": 2, "mpcr": 0.6}, {"ann": ann, "bob": bob}, look=look)
    text = bob.texts[-1]
    assert "ann sat the round out" in text or "ann: not taking part" in text
    assert "None" not in text


@pytest.mark.parametrize("wording", range(len(WORDINGS)))
def test_silence_is_told_once_all_could_write(wording: int) -> None:
    bob = Reader(FreeRider())
    game = {"rounds": 1, "mpcr": 0.6, "talk_rounds": 1}
    play(PublicGoods, game, {"ann": FreeRider(), "bob": bob}, look=Look(wording))
    assert [WORDINGS[wording].silence in text for text in bob.texts] == [False, True, True]
    assert all("1 exchange of messages" in text for text in bob.texts)
