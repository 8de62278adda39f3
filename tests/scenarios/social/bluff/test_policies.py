from __future__ import annotations

import pytest

from lab.core.errors import RuleError
from lab.core.records import DecisionRequest
from scenarios.social.bluff.policies import Believer, Caller, Claimant, Skeptic, Truthful
from scenarios.social.bluff.rules import ANSWER, Bluff
from tests.scenarios.social.readers import Fixed
from tests.support.worlds import decisions_of, play


def test_the_default_challenger_calls_every_second_claim() -> None:
    games = [
        play(Bluff, {"rounds": 50}, {"ann": Truthful(), "bob": Caller()}, seed=seed) for seed in range(20)
    ]
    calls = sum(decisions_of(game, "bob").count("call") for game in games)
    assert 437 < calls < 563  # 500 expected of 1,000, sd 15.8


@pytest.mark.parametrize(("p", "answers"), [(0.0, {"fold"}), (1.0, {"call"})])
def test_a_caller_calls_with_its_chance(p: float, answers: set[str]) -> None:
    played = play(Bluff, {"rounds": 30}, {"ann": Claimant(), "bob": Caller(p=p)})
    assert set(decisions_of(played, "bob")) == answers


def test_a_believer_never_calls() -> None:
    played = play(Bluff, {"rounds": 30}, {"ann": Claimant(), "bob": Believer()})
    assert set(decisions_of(played, "bob")) == {"fold"}


def test_a_truthful_claimant_needs_no_type_and_never_bluffs() -> None:
    given = {"ann": {"type": "none"}}
    played = play(Bluff, {"rounds": 40}, {"ann": Truthful(), "bob": Caller()}, agent_params=given)
    assert played.measures["truthful_share"] == 1
    assert played.measures["bluff_rate"] == 0


def test_a_typed_claimant_without_a_type_says_what_to_set() -> None:
    with pytest.raises(RuleError, match=r"'ann' has none: drop its params\.type or set it to drawn"):
        play(Bluff, {}, {"ann": Claimant(), "bob": Caller()}, agent_params={"ann": {"type": "none"}})


@pytest.mark.parametrize(
    ("hand", "found", "calls"),
    [
        ({"answer": "call", "won": -6}, 30, 31 / 32),
        ({"answer": "call", "won": 6}, 30, 1 / 32),
        ({}, 0, 1 / 2),
    ],
)
def test_a_skeptic_calls_as_often_as_its_calls_found_a_bluff(
    hand: dict[str, object], found: int, calls: float
) -> None:
    past = [{"claim": "strong", "stake": 3} | hand] * found
    elsewhere = [{"claim": "strong", "stake": 1, "answer": "call", "won": 2}] * 5
    seen = {"claim": "strong", "stake": 3, "past": past + elsewhere}
    request = DecisionRequest("bob", None, 1, 0, "answer", seen, ANSWER)
    assert Skeptic().chance_of_bluff(request.observation) == pytest.approx(calls)


def test_a_skeptic_folds_to_every_weak_claim() -> None:
    played = play(Bluff, {"rounds": 30}, {"ann": Fixed(claim=["weak"] * 30), "bob": Skeptic()})
    assert set(decisions_of(played, "bob")) == {"fold"}
