from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from scenarios.social.matrix_game.spec import MatrixParams

PD = [[[3, 3], [0, 5]], [[5, 0], [1, 1]]]


def _symmetric(t: float, r: float, p: float, s: float) -> list[list[list[float]]]:
    return [[[r, r], [s, t]], [[t, s], [p, p]]]


def _refusal(**params: Any) -> tuple[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as caught:
        MatrixParams.model_validate({"rounds": 1} | params)
    (error,) = caught.value.errors()
    return error["loc"], error["msg"]


@pytest.mark.parametrize(
    ("kind", "t", "r", "p", "s"),
    [
        ("prisoners_dilemma", 5, 3, 1, 0),
        ("prisoners_dilemma", 10, 8, 5, 0),
        ("stag_hunt", 3, 4, 3, 0),
        ("chicken", 5, 3, 0, 1),
        ("any", 0, 0, 0, 0),
    ],
)
def test_payoffs_that_keep_the_inequality_are_taken(
    kind: str, t: float, r: float, p: float, s: float
) -> None:
    params = MatrixParams.model_validate({"kind": kind, "rounds": 1, "payoffs": _symmetric(t, r, p, s)})
    assert params.points("defect", "cooperate") == [t, s]


@pytest.mark.parametrize(
    ("kind", "t", "r", "p", "s", "inequality"),
    [
        ("prisoners_dilemma", 3, 3, 1, 0, "T > R > P > S and 2R > T + S"),
        ("prisoners_dilemma", 7, 3, 1, 0, "T > R > P > S and 2R > T + S"),
        ("prisoners_dilemma", 5, 3, 0, 1, "T > R > P > S and 2R > T + S"),
        ("stag_hunt", 5, 4, 3, 0, "R > T >= P > S"),
        ("chicken", 5, 3, 1, 0, "T > R > S > P"),
    ],
)
def test_payoffs_that_break_the_inequality_are_refused_with_it(
    kind: str, t: float, r: float, p: float, s: float, inequality: str
) -> None:
    where, message = _refusal(kind=kind, payoffs=_symmetric(t, r, p, s))
    assert where == ("payoffs",)
    assert message.endswith(f"a {kind} needs {inequality}; here T={t}, R={r}, P={p}, S={s}")


@pytest.mark.parametrize(
    ("params", "where", "part"),
    [
        ({"payoffs": [[[1, 1]]]}, ("payoffs",), "needs 2 rows of 2 [first, second] pairs, not 1"),
        ({"payoffs": [*PD, []]}, ("payoffs",), "not 2 + 2 + 0"),
        ({"options": ["a", "a"]}, ("options",), "must be distinct"),
        ({"options": ["a", ""]}, ("options", 1), "at least 1 character"),
        (
            {"kind": "chicken", "options": ["a", "b", "c"], "payoffs": [[[1, 1]] * 3] * 3},
            ("payoffs",),
            "symmetric",
        ),
        ({"kind": "chicken", "payoffs": [[[3, 3], [1, 5]], [[5, 2], [0, 0]]]}, ("payoffs",), "symmetric"),
        ({"continue_p": 0.9}, (), "either rounds or continue_p"),
        ({"rounds": None}, (), "either rounds or continue_p"),
        ({"rounds": 0}, ("rounds",), "greater than or equal to 1"),
        ({"noise": 1.5}, ("noise",), "less than or equal to 1"),
        ({"payoffs": [[[3, 3], [0, float("nan")]], [[5, 0], [1, 1]]]}, ("payoffs", 0, 1, 1), "finite"),
    ],
)
def test_bad_params_are_refused_where_they_stand(
    params: dict[str, Any], where: tuple[Any, ...], part: str
) -> None:
    found, message = _refusal(**params)
    assert found == where
    assert part in message


def test_an_asymmetric_game_pays_by_row_and_column() -> None:
    params = MatrixParams(
        options=["up", "down"],
        other_options=["left", "middle", "right"],
        payoffs=[[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]],
        rounds=1,
    )
    assert params.option_names == (("up", "down"), ("left", "middle", "right"))
    assert params.points("down", "middle") == [9, 10]
