"""Menus: one of several actions, each with its own arguments."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.parsing import parse_reply
from lab.core.canonical import canonical, parse
from lab.core.errors import RuleError
from lab.core.menu import Menu
from lab.core.spaces import Act, Choice, Form, Message, Quantity, SpaceMismatch

BLOCK = Choice("a", "b")
ORDERS = Menu(
    {
        "limit": {
            "side": Choice("buy", "sell"),
            "qty": Quantity("qty", 1, 10),
            "price": Quantity("p", 1, 99),
        },
        "note": {"text": Message("text", 40)},
        "hold": {},
    }
)
BLOCKS = Menu({"stack": {"x": BLOCK, "y": BLOCK}, "put-down": {"x": BLOCK}})
MENUS = st.sampled_from([ORDERS, BLOCKS])


def test_an_action_is_read_with_its_arguments_in_order() -> None:
    value = {"action": "limit", "price": 9, "qty": 2.0, "side": "buy"}
    assert ORDERS.read(value) == Act("limit", {"side": "buy", "qty": 2, "price": 9})
    assert ORDERS.read({"action": "hold"}) == Act("hold", {})


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("hold", "no action is named (actions: limit, note, hold)"),
        ({"action": "holt"}, "no action 'holt'; did you mean 'hold'? (actions: limit, note, hold)"),
        ({"action": "hold", "qty": 1}, 'hold: no such field: "qty" (fields: )'),
        ({"action": "limit", "side": "buy"}, "limit: not filled in: qty, price"),
        ({"action": "limit", "side": "buy", "qty": 11, "price": 1}, "qty: 11 is not between 1 and 10"),
    ],
)
def test_what_is_not_on_the_menu_is_refused_with_what_is(value: Any, why: str) -> None:
    with pytest.raises(SpaceMismatch) as caught:
        ORDERS.read(value)
    assert str(caught.value) == why


@given(MENUS, st.data())
def test_whatever_a_menu_draws_it_reads_writes_as_a_call_and_gives_back(
    menu: Menu, data: st.DataObject
) -> None:
    drawn = menu.sample(lambda: data.draw(st.floats(0, 1, exclude_max=True)))
    assert menu.value_of(menu.read(drawn)) == drawn
    assert parse_reply(menu.line(drawn), menu).value == drawn


@given(st.text(max_size=40))
def test_any_text_is_written_so_that_it_is_read_back(text: str) -> None:
    value = ORDERS.value_of(ORDERS.read({"action": "note", "text": text}))
    assert parse_reply(f"ACT: {ORDERS.line(value)}", ORDERS).value == value


@pytest.mark.parametrize("text", ["'quoted'", "text=x", "text : x", ":)", "a, b", '"', "", " x"])
def test_a_text_that_looks_like_something_else_stands_in_quotes(text: str) -> None:
    line = ORDERS.line({"action": "note", "text": text})
    assert line.startswith('note("')
    assert parse_reply(line, ORDERS).value == {"action": "note", "text": text}


def test_an_option_with_a_comma_is_one_argument() -> None:
    menu = Menu({"go": {"to": Choice("Paris, Texas", "Rome")}})
    every = menu.finite(2)
    assert every is not None
    for value in every:
        assert parse_reply(menu.line(value), menu).value == value


def test_few_actions_are_counted_and_free_ones_are_not() -> None:
    every = BLOCKS.finite(6)
    assert every is not None
    assert [BLOCKS.line(one) for one in every] == [
        *("stack(a, a)", "stack(a, b)", "stack(b, a)", "stack(b, b)"),
        *("put-down(a)", "put-down(b)"),
    ]
    assert BLOCKS.finite(5) is None
    assert ORDERS.finite(10_000) is None


def test_a_menu_is_logged_as_its_canonical_json() -> None:
    assert ORDERS.text == canonical(parse(ORDERS.text))
    assert ORDERS.first() == {"action": "limit", "side": "buy", "qty": 1, "price": 1}


@pytest.mark.parametrize(
    "actions",
    [
        {},
        {"two words": {}},
        {"_hidden": {}},
        {"größe": {}},
        {"a": {"action": BLOCK}},
        {"a": {"x": Form("f", {"y": BLOCK})}},
    ],
)
def test_a_menu_nobody_could_choose_from_is_a_bug(actions: dict[str, Any]) -> None:
    with pytest.raises(RuleError):
        Menu(actions)
