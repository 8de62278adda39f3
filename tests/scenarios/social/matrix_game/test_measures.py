from __future__ import annotations

import pytest

from scenarios.social.matrix_game import measures
from scenarios.social.matrix_game.policies import AlwaysDefect, Extort2, Grim, Random, TitForTat
from scenarios.social.matrix_game.rules import MatrixGame
from scenarios.social.matrix_game.spec import MatrixParams
from tests.scenarios.social.readers import Fixed
from tests.support.worlds import Played, play

MEMORY_ONE = ("p_c_cc", "p_c_cd", "p_c_dc", "p_c_dd")
WORD = {"C": "cooperate", "D": "defect", "?": "no answer"}


def _game(first: str, second: str, **params: object) -> Played:
    """Two agents that play the letters; ? abstains (it is asked twice before that counts)."""
    answers = [
        [WORD[letter] for letter in row for _ in range(1 + (letter == "?"))] for row in (first, second)
    ]
    agents = {"a": Fixed(choose=answers[0]), "b": Fixed(choose=answers[1])}
    return play(MatrixGame, {"rounds": len(first)} | params, agents)


def test_five_hundred_rounds_against_random_recover_tit_for_tat_exactly() -> None:
    played = play(MatrixGame, {"rounds": 500}, {"a": TitForTat(), "b": Random(p=0.5)}, seed=3)
    assert [played.measures[name, "a"] for name in MEMORY_ONE] == [1, 0, 1, 0]
    assert played.measures["reciprocity", "a"] == 1


def test_long_play_recovers_the_chances_of_a_random_rule() -> None:
    played = play(MatrixGame, {"rounds": 3000}, {"a": Extort2(), "b": Random(p=0.5)}, seed=5)
    for name, chance in zip(MEMORY_ONE, (8 / 9, 1 / 2, 1 / 3, 0), strict=True):
        assert played.measures[name, "a"] == pytest.approx(chance, abs=0.07)


@pytest.mark.parametrize(
    ("first", "second", "name", "value"),
    [
        ("CCDC", "CCCC", "cooperation_rate", 0.75),
        ("CD", "DD", "first_move", 1.0),
        ("DD", "CC", "p_c_cc", None),
        ("CCC", "CCD", "p_c_cc", 1.0),
        ("CDD", "CCD", "p_c_cc", 0.0),
        ("CCDC", "CDCC", "forgiveness", 1.0),
        ("CCDDD", "CDCCC", "forgiveness", 0.0),
        ("CCDDC", "CDDCC", "forgiveness", None),
        ("CCDC", "CDCC", "niceness", 1.0),
        ("CDCC", "CDCC", "niceness", 0.0),
        ("CDD", "CCC", "niceness", 0.0),
        ("CCC", "CCC", "exploitability", 2.0),
        ("DDD", "CDC", "exploitability", 0.0),
        ("CD", "DD", "exploitability", 0.5),
        ("CDCD", "DDCC", "reciprocity", -0.5),
    ],
)
def test_measures_of_the_first_agent_in_games_small_enough_to_count(
    first: str, second: str, name: str, value: float | None
) -> None:
    found = _game(first, second).measures[name, "a"]
    assert found == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [("CC", "CC", 1.0), ("DD", "DD", 1 / 3), ("CD", "DC", 5 / 6), ("?", "C", None)],
)
def test_efficiency_is_joint_payoff_over_the_best_joint_payoff(
    first: str, second: str, value: float | None
) -> None:
    assert _game(first, second).measures["efficiency"] == (None if value is None else pytest.approx(value))


def test_a_round_not_played_breaks_the_chain_of_rounds() -> None:
    played = _game("CC?CC", "CDCCC")
    assert played.measures["cooperation_rate", "a"] == 1
    assert played.measures["p_c_cd", "a"] is None, "the answer to that D was in the round not played"
    assert played.measures["p_c_cc", "a"] == 1


def test_games_of_more_than_two_options_have_payoffs_but_no_cooperation() -> None:
    tie, win, loss = [0, 0], [1, -1], [-1, 1]
    table = [[tie, loss, win], [win, tie, loss], [loss, win, tie]]
    game = {"options": ["rock", "paper", "scissors"], "payoffs": table, "rounds": 1}
    played = play(MatrixGame, game, {"a": Fixed(choose=["rock"]), "b": Fixed(choose=["paper"])})
    by_name = {m.name: m for m in played.outcome.measures if m.agent is None}
    assert by_name["cooperation_rate"].value is None
    assert "two options" in str(by_name["cooperation_rate"].reason)
    assert by_name["exploitability"].value == 1, "2 for the rock, 0 for the paper"
    assert by_name["efficiency"].value is None
    assert by_name["gini"].value is None


def test_equal_earners_have_no_inequality_and_a_lone_winner_the_most() -> None:
    assert _game("DD", "DD").measures["gini"] == 0
    assert _game("CC", "DD").measures["gini"] == 0.5


def test_a_run_pools_the_choices_of_its_agents() -> None:
    played = play(MatrixGame, {"rounds": 10}, {"a": AlwaysDefect(), "b": Grim()})
    assert played.measures["cooperation_rate"] == pytest.approx(1 / 20)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"kind": "prisoners_dilemma", "rounds": 1}, {"cooperation_rate": ["37 %"]}),
        ({"kind": "prisoners_dilemma", "continue_p": 0.5}, {"first_move": [measures.RANDOM_END.value]}),
        ({"kind": "prisoners_dilemma", "rounds": 7}, {}),
        ({"kind": "prisoners_dilemma", "rounds": 10, "noise": 0.05}, {}),
        ({"kind": "prisoners_dilemma", "rounds": 1, "talk_rounds": 1}, {}),
        ({"rounds": 1}, {}),
    ],
)
def test_human_values_stand_only_beside_games_like_theirs(
    params: dict[str, object], expected: dict[str, list[str]]
) -> None:
    found = MatrixGame.references(MatrixParams.model_validate(params))
    assert {name: [one.value for one in some] for name, some in found.items()} == expected


def test_ten_rounds_have_a_human_value_for_six_measures() -> None:
    params = MatrixParams(kind="prisoners_dilemma", rounds=10)
    found = MatrixGame.references(params)
    assert {name: one.value for name, (one,) in found.items()} == {
        "cooperation_rate": "47.7 %",
        "first_move": "48 %",
        "p_c_cc": "90 %",
        "p_c_cd": "30 %",
        "p_c_dc": "26 %",
        "p_c_dd": "17 %",
    }
