from __future__ import annotations

import pytest

from lab.core.ports import Policy
from scenarios.look import Look
from scenarios.social.public_goods.policies import ConditionalCooperator, FreeRider, FullContributor
from scenarios.social.public_goods.rules import PublicGoods
from scenarios.social.public_goods.wording import COVERS, WORDINGS
from tests.scenarios.social.readers import Reader
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
    assert "You were assigned 2 reduction points" in text
    assert "cat assigned" not in text
