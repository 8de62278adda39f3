from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scenarios.social.matrix_game import policies as p
from scenarios.social.matrix_game.rules import MatrixGame
from tests.scenarios.social.readers import Fixed
from tests.support.worlds import Played, decisions_of, play

AXELROD = {
    "Cooperator": p.AlwaysCooperate,
    "Defector": p.AlwaysDefect,
    "Alternator": p.Alternator,
    "TitForTat": p.TitForTat,
    "SuspiciousTitForTat": p.SuspiciousTitForTat,
    "TitFor2Tats": p.TitForTwoTats,
    "Grudger": p.Grim,
    "WinStayLoseShift": p.WinStayLoseShift,
}
LETTER = {"cooperate": "C", "defect": "D"}


def _actions(played: Played, agent: str) -> str:
    return "".join(LETTER[value] for value in decisions_of(played, agent, "choose"))


def _scores(first: p.Strategy, second: p.Strategy) -> tuple[float | None, float | None]:
    played = play(MatrixGame, {"rounds": 10}, {"a": first, "b": second})
    return played.measures["payoff", "a"], played.measures["payoff", "b"]


@pytest.mark.parametrize(
    ("first", "second", "scores"),
    [
        (p.AlwaysCooperate, p.AlwaysDefect, (0, 50)),
        (p.AlwaysDefect, p.TitForTat, (14, 9)),
        (p.AlwaysDefect, p.Grim, (14, 9)),
        (p.AlwaysDefect, p.WinStayLoseShift, (30, 5)),
        (p.AlwaysDefect, p.AlwaysDefect, (10, 10)),
        *(
            (one, other, (30, 30))
            for one, other in itertools.product(
                (p.AlwaysCooperate, p.TitForTat, p.Grim, p.WinStayLoseShift), repeat=2
            )
        ),
    ],
)
def test_ten_rounds_of_the_dilemma_end_as_known(
    first: type[p.Strategy], second: type[p.Strategy], scores: tuple[int, int]
) -> None:
    assert _scores(first(), second()) == scores


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations_with_replacement(AXELROD, 2)))
def test_deterministic_pairs_play_as_the_axelrod_library_does(first: str, second: str) -> None:
    axelrod = pytest.importorskip("axelrod")
    match = axelrod.Match((getattr(axelrod, first)(), getattr(axelrod, second)()), turns=12)
    match.play()
    played = play(MatrixGame, {"rounds": 12}, {"a": AXELROD[first](), "b": AXELROD[second]()})
    ours = [_actions(played, "a"), _actions(played, "b")]
    assert ours == ["".join(str(pair[seat]) for pair in match.result) for seat in (0, 1)]
    assert match.final_score() == (played.measures["payoff", "a"], played.measures["payoff", "b"])


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_deterministic_rules_answer_any_play_as_the_axelrod_library_does(other: list[bool]) -> None:
    axelrod = pytest.importorskip("axelrod")
    plays = ["cooperate" if cooperates else "defect" for cooperates in other]
    moves = [axelrod.Action.C if cooperates else axelrod.Action.D for cooperates in other]
    for name, rule in AXELROD.items():
        match = axelrod.Match((getattr(axelrod, name)(), axelrod.MockPlayer(moves)), turns=len(moves))
        expected = "".join(str(pair[0]) for pair in match.play())
        played = play(MatrixGame, {"rounds": len(plays)}, {"a": rule(), "b": Fixed(choose=plays)})
        assert _actions(played, "a") == expected, name


PAST = {
    letters: [p.Outcome(own=letters[0] == "C", other=letters[1] == "C")]
    for letters in ("CC", "CD", "DC", "DD")
}


@pytest.mark.parametrize(
    ("rule", "vector"),
    [
        (p.Extort2(), (8 / 9, 1 / 2, 1 / 3, 0)),
        (p.GenerousTitForTat(), (1, 1 / 3, 1, 1 / 3)),
        (p.MemoryOne(p=[0.1, 0.2, 0.3, 0.4]), (0.1, 0.2, 0.3, 0.4)),
        (p.WinStayLoseShift(), (1, 0, 0, 1)),
        (p.TitForTat(), (1, 0, 1, 0)),
        (p.Random(p=0.7), (0.7,) * 4),
    ],
)
def test_memory_one_rules_have_their_published_vector(rule: p.Strategy, vector: tuple[float, ...]) -> None:
    assert tuple(rule.chance(past) for past in PAST.values()) == pytest.approx(vector)


def test_vectors_of_random_rules_agree_with_the_axelrod_library() -> None:
    axelrod = pytest.importorskip("axelrod")
    letters = {"C": axelrod.Action.C, "D": axelrod.Action.D}
    for ours, theirs in ((p.Extort2(), axelrod.ZDExtort2()), (p.GenerousTitForTat(), axelrod.GTFT())):
        theirs.receive_match_attributes()
        vector = {state: theirs._four_vector[letters[state[0]], letters[state[1]]] for state in PAST}
        assert {state: ours.chance(past) for state, past in PAST.items()} == pytest.approx(vector)


def _long_run_payoffs(own: list[float], other: list[float]) -> tuple[float, float]:
    """Mean payoffs of two memory-one rules from the stationary distribution over CC, CD, DC, DD."""
    seen_by_other = [other[0], other[2], other[1], other[3]]
    moves = np.array(
        [
            [a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)]
            for a, b in zip(own, seen_by_other, strict=True)
        ]
    )
    system = np.vstack([moves.T - np.eye(4), np.ones(4)])
    stationary = np.linalg.lstsq(system, np.array([0, 0, 0, 0, 1.0]), rcond=None)[0]
    return float(stationary @ [3, 0, 5, 1]), float(stationary @ [3, 5, 0, 1])


@given(st.lists(st.floats(0.05, 0.95), min_size=4, max_size=4), st.sampled_from([1 / 18, 1 / 9, 0.01]))
def test_extort_2_gets_twice_the_others_surplus_whatever_the_other_does(
    other: list[float], phi: float
) -> None:
    vector = [p.Extort2(phi=phi).chance(past) for past in PAST.values()]
    own_mean, other_mean = _long_run_payoffs(vector, other)
    assert own_mean - 1 == pytest.approx(2 * (other_mean - 1), abs=1e-8)


def test_a_rule_with_chances_draws_the_same_in_every_run_of_a_seed_and_not_in_another() -> None:
    games = [
        play(MatrixGame, {"rounds": 30}, {"a": p.Random(), "b": p.AlwaysDefect()}, seed=seed)
        for seed in (4, 4, 5)
    ]
    one, again, other = (_actions(game, "a") for game in games)
    assert one == again != other


def test_the_others_options_may_have_other_names() -> None:
    game = {"other_options": ["give", "take"], "rounds": 3}
    played = play(MatrixGame, game, {"a": p.TitForTat(), "b": Fixed(choose=["take", "give", "give"])})
    assert _actions(played, "a") == "CDC"


def test_an_unplayed_round_is_no_part_of_the_past() -> None:
    other = Fixed(choose=["defect", "?", "?", "cooperate", "cooperate"])
    played = play(MatrixGame, {"rounds": 4}, {"a": p.TitForTat(), "b": other})
    assert _actions(played, "a") == "CDDC"


@pytest.mark.parametrize("options", [{"p": [1, 0, 1]}, {"p": [1, 0, 1, 2]}, {}])
def test_a_memory_one_rule_needs_four_chances(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        p.MemoryOne.model_validate(options)
