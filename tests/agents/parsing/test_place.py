"""Where replies say their action, and where another one would have begun to differ."""

from __future__ import annotations

import pytest

from agents.parsing import parse_reply
from agents.parsing.place import common_beginning, place_of
from lab.core.captures import ActionPlace
from lab.core.menu import Menu
from lab.core.spaces import Choice, Form, Message, Quantity, Space

PAIR = Choice("cooperate", "compete")
COINS = Quantity("give", -5, 10, "coins")
BID = Form("bid", {"say": Message(), "claim": Choice("strong", "weak"), "price": Quantity("price", 0, 5)})
NESTED = Form("all", {"first": Form("first", {"say": Message(), "claim": Choice("strong", "weak")})})
MOVES = Menu({"stack": {"x": Choice("a", "b"), "y": Choice("a", "b")}, "stand": {}})
ONE = Menu({"say": {"text": Message(), "to": Choice("ann", "bob")}})


def place(text: str, space: Space, **labels: str) -> ActionPlace | None:
    return place_of(text, parse_reply(text, space, labels), space, labels)


@pytest.mark.parametrize(
    ("space", "shown"),
    [
        (PAIR, '{"answer": "[co|operate]"}'),
        (PAIR, "I choose to [co|mpete]."),
        (PAIR, "[Co|mpete]"),
        (PAIR, "**[co|mpete]**"),
        (PAIR, '{"answer": "**[Co|mpete]**"}'),
        (PAIR, "I could compete.\n\nFinal answer: [co|operate]"),
        (PAIR, '<think>compete, then?</think>{"answer": "[co|operate]"}'),
        (PAIR, '{"name": "act", "arguments": {"answer": "[co|mpete]"}}'),
        (Choice("ab", "abc"), '{"answer": "[ab]|"}'),
        (Choice("ab", "abc"), '{"answer": "[ab|c]"}'),
        (Choice("a", "b"), "Action: [|b]"),
        (COINS, '{"answer": [|-3]}'),
        (COINS, '{"answer": "[|8] coins"}'),
        (BID, '{"say": "hi", "price": [|3], "claim": "weak"}'),
        (BID, '{"say": "weak", "claim": "[|strong]", "price": 2}'),
        (NESTED, '{"first": {"say": "no", "claim": "[|weak]"}}'),
        (MOVES, "I will.\nACT: [sta|ck(a, b)]"),
        (MOVES, "[sta|nd()]"),
        (MOVES, '{"action": "[sta|ck", "x": "a", "y": "b"}]'),
        (MOVES, '{"name": "[sta|ck", "arguments": {"x": "a", "y": "b"}}]'),
        (MOVES, '{"answer": "ACT: [sta|nd()]"}'),
        (ONE, 'ACT: say("to bob", [|bob])'),
    ],
)
def test_the_place_is_that_of_the_value_and_of_the_first_character_that_tells(
    space: Space, shown: str
) -> None:
    marked = shown.replace("|", "")
    text = marked.replace("[", "").replace("]", "")
    start, end = marked.index("["), marked.index("]") - 1
    before = shown[: shown.index("|")]
    separates = len(before) - before.count("[") - before.count("]")
    found = place(text, space)
    assert found is not None
    assert found[:3] == (start, end, separates)
    assert bool(found.options) == (separates > start)


def test_options_are_looked_for_under_the_names_they_were_shown_by() -> None:
    found = place('{"answer": "left"}', PAIR, cooperate="left", compete="loud")
    assert found == (12, 16, 13, ("left", "loud"))


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ('{"answer": "cooperate"}', Message()),
        ('{"answer": "only"}', Choice("only")),
        ('{"answer": 3}', Quantity("price", 3, 3)),
        ('{"say": "hello"}', Form("talk", {"say": Message()})),
    ],
)
def test_where_all_is_legal_or_only_one_thing_nothing_separates(text: str, space: Space) -> None:
    found = place(text, space)
    assert found is not None
    assert text[found.start : found.end] in ("cooperate", "only", "3", "hello")
    assert found.separates is None


@pytest.mark.parametrize("text", ["", "perhaps", "I cannot help with that.", '{"answer": "comp'])
def test_a_reply_without_an_action_has_no_place(text: str) -> None:
    assert place(text, PAIR) is None


def test_the_common_beginning_is_that_of_all_texts() -> None:
    assert common_beginning(["stack", "stand", "status"]) == "sta"
    assert common_beginning(["a", "b"]) == ""
    assert common_beginning(["ab", "abc"]) == "ab"
