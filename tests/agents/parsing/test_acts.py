"""Calls: the strict line of a menu, its small deviations, and what is no action."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from agents.parsing import parse_reply
from agents.parsing.acts import TWO_ACTS, ActReading, stated_act
from lab.core.menu import Menu
from lab.core.records import Status
from lab.core.spaces import Choice, Message, Quantity

BLOCK = Choice("a", "b")
MENU = Menu(
    {
        "stack": {"x": BLOCK, "y": BLOCK},
        "limit": {"side": Choice("buy", "sell"), "qty": Quantity("qty", 1, 10)},
        "open": {"url": Message("url", 60)},
        "fill": {"ref": Message("ref", 9), "value": Message("value", 60)},
        "finish": {"answer": Message("answer", 60), "status": Choice("done", "infeasible")},
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
        '{"thought": "b is clear", "action": "stack", "x": "a", "y": "b"}',
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
        ('{"action": "open", "url": ["/", {"a": 1}]}', 'url: ["/", {"a": 1}] is not a text'),
        ("ACT: open(/staff) click(L1)", "is not one call of the form"),
        ("ACT: open(/staff), then ACT: open(/)", "is not one call of the form"),
        ("ACT: fill(F1.qty, 2) submit(F1)", "is not one call of the form"),
    ],
)
def test_what_cannot_be_taken_is_told_and_never_cut_off(text: str, why: str) -> None:
    found = stated_act(text, MENU)
    assert isinstance(found, str)
    assert why in found


@pytest.mark.parametrize("text", ["", "I would stack a on b.", "Let me think (a, b)…", "stack or hold"])
def test_words_are_no_action(text: str) -> None:
    assert stated_act(text, MENU) is None


@pytest.mark.parametrize(
    "text",
    [
        "ACT: finish(hold, done)",
        '{"action": "finish", "answer": "hold", "status": "done"}',
        '{"answer": {"action": "finish", "answer": "hold", "status": "done"}}',
    ],
)
def test_an_argument_called_answer_is_no_action(text: str) -> None:
    parsed = parse_reply(text, MENU)
    assert parsed.value == {"action": "finish", "answer": "hold", "status": "done"}
    assert parsed.status is Status.OK
    assert text[slice(*parsed.spans["answer"])] == "hold"


@pytest.mark.parametrize(
    ("text", "call", "url"),
    [
        ('{"answer": "ACT: open(/x)"}', "open(/x)", "/x"),
        (r'{"answer": "ACT: open(\u002fx)"}', *[r"ACT: open(\u002fx)"] * 2),
    ],
)
def test_a_call_in_a_text_of_json_has_its_place(text: str, call: str, url: str) -> None:
    places = {name: text[slice(*span)] for name, span in read(text).spans.items()}
    assert places == {"answer": call, "url": url}


@pytest.mark.parametrize("inside", ['\\"', "''", '",', "(", " "])
def test_a_long_call_is_read_in_linear_time(inside: str) -> None:
    start = process_time()
    parse_reply(f"{inside * 20_000}ACT: fill({inside * 20_000})\nACT: hold", MENU)
    parse_reply(f"ACT: fill({inside * 20_000})", MENU)
    assert process_time() - start < 2


def test_every_argument_has_its_place() -> None:
    text = "I buy.\nACT: limit(side=buy, 3)"
    found = read(text)
    places = {name: text[slice(*span)] for name, span in found.spans.items()}
    assert places == {"answer": "limit(side=buy, 3)", "side": "buy", "qty": "3"}
