from __future__ import annotations

from itertools import product
from math import log
from typing import Any

import pytest

from lab.core.canonical import unlabel
from lab.core.ports import Seat
from scenarios.look import Look
from scenarios.social.bluff.measures import hands
from scenarios.social.bluff.policies import Caller, Claimant, Truthful
from scenarios.social.bluff.rules import Bluff, BluffAgentParams, BluffParams, payoff
from tests.scenarios.social.readers import Fixed, Kept, Reader
from tests.scenarios.social.shipped import play_shipped
from tests.support.worlds import Played, play

P_STRONG = {("honest", 1): 0.03, ("honest", 3): 0.03, ("bluffer", 1): 0.30, ("bluffer", 3): 0.85}


def _run(
    seed: int = 1, type_: str = "drawn", rounds: int = 8, opening: int = 0, **agents: Any
) -> tuple[Played, Kept]:
    kept = Kept()
    players = {"ann": agents.get("ann", Claimant()), "bob": agents.get("bob", Caller())}
    given = {"ann": {"type": type_}}
    played = play(
        Bluff, {"rounds": rounds, "opening": opening}, players, seed=seed, agent_params=given, sink=kept
    )
    return played, kept


def _hands(played: Played) -> list[dict[str, Any]]:
    return [
        {**event.payload["hand"], "strong": event.payload["strong"]}
        for event in played.record.events
        if event.kind == "showdown"
    ]


@pytest.mark.parametrize("stake", [1, 3])
@pytest.mark.parametrize(
    ("claim", "answer", "strong", "stakes_won"),
    [
        ("weak", "call", True, 0),
        ("weak", "call", False, 0),
        ("weak", "fold", True, 0),
        ("weak", "fold", False, 0),
        ("strong", "fold", True, 1),
        ("strong", "fold", False, 1),
        ("strong", "call", True, 2),
        ("strong", "call", False, -2),
        ("strong", None, True, 0),
    ],
)
def test_the_claimant_wins_what_the_rules_say(
    claim: str, answer: str | None, strong: bool, stakes_won: int, stake: int
) -> None:
    assert payoff(claim, answer, strong=strong, stake=stake) == stakes_won * stake


@pytest.mark.parametrize(("claim", "answer"), list(product(["strong", "weak"], ["call", "fold"])))
def test_each_hand_pays_by_its_cards_and_what_one_wins_the_other_loses(claim: str, answer: str) -> None:
    played, _ = _run(ann=Fixed(claim=[claim] * 40), bob=Fixed(answer=[answer] * 40), rounds=40)
    paid = {
        (event.agent, event.tick): event.value for event in played.record.events if event.kind == "payoff"
    }
    hands = _hands(played)
    assert len(hands) == 40
    for hand in hands:
        won = payoff(claim, answer, strong=sum(hand["cards"]) >= 9, stake=hand["stake"])
        assert (paid["ann", hand["round"] - 1], paid["bob", hand["round"] - 1]) == (won, -won)


def test_eight_rounds_ask_claim_and_answer_in_turn() -> None:
    played, _ = _run()
    phases = [(decision.tick, decision.agent, decision.phase) for decision in played.record.decisions]
    assert phases == [pair for t in range(8) for pair in ((t, "ann", "claim"), (t, "bob", "answer"))]
    assert Bluff.expected_decisions(BluffParams(), 2) == len(phases)


def test_cards_are_uniform_from_0_to_9_and_stakes_even() -> None:
    hands = [hand for seed in range(40) for hand in _hands(_run(seed, rounds=50)[0])]
    cards = [card for hand in hands for card in hand["cards"]]
    assert set(cards) == set(range(10))
    assert all(310 < cards.count(card) < 490 for card in range(10))  # 400 expected, sd 19
    assert 890 < sum(hand["stake"] == 1 for hand in hands) < 1110  # 1,000 expected, sd 22
    assert all(hand["strong"] == (sum(hand["cards"]) >= 9) for hand in hands)


def test_types_are_drawn_evenly_and_fixed_for_the_run() -> None:
    drawn: list[str] = []
    for seed in range(200):
        _, kept = _run(seed, rounds=2)
        values = {row.value for row in kept.truths("type")}
        assert len(values) == 1
        drawn += values
    assert 70 < drawn.count("bluffer") < 130  # 100 expected, sd 7
    assert set(drawn) == {"bluffer", "honest"}


@pytest.mark.parametrize(("type_", "stake"), list(P_STRONG))
def test_a_type_bluffs_at_its_rate(type_: str, stake: int) -> None:
    hands = [hand for seed in range(40) for hand in _hands(_run(seed, type_, rounds=40)[0])]
    for strong, chance in ((False, P_STRONG[type_, stake]), (True, 0.97)):
        claims = [
            hand["claim"] == "strong" for hand in hands if (hand["strong"], hand["stake"]) == (strong, stake)
        ]
        error = (chance * (1 - chance) / len(claims)) ** 0.5
        assert sum(claims) / len(claims) == pytest.approx(chance, abs=4 * error)


def _posterior(past: list[dict[str, Any]]) -> float:
    """Log-odds of bluffer by enumerating both types with their full likelihoods."""
    joint = {"honest": 0.5, "bluffer": 0.5}
    for type_, hand in product(joint, past):
        chance = 0.97 if sum(hand["cards"]) >= 9 else P_STRONG[type_, hand["stake"]]
        joint[type_] *= chance if hand["claim"] == "strong" else 1 - chance
    share = joint["bluffer"] / (joint["bluffer"] + joint["honest"])
    return log(share / (1 - share))


@pytest.mark.parametrize("seed", range(12))
def test_the_logged_posterior_is_bayes_on_the_claims_before(seed: int) -> None:
    played, kept = _run(seed)
    hands = _hands(played)
    logged = [row.posterior for row in kept.truths("type")]
    assert logged == pytest.approx([_posterior(hands[:n]) for n in range(8)])
    assert logged[0] == 0


def test_hidden_variables_stand_at_every_claim_with_what_is_known_of_them() -> None:
    played, kept = _run(seed=2)
    claims = [decision.seq for decision in played.record.decisions if decision.phase == "claim"]
    assert [row.seq for row in kept.truths("type")] == [row.seq for row in kept.truths("strong")] == claims
    assert {(row.kind, row.visible) for row in kept.truths("strong")} == {("state", 1)}
    assert {(row.kind, row.visible) for row in kept.truths("type")} == {("type", 0)}
    strong = [unlabel(row.value) for row in kept.truths("strong")]
    assert strong == [hand["strong"] for hand in _hands(played)]


def test_a_claim_act_holds_what_was_said_and_what_is_so() -> None:
    played, kept = _run(seed=3)
    acts = [(unlabel(row.said), unlabel(row.world), unlabel(row.private)) for row in kept.claims]
    so = ["strong" if hand["strong"] else "weak" for hand in _hands(played)]
    assert acts == [(hand["claim"], world, world) for hand, world in zip(_hands(played), so, strict=True)]


def test_the_challenger_is_shown_each_claim_and_both_the_outcome() -> None:
    _, kept = _run(rounds=2)
    outcome = [("ann", "showdown"), ("bob", "showdown"), ("bob", "claim")]
    assert sorted(kept.shown()) == [(tick, *pair) for tick in (0, 1) for pair in sorted(outcome)]


def test_past_hands_are_told_as_they_went() -> None:
    bob = Reader(Fixed(answer=["call", "fold"]))
    played, _ = _run(ann=Fixed(claim=["strong", "strong"]), bob=bob, rounds=2)
    (past,) = bob.requests[1].observation["past"]
    earned = next(event.value for event in played.record.events if event.kind == "payoff")
    assert (past["claim"], past["answer"], past["won"]) == ("strong", "call", earned)


@pytest.mark.parametrize("wording", [0, 1, 2])
def test_nothing_shown_depends_on_the_type(wording: int) -> None:
    shown = []
    for type_ in ("honest", "bluffer"):
        ann, bob = Reader(Truthful()), Reader(Caller())
        given = {"ann": {"type": type_}}
        play(Bluff, {}, {"ann": ann, "bob": bob}, agent_params=given, look=Look(wording))
        shown.append(ann.shown + bob.shown)
    assert shown[0] == shown[1]
    assert "honest" not in shown[0]
    assert "bluffer" not in shown[0]


def test_the_challenger_never_sees_a_card() -> None:
    bob = Reader(Caller())
    _run(bob=bob)
    assert "cards" not in str([dict(request.observation) for request in bob.requests])
    assert all(request.tools == () for request in bob.requests)


def test_a_claimant_without_a_type_has_none_in_the_log_and_no_tool() -> None:
    ann = Reader(Truthful())
    _, kept = _run(type_="none", ann=ann)
    assert kept.truths("type") == []
    assert len(kept.truths("strong")) == 8
    assert all(request.tools == () for request in ann.requests)


def test_the_type_tool_says_that_it_reads_the_truth() -> None:
    ann = Reader(Truthful())
    _run(type_="bluffer", ann=ann)
    (tool,) = ann.requests[0].tools
    assert (tool.name, tool.reads_truth, tool.call()) == ("own_type", True, "bluffer")


def test_a_round_without_a_claim_is_not_played_and_teaches_nothing() -> None:
    ann = Fixed(claim=["?", "?", "strong"])
    played, kept = _run(ann=ann, rounds=2)
    assert [decision.phase for decision in played.record.decisions] == ["claim", "claim", "answer"]
    assert [row.posterior for row in kept.truths("type")] == [0, 0]
    assert [hand["round"] for hand in _hands(played)] == [2]


def test_a_round_without_an_answer_pays_nobody_and_its_claim_still_counts() -> None:
    played, kept = _run(bob=Fixed(answer=["?", "?"]), rounds=1)
    assert played.measures["claimant_payoff"] == 0
    assert played.measures["call_rate"] is None
    assert played.measures["truthful_share"] is not None
    assert len(kept.claims) == 1


def test_an_opening_is_claimed_by_the_dealt_type_and_the_rest_by_who_sits_there() -> None:
    played, _ = _run(ann=Truthful(), opening=5)
    claims = [decision for decision in played.record.decisions if decision.phase == "claim"]
    assert len(claims) == 3
    assert len(_hands(played)) == 8


@pytest.mark.parametrize(("type_", "stake"), P_STRONG)
def test_an_opening_bluffs_at_the_rate_of_its_type(type_: str, stake: int) -> None:
    played, _ = _run(type_=type_, rounds=601, opening=600, ann=Truthful())
    weak = [hand for hand in _hands(played)[:600] if not hand["strong"] and hand["stake"] == stake]
    share = sum(hand["claim"] == "strong" for hand in weak) / len(weak)
    assert share == pytest.approx(P_STRONG[type_, stake], abs=0.1)


def test_the_posterior_learns_from_acts_of_the_type_and_from_nothing_else() -> None:
    kept = Kept()
    players: dict[str, Any] = {"ann": Fixed(claim=["strong"] * 3), "bob": Caller()}
    play(Bluff, {"opening": 5}, players, kinds={"ann": "llm"}, sink=kept)
    odds = [row.posterior for row in kept.truths("type")]
    assert len(odds) == 3
    assert len(set(odds)) == 1
    assert odds[0] != 0


def test_dealt_hands_enter_no_rate() -> None:
    played, _ = _run(ann=Truthful(), opening=7, type_="bluffer")
    assert {event.payload.get("dealt") for event in played.record.events if event.kind == "showdown"} == {
        True,
        None,
    }
    assert len(list(hands(played.record))) == 1


def test_an_opening_must_leave_a_claim_to_make_and_be_some_types() -> None:
    with pytest.raises(ValueError, match="opening 8 leaves no claim to make in 8 rounds"):
        BluffParams(rounds=8, opening=8)
    seats = [Seat("ann", None, BluffAgentParams(type="none")), Seat("bob", None, BluffAgentParams())]
    (problem,) = Bluff.problems(BluffParams(opening=2), seats)
    assert problem[0] == "agents.ann.params.type"
    assert Bluff.expected_decisions(BluffParams(rounds=8, opening=5), 2) == 11


def test_a_type_for_the_challenger_is_a_problem() -> None:
    honest, drawn = BluffAgentParams(type="honest"), BluffAgentParams()
    seats = [Seat("ann", None, drawn), Seat("bob", None, honest)]
    ((path, message),) = Bluff.problems(BluffParams(), seats)
    assert path == "agents.bob.params.type"
    assert "'ann'" in message
    assert list(Bluff.problems(BluffParams(), [Seat("ann", None, honest), Seat("bob", None, drawn)])) == []


def test_who_is_listed_first_is_the_claimant() -> None:
    names = [Bluff.seat_name(position, None) for position in range(3)]
    assert names == ["claimant", "challenger", None]


def test_every_option_may_be_relabeled() -> None:
    assert Bluff.label_options(BluffParams()) == ("strong", "weak", "call", "fold")


@pytest.mark.parametrize("name", ["bluff", "bluff-skeptic"])
def test_the_shipped_scenario_lists_the_claimant_first_and_plays_to_its_end(name: str) -> None:
    scenario, played = play_shipped(Bluff, name)
    assert played.status == "done"
    first = scenario.agents[0]
    assert first.policy.to_json()["name"] == "claimant"
    claims = [decision.agent for decision in played.record.decisions if decision.phase == "claim"]
    assert claims == [first.name] * BluffParams.model_validate(scenario.params).rounds
