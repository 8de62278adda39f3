"""Options and numbers written alone."""

from __future__ import annotations

from typing import Any

import pytest

from agents.parsing.plain import exact_value, folded_options, near_value
from lab.core.spaces import Choice, Message, Quantity, Space

MOVE = Choice("cooperate", "defect")
GIVE = Quantity("contribute", 0, 20, "points")
BIG = Quantity("invest", 0, 5000)
SHARE = Quantity("share", -1, 1, whole=False)


@pytest.mark.parametrize(
    ("text", "space", "value"),
    [
        ("defect", MOVE, "defect"),
        ("Defect", MOVE, None),
        ("8", GIVE, 8),
        ("25", GIVE, 25),
        ("-0.5", SHARE, -0.5),
        ("1e1", GIVE, 10.0),
        ("08", GIVE, None),
        ("8 points", GIVE, None),
        ("1.500", BIG, None),
        ("1.500", GIVE, 1.5),
        ("9" * 5000, GIVE, None),
        ("hello", Message(), None),
    ],
)
def test_an_exact_value_has_one_spelling(text: str, space: Space, value: Any) -> None:
    assert exact_value(text, space) == value


@pytest.mark.parametrize(
    ("text", "space", "value"),
    [
        ("**Defect**.", MOVE, "defect"),
        ("Option cooperate", MOVE, "cooperate"),
        ("no option defect", MOVE, None),
        ("not defect", MOVE, None),
        ("8 points", GIVE, 8),
        ("1 point", GIVE, 1),
        ("8 euros", GIVE, None),
        ("−0.5", SHARE, -0.5),
        ("8%", GIVE, None),
        ("1,000", BIG, None),
        ("hello", Message(), None),
    ],
)
def test_a_near_value_differs_only_in_wrapping(text: str, space: Space, value: Any) -> None:
    assert near_value(text, space) == value


def test_names_that_differ_only_in_case_are_never_guessed() -> None:
    space = Choice("a", "A", "b")
    assert folded_options(space) == {"b": "b"}
    assert (near_value("*A*", space), near_value("B", space)) == (None, "b")
