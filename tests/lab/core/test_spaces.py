"""Action spaces: reading, drawing, describing."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.canonical import canonical, content_hash, parse
from lab.core.errors import RuleError
from lab.core.spaces import Act, Choice, Form, Message, Quantity, Space, SpaceMismatch

CHOICE = Choice("strong", "weak")
COINS = Quantity("give", 0, 20, unit="coins")
SHARE = Quantity("share", -0.5, 0.25, whole=False)
WORDS = Message("say", max_chars=5)
OFFER = Form("offer", {"price": COINS, "side": CHOICE, "note": WORDS})
NESTED = Form("deal", {"offer": OFFER, "sure": SHARE})

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
CHOICES = st.lists(NAMES, min_size=1, max_size=5, unique=True).map(lambda options: Choice(*options))
WHOLE = st.tuples(NAMES, st.integers(-(10**9), 10**9), st.integers(0, 10**9)).map(
    lambda parts: Quantity(parts[0], parts[1], parts[1] + parts[2])
)
REAL = st.tuples(NAMES, st.floats(-1e9, 1e9), st.floats(0, 1e9)).map(
    lambda parts: Quantity(parts[0], parts[1], parts[1] + parts[2], whole=False)
)
PLAIN = CHOICES | WHOLE | REAL | st.builds(Message, NAMES, st.integers(0, 50))
SPACES: st.SearchStrategy[Space] = st.recursive(
    PLAIN,
    lambda inner: st.builds(Form, NAMES, st.dictionaries(NAMES, inner, min_size=1, max_size=3)),
    max_leaves=5,
)


class Unprintable:
    """Breaks when it is written out."""

    def __repr__(self) -> str:
        raise ValueError("no words for it")


def refusal(space: Space, value: Any) -> str:
    """The sentence a space refuses a value with."""
    with pytest.raises(SpaceMismatch) as caught:
        space.read(value)
    return str(caught.value)


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value follows a schema of the few words that spaces use."""
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema["type"]
    if kind == "string":
        return isinstance(value, str) and len(value) <= schema["maxLength"]
    if kind == "object":
        parts = schema["properties"]
        return set(value) == set(schema["required"]) and all(fits(parts[name], value[name]) for name in value)
    whole = isinstance(value, int) or (kind == "number" and isinstance(value, float))
    return whole and schema["minimum"] <= value <= schema["maximum"]


@given(SPACES, st.data())
def test_whatever_a_space_draws_it_reads_and_gives_back(space: Space, data: st.DataObject) -> None:
    drawn = space.sample(lambda: data.draw(st.floats(0, 1, exclude_max=True)))
    assert space.value_of(space.read(drawn)) == drawn
    assert fits(space.schema(), drawn)


@given(SPACES)
def test_the_first_value_of_a_space_is_legal(space: Space) -> None:
    assert space.value_of(space.read(space.first())) == space.first()
    assert fits(space.schema(), space.first())


@given(SPACES)
def test_a_space_is_logged_as_its_canonical_json(space: Space) -> None:
    assert space.text == canonical(parse(space.text)) == canonical(space.to_json())
    assert space.text_hash == content_hash(space.text)
    assert space.describe()


@given(SPACES, st.data())
def test_no_value_breaks_a_space(space: Space, data: st.DataObject) -> None:
    value = data.draw(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()))
    try:
        act = space.read(value)
    except SpaceMismatch:
        return
    assert fits(space.schema(), space.value_of(act))


@pytest.mark.parametrize(
    ("space", "value", "act"),
    [
        (CHOICE, "weak", Act("weak", {})),
        (COINS, 20, Act("give", {"amount": 20})),
        (COINS, 3.0, Act("give", {"amount": 3})),
        (COINS, np.int64(3), Act("give", {"amount": 3})),
        (SHARE, 0, Act("share", {"amount": 0.0})),
        (SHARE, Fraction(1, 4), Act("share", {"amount": 0.25})),
        (WORDS, "", Act("say", {"text": ""})),
        (WORDS, "a\0\ud800", Act("say", {"text": "a\ufffd\ufffd"})),
        (
            OFFER,
            {"note": "", "side": "weak", "price": 1},
            Act("offer", {"price": 1, "side": "weak", "note": ""}),
        ),
    ],
)
def test_a_plain_value_is_read_as_an_act(space: Space, value: Any, act: Act) -> None:
    assert space.read(value) == act
    assert list(space.read(value).args) == list(act.args)


def test_a_whole_amount_is_an_integer_and_another_a_float() -> None:
    assert type(COINS.read(np.float32(3)).args["amount"]) is int
    assert type(COINS.read(np.int64(3)).args["amount"]) is int
    assert type(SHARE.read(0).args["amount"]) is float


@pytest.mark.parametrize(
    ("space", "value", "says"),
    [
        (CHOICE, "Weak", '"Weak" is not one of strong, weak'),
        (CHOICE, None, "null is not one of strong, weak"),
        (CHOICE, ["weak"], '["weak"] is not one of'),
        (COINS, True, "give: true is not a number"),
        (COINS, "3", 'give: "3" is not a number'),
        (COINS, None, "give: null is not a number"),
        (COINS, 3 + 0j, "is not a number"),
        (COINS, 2.5, "give: 2.5 is not a whole number"),
        (COINS, 21, "give: 21 is not between 0 and 20"),
        (COINS, -1, "give: -1 is not between 0 and 20"),
        (COINS, math.nan, "give: NaN is not between 0 and 20"),
        (COINS, math.inf, "give: Infinity is not between 0 and 20"),
        (COINS, 10**5000, "give: <int> is not between 0 and 20"),
        (SHARE, 10**400, "is not between -0.5 and 0.25"),
        (SHARE, np.float64("nan"), "is not between -0.5 and 0.25"),
        (WORDS, b"hello", 'say: "<bytes>" is not a text'),
        (WORDS, "sixsix", "say: 6 characters, at most 5"),
        (OFFER, "all of it", "is not a form with price, side, note"),
        (OFFER, {"price": 1, "side": "weak"}, "offer: not filled in: note"),
        (OFFER, {}, "offer: not filled in: price, side, note"),
        (
            OFFER,
            {"price": 1, "side": "weak", "note": "", "x": 1},
            'offer: no such field: "x" (fields: price,',
        ),
        (OFFER, {"price": 1, "side": "weak", "note": "", 7: 1}, "offer: no such field: 7"),
        (OFFER, {"price": True, "side": "weak", "note": ""}, "give: true is not a number"),
        (NESTED, {"offer": {"price": 1}, "sure": 0}, "offer: not filled in: side, note"),
        (CHOICE, Unprintable(), '"<Unprintable>" is not one of'),
    ],
    ids=lambda part: type(part).__name__ if not isinstance(part, str) else part[:30],
)
def test_a_value_outside_a_space_is_refused_with_what_is_allowed(space: Space, value: Any, says: str) -> None:
    assert says in refusal(space, value)


@pytest.mark.parametrize("space", [CHOICE, COINS, WORDS, OFFER])
def test_a_refusal_stays_short_and_storable(space: Space) -> None:
    sentence = refusal(space, ["\ud800" * 100_000])
    assert len(sentence) < 250
    assert sentence.encode()


def test_a_drawn_amount_reaches_both_ends() -> None:
    dice = Quantity("eyes", 1, 6)
    assert [dice.sample(partial(float, u)) for u in (0.0, 0.1666, 0.1667, 1 - 2**-53)] == [1, 1, 2, 6]
    wide = Quantity("wide", 0, 2**60)
    assert wide.sample(lambda: 1 - 2**-53) <= 2**60


@pytest.mark.parametrize("options", [(), ("a", "a"), ("a", ""), ("a", 1)])
def test_a_choice_needs_distinct_named_options(options: tuple[Any, ...]) -> None:
    with pytest.raises(RuleError, match="distinct, non-empty options"):
        Choice(*options)


@pytest.mark.parametrize(
    ("low", "high", "whole"),
    [(1, 0, True), (math.nan, 1, True), (0, math.inf, False), (0.2, 0.8, True)],
)
def test_a_quantity_needs_a_range_with_something_in_it(low: float, high: float, whole: bool) -> None:
    with pytest.raises(RuleError, match="quantity 'x'"):
        Quantity("x", low, high, whole=whole)


def test_spaces_describe_themselves_in_a_sentence() -> None:
    assert CHOICE.describe() == "Choose one of: strong, weak."
    assert COINS.describe() == "give: a whole number from 0 to 20 (coins)."
    assert SHARE.describe() == "share: a number from -0.5 to 0.25."
    assert WORDS.describe() == "say: a text of at most 5 characters; leave it empty to say nothing."
    assert OFFER.describe() == "offer: fill in each of: " + " ".join(
        f"[{name}] {space.describe()}" for name, space in OFFER.fields.items()
    )


def test_the_schema_of_a_form_allows_its_fields_and_no_others() -> None:
    schema = OFFER.schema()
    assert schema["required"] == ["price", "side", "note"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["price"] == {"type": "integer", "minimum": 0, "maximum": 20}
    assert schema["properties"]["side"] == {"enum": ["strong", "weak"]}
