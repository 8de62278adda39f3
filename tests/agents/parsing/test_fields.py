"""Forms filled in by lines."""

from __future__ import annotations

import pytest

from agents.parsing.fields import MAX_CHARS, field_lines
from lab.core.spaces import Choice, Form, Message, Quantity

PUNISH = Form("punish", {"bob": Quantity("bob", -5, 5, "points"), "move": Choice("up", "down")})


@pytest.mark.parametrize(
    ("text", "bob"),
    [
        ("bob: 3\nmove: up", "3"),
        ("- **Bob**: 3 points\n- move: Up", "3 points"),
        ("move = up; bob = -3", "-3"),
        ("My points:\nbob: 3, move: up", "3"),
        ("```yaml\nbob: 3\nmove: up\n```", "3"),
    ],
)
def test_one_line_for_each_field_fills_the_form(text: str, bob: str) -> None:
    read = field_lines(text, PUNISH)
    assert read is not None
    value, start, end = read["bob"]
    assert (value, text[start:end], read["move"][0]) == (int(bob.split()[0]), bob, "up")


@pytest.mark.parametrize(
    "text",
    [
        "bob: 3",
        "bob: 3\nbob: 3\nmove: up",
        "bob: 3 or 4\nmove: up",
        "They gave:\nbob: 3\nmove: up",
        "bob 3\nmove up",
        "If I must:\nbob: 3\nmove: up",
        "bob: 3\nmove: up\nbecause he lies",
        "",
        "bob: 3\nmove: up" + " " * MAX_CHARS,
    ],
)
def test_anything_else_does_not(text: str) -> None:
    assert field_lines(text, PUNISH) is None


def test_texts_and_fields_that_differ_in_case_take_json() -> None:
    assert field_lines("note: hi", Form("f", {"note": Message()})) is None
    assert field_lines("a: up\nA: up", Form("f", {"a": Choice("up"), "A": Choice("up")})) is None
    assert field_lines("", Form("f", {})) is None
