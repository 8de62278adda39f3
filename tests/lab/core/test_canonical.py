"""One text for one value."""

from __future__ import annotations

import json
import math
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.canonical import (
    canonical,
    clean_text,
    content_hash,
    label,
    parse,
    settled_float,
    shown,
    unlabel,
    value_hash,
)
from lab.core.errors import RuleError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-(2**63), 2**64 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


class Color(StrEnum):
    RED = "red"


@dataclass
class Box:
    inside: float


def deep() -> list[Any]:
    """A list in a list in a list, deeper than Python's stack."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


def cycle() -> list[Any]:
    """A list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ({"é": 1, "z": 2, "Z": 3}, '{"Z":3,"z":2,"é":1}'),
        ((1, (2, 3)), "[1,[2,3]]"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333333333"),
        (123456789012.345, "123456789012.0"),
        (-0.0, "0.0"),
        (1e300, "1e+300"),
        (1.0, "1.0"),
        (1, "1"),
        (-(2**63), "-9223372036854775808"),
        (2**64 - 1, "18446744073709551615"),
        ("a\0b", '"a\\u0000b"'),
        (Color.RED, '"red"'),
        ([Color.RED], '["red"]'),
        (time.gmtime(0)[:3], "[1970,1,1]"),
        (time.gmtime(0), "[1970,1,1,0,0,0,3,1,0]"),
        (OrderedDict({Color.RED: 1.0}), '{"red":1.0}'),
        (np.float64(0.1) + np.float64(0.2), "0.3"),
    ],
)
def test_a_value_has_one_text(value: Any, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        [{"deep": -math.inf}],
        2**64,
        "\ud800",
        {1: "key is no text"},
        defaultdict(int, {1: 2}),
        b"bytes",
        {1, 2},
        object(),
        date(2026, 1, 1),
        Box(math.nan),
        np.arange(3),
        deep(),
        cycle(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(RuleError):
        canonical(value)


@given(JSON)
def test_reading_the_text_gives_the_value_cut_to_twelve_digits(value: Any) -> None:
    again = json.loads(canonical(value))
    assert canonical(again) == canonical(value)
    assert parse(canonical(value)) == again
    assert again == json.loads(json.dumps(value), parse_float=lambda digits: float(f"{float(digits):.12g}"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("strong", "strong"),
        ("", ""),
        ("7", '"7"'),
        (7, "7"),
        ("null", '"null"'),
        (None, "null"),
        ("NaN", "NaN"),
        ('"quoted"', '"\\"quoted\\""'),
        ({"b": 1, "a": "x"}, '{"a":"x","b":1}'),
    ],
)
def test_a_label_is_a_text_as_it_is_unless_it_reads_as_json(value: Any, text: str) -> None:
    assert label(value) == text


@given(JSON.filter(lambda value: "\0" not in str(value)))
def test_a_label_gives_its_value_back(value: Any) -> None:
    assert unlabel(label(value)) == parse(canonical(value))


@given(st.dictionaries(TEXTS, INTEGERS, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(NUMBERS)
def test_settling_a_number_twice_changes_nothing(number: float) -> None:
    once = settled_float(number)
    assert settled_float(once) == once
    assert math.isclose(once, number, rel_tol=1e-11, abs_tol=1e-320)
    assert math.copysign(1, once) == 1 or once != 0


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\udc00", "\ufffd"),
        ("end\ud800", "end\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ufeffmarked\ud800", "\ufeffmarked\ufffd"),
    ],
)
def test_a_text_is_cleaned_of_what_a_database_cannot_store(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@given(st.text(st.characters(exclude_categories=[])))
def test_a_clean_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    clean = clean_text(text)
    assert "\0" not in clean
    assert clean.encode().decode() == clean
    assert clean_text(clean) == clean


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hello", '"hello"'),
        (math.nan, "NaN"),
        ({"amount": math.inf}, '{"amount": Infinity}'),
        ("a\ud800", '"a\ufffd"'),
        (object(), "<object>"),
        ([object()], '["<object>"]'),
        ({"b", "a"}, '"<set>"'),
        (b"x", '"<bytes>"'),
        (Decimal(1), '"<Decimal>"'),
        ({(1, 2): 3}, "<dict>"),
        (10**5000, "<int>"),
        (deep(), "<list>"),
        (cycle(), "<list>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_can_be_shown_without_a_memory_address(value: Any, text: str) -> None:
    assert shown(value).strip('"') == text.strip('"')


def test_a_content_address_is_blake2b_of_the_utf8_bytes() -> None:
    assert content_hash("é") == blake2b(b"\xc3\xa9", digest_size=16).hexdigest()
    assert content_hash(b"\xc3\xa9") == content_hash("é")
    assert value_hash({"b": 1, "a": 2}) == content_hash('{"a":2,"b":1}')


@pytest.mark.parametrize(
    ("value", "text"),
    [("strong", "strong"), (True, "true"), (3, "3"), ("3", '"3"'), ("true", '"true"'), ("", "")],
)
def test_a_label_is_plain_text_unless_that_could_be_read_as_json(value: Any, text: str) -> None:
    assert label(value) == text
    assert unlabel(text) == value
    assert type(unlabel(text)) is type(value)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_text_comes_back_from_its_label(text: str) -> None:
    assert unlabel(label(text)) == text
