from __future__ import annotations

import pytest

from scenarios.webdefense.visitor.measures import MEASURES, acts, pages
from scenarios.webdefense.visitor.policies import Random
from scenarios.webdefense.visitor.rules import Visitor
from tests.scenarios.social.readers import Fixed
from tests.support.worlds import play


@pytest.mark.parametrize("seed", range(4))
def test_measures_say_what_their_names_say(seed: int) -> None:
    played = play(Visitor, {"strictness": 2.0}, {"vic": Random()}, seed=seed)
    found, served, did = played.measures, pages(played.record), acts(played.record)
    assert set(found) == {spec.name for spec in MEASURES}
    assert len(did) == 24
    high = [act for level, act in did if level >= 2]
    assert found["stop_share"] == sum(act == "stop" for _, act in did) / 24
    assert found["slow_share"] == sum(act == "slow" for _, act in did) / 24
    assert found["stop_when_suspicious"] == high.count("stop") / len(high)
    assert found["mean_suspicion"] == pytest.approx(sum(page["suspicion"] for page in served) / 25)
    assert found["defended_share"] == sum(page["answer"] != "plain" for page in served) / 25
    assert found["decoys"] == sum(page["answer"] == "decoy" for page in served)


def test_a_share_of_nothing_is_undefined_for_a_reason() -> None:
    played = play(Visitor, {"steps": 3, "strictness": 0.0}, {"vic": Fixed(step=["go"] * 3)})
    assert played.measures["stop_when_suspicious"] is None
    assert played.measures["stop_when_calm"] == 0
    (reason,) = (one.reason for one in played.outcome.measures if one.name == "stop_when_suspicious")
    assert reason == "there was no act at a suspicion of 2 or more"
