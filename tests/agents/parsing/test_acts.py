"""Calls: the strict line of a menu, its small deviations, and what is no action."""

from __future__ import annotations

from typing import Any

import pytest

from agents.parsing.acts import TWO_ACTS, ActReading, stated_act
from lab.core.menu import Menu
from lab.core.spaces import Choice, Message, Quantity

BLOCK = Choice("a", "b")
MENU = Menu(
    {
        "stack": {"x": BLOCK, "y": BLOCK},
        "limit": {"side": Choice("buy", "sell"), "qty": Quantity("qty", 1, 10)},
        "open": {"url": Message("url", 60)},
        "fill": {"ref": Message("ref", 9), "value": Message("value", 60)},
        "hold": {},
    }
)
STACK = {"action": "stack", "x": "a", "y": "b"}


def read(text: str) -> ActReading:
    found = stated_act(text, MENU)
    assert isinstance(found, ActReading), found
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ACT: stack(a, b)", STACK),
        ("stack(a,b)", STACK),
        ('ACT: stack("a", "b")', STACK),
        ("ACT: hold()", {"action": "hold"}),
        ("ACT: hold", {"action": "hold"}),
        ("ACT: open(/staff?page=2&x=(1))", {"action": "open", "url": "/staff?page=2&x=(1)"}),
        ('ACT: fill(f1, "x, \\"y\\"")', {"action": "fill", "ref": "f1", "value": 'x, "y"'}),
        ('{"action": "limit", "side": "buy", "qty": 3}', {"action": "limit", "side": "buy", "qty": 3}),
    ],
)
def test_an_action_is_read_as_it_is_asked_for(text: str, value: dict[str, Any]) -> None:
    assert read(text).value == value
    assert read(text).exact


@pytest.mark.parametrize(
    "text",
    [
        "First I clear the block.\n**ACT: Stack(a, b)**",
        "ACT: STACK(A, B).",
        "> ACT: stack(x=a, y=b)",
        "ACT: stack(a, b)\n…\nAct: stack(a, b)",
        '{"name": "STACK", "arguments": {"x": "a", "y": "b"}}',
        'So: {"answer": {"action": "stack", "x": "A", "y": "b"}}',
    ],
)
def test_small_deviations_are_let_be_where_they_leave_no_doubt(text: str) -> None:
    assert read(text).value == STACK


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ACT: stack(a)", "stack takes 2 arguments, not 1"),
        ("ACT: stack(a, b, b)", "stack takes 2 arguments, not 3"),
        ("ACT: hold(a)", "hold takes 0 arguments, not 1"),
        ("ACT: stack(a, c)", '"c" is not one of a, b'),
        ("ACT: stak(a, b)", "no action 'stak'; did you mean 'stack'?"),
        ("ACT: limit(buy, 2.5)", "qty: 2.5 is not a whole number"),
        ("ACT: stack[a, b]", "is not of the form ACT: name(argument, …)"),
        ("ACT: __import__('os').system('ls')", "is not of the form"),
        ("ACT: stack(a, b)\nACT: stack(b, a)", TWO_ACTS),
        ("ACT: stack(\u0430, b)", "is not one of a, b"),  # a Cyrillic look-alike
        ('{"action": "stack", "x": "a"}', "stack: not filled in: y"),
    ],
)
def test_what_cannot_be_taken_is_told_and_never_cut_off(text: str, why: str) -> None:
    found = stated_act(text, MENU)
    assert isinstance(found, str)
    assert why in found


@pytest.mark.parametrize("text", ["", "I would stack a on b.", "Let me think (a, b)…", "stack or hold"])
def test_words_are_no_action(text: str) -> None:
    assert stated_act(text, MENU) is None


def test_every_argument_has_its_place() -> None:
    text = "I buy.\nACT: limit(side=buy, 3)"
    found = read(text)
    places = {name: text[slice(*span)] for name, span in found.spans.items()}
    assert places == {"answer": "limit(side=buy, 3)", "side": "buy", "qty": "3"}
