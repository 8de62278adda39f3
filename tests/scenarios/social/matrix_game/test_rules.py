from __future__ import annotations

import pytest

from scenarios.social.matrix_game.policies import AlwaysCooperate, AlwaysDefect, TitForTat
from scenarios.social.matrix_game.rules import MatrixGame
from scenarios.social.matrix_game.spec import MatrixParams
from tests.scenarios.social.readers import Fixed, Kept, Reader
from tests.scenarios.social.shipped import play_shipped
from tests.support.worlds import Played, decisions_of, play

BATTLE = {
    "options": ["opera", "boxing"],
    "other_options": ["left", "middle", "right"],
    "payoffs": [[[3, 2], [0, 0], [1, 1]], [[0, 0], [2, 3], [4, -1]]],
}


def _pair(first: list[str | None], second: list[str | None], **params: object) -> Played:
    rounds = {} if "continue_p" in params else {"rounds": len(first)}
    return play(MatrixGame, rounds | params, {"ann": Fixed(choose=first), "bob": Fixed(choose=second)})


def test_each_pair_of_choices_pays_what_the_table_says() -> None:
    played = _pair(["opera", "boxing", "boxing"], ["left", "left", "right"], **BATTLE)
    points = [(event.agent, event.value) for event in played.record.events if event.kind == "payoff"]
    assert points == [("ann", 3), ("bob", 2), ("ann", 0), ("bob", 0), ("ann", 4), ("bob", -1)]


def test_every_payoff_names_the_choice_it_rewards() -> None:
    played = _pair(["cooperate"], ["defect"])
    choices = {decision.agent: decision.seq for decision in played.record.decisions}
    payoffs = [event for event in played.record.events if event.kind == "payoff"]
    assert {event.agent: event.decision for event in payoffs} == choices


def test_a_round_with_an_abstention_is_not_played_and_pays_nobody() -> None:
    played = play(
        MatrixGame,
        {"rounds": 3},
        {"ann": Fixed(choose=["cooperate", "?", "?", "defect"]), "bob": Fixed(choose=["defect"] * 3)},
    )
    assert [event.kind for event in played.record.events if event.tick == 1] == ["skipped"]
    assert played.measures["payoff", "ann"] == 1
    assert played.measures["cooperation_rate", "ann"] == 0.5
    assert played.measures["cooperation_rate", "bob"] == 0


def test_who_abstained_and_what_the_other_chose_is_not_shown() -> None:
    bob = Reader(AlwaysDefect())
    ann = Fixed(choose=["?", "?", "cooperate"])
    play(MatrixGame, {"rounds": 2}, {"ann": ann, "bob": bob})
    assert bob.requests[1].observation["last"] is None
    assert "Round 1 was not played" in bob.texts[1]


def test_an_agent_learns_what_was_played_and_its_points() -> None:
    bob = Reader(AlwaysDefect())
    play(MatrixGame, {"rounds": 2}, {"ann": AlwaysCooperate(), "bob": bob})
    last = {"round": 1, "own": "defect", "other": "cooperate", "own_points": 5, "other_points": 0}
    assert bob.requests[1].observation["last"] == last
    assert bob.requests[1].observation["score"] == 5


def test_noise_flips_about_its_share_of_choices_and_logs_each() -> None:
    played = play(MatrixGame, {"rounds": 400, "noise": 0.2}, {"a": AlwaysCooperate(), "b": AlwaysCooperate()})
    slips = [event for event in played.record.events if event.kind == "slip"]
    assert all(event.payload == {"chosen": "cooperate", "played": "defect"} for event in slips)
    assert 112 < len(slips) < 208  # 160 expected of 800, sd 11.3
    assert played.measures["cooperation_rate"] == 1, "what was meant counts, not what slipped"


def test_full_noise_always_plays_another_option_each_about_equally_often() -> None:
    game = {"options": ["x", "y", "z"], "payoffs": [[[0, 0]] * 3] * 3}
    played = play(
        MatrixGame,
        game | {"rounds": 300, "noise": 1.0},
        {"a": Fixed(choose=["x"] * 300), "b": Fixed(choose=["y"] * 300)},
    )
    shown = [event.payload["played"] for event in played.record.events if event.kind == "reveal"]
    assert {one["a"] for one in shown} == {"y", "z"}
    assert 110 < sum(one["b"] == "x" for one in shown) < 190


def test_a_random_end_continues_with_its_chance() -> None:
    lengths = [
        play(
            MatrixGame, {"continue_p": 0.75}, {"a": AlwaysDefect(), "b": AlwaysDefect()}, seed=seed
        ).world.now
        + 1
        for seed in range(300)
    ]
    assert 3.3 < sum(lengths) / len(lengths) < 4.7  # mean 4, sd 3.46, standard error .2
    assert min(lengths) == 1


def test_messages_reach_the_other_before_the_choice_and_only_while_the_round_lasts() -> None:
    bob = Reader(TitForTat())
    play(MatrixGame, {"rounds": 2, "talk_rounds": 1}, {"ann": TitForTat(message="stag?"), "bob": bob})
    said = [(r.tick, r.phase, list(r.observation["messages"])) for r in bob.requests]
    heard = [{"from": "ann", "text": "stag?"}]
    assert said == [(0, "talk", []), (0, "choose", heard), (1, "talk", []), (1, "choose", heard)]


def test_each_agent_is_shown_the_others_message_and_the_reveal() -> None:
    kept = Kept()
    agents = {"ann": TitForTat(message="stag?"), "bob": TitForTat()}
    play(MatrixGame, {"rounds": 1, "talk_rounds": 1}, agents, sink=kept)
    assert kept.shown() == [(0, "bob", "message"), (0, "ann", "reveal"), (0, "bob", "reveal")]


def test_other_names_change_no_outcome() -> None:
    one = play(MatrixGame, {"rounds": 20}, {"ann": TitForTat(), "bob": AlwaysDefect()})
    other = play(MatrixGame, {"rounds": 20}, {"x": TitForTat(), "y": AlwaysDefect()})
    assert decisions_of(one, "ann") == decisions_of(other, "x")


def test_expected_decisions_count_talk_and_a_random_end() -> None:
    assert MatrixGame.expected_decisions(MatrixParams(rounds=10, talk_rounds=1), 2) == 40
    assert MatrixGame.expected_decisions(MatrixParams(continue_p=0.9), 2) == 20


def test_labels_cover_both_agents_options_once() -> None:
    assert MatrixGame.label_options(MatrixParams.model_validate(BATTLE | {"rounds": 1})) == (
        "opera",
        "boxing",
        "left",
        "middle",
        "right",
    )


@pytest.mark.parametrize("name", ["prisoners-dilemma", "stag-hunt", "chicken"])
def test_the_shipped_scenario_plays_to_its_end(name: str) -> None:
    _, played = play_shipped(MatrixGame, name)
    assert played.status == "done"
    assert played.measures["efficiency"] is not None
