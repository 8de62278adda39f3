from __future__ import annotations

from math import exp, isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scenarios.trading.contest.allocate import (
    Allocator,
    AnyAllocator,
    Equal,
    Hedge,
    PositiveProportional,
    Softmax,
    Standing,
    TopK,
    capped,
)

ALL = (Equal, TopK, PositiveProportional, Softmax, Hedge)
MIXED = {"a": Standing(0.003, 0.1), "b": Standing(-0.002, 0.2), "c": Standing(0.001, -0.1)}
SIZES = st.one_of(st.just(0.0), st.floats(1e-6, 10))
BAD = {"a": Standing(-0.003, -0.1), "b": Standing(-0.002, -0.2)}


def _weights(allocator: Allocator, standings: dict[str, Standing] = MIXED) -> list[float]:
    return list(allocator.weights(standings).values())


def test_each_rule_divides_as_it_says() -> None:
    assert _weights(Equal()) == pytest.approx([1 / 3] * 3)
    assert _weights(TopK(k=2)) == [0.5, 0.0, 0.5]
    assert _weights(PositiveProportional()) == pytest.approx([0.75, 0, 0.25])
    raw = [exp(1.5), exp(-1), exp(0.5)]
    assert _weights(Softmax(temperature_bp=20.0)) == pytest.approx([x / sum(raw) for x in raw])
    raw = [exp(1), exp(2), exp(-1)]
    assert _weights(Hedge(eta=10.0)) == pytest.approx([x / sum(raw) for x in raw])


def test_when_nothing_good_is_expected_the_capital_is_cash_or_equal() -> None:
    assert _weights(PositiveProportional(), BAD) == [0, 0]
    assert _weights(PositiveProportional(none_positive="equal"), BAD) == [0.5, 0.5]


def test_the_best_of_equals_are_those_listed_first() -> None:
    same = {name: Standing(0.0, 0.0) for name in "abcd"}
    assert _weights(TopK(k=2), same) == [0.5, 0.5, 0, 0]


@given(st.lists(SIZES, min_size=1, max_size=8), st.floats(0.05, 1))
def test_a_cap_binds_some_and_keeps_the_others_in_proportion(raw: list[float], cap: float) -> None:
    given_ = {str(place): value for place, value in enumerate(raw)}
    found = capped(given_, cap)
    positive = [value for value in raw if value]
    assert list(found) == list(given_)
    assert all(0 <= weight <= cap + 1e-12 for weight in found.values())
    assert isclose(sum(found.values()), min(1.0, cap * len(positive)), abs_tol=1e-9)
    rates = {found[name] / value for name, value in given_.items() if value and found[name] < cap - 1e-12}
    assert all(isclose(rate, max(rates), rel_tol=1e-9) for rate in rates)
    assert all(found[name] == 0 for name, value in given_.items() if not value)


def test_what_a_cap_cuts_off_goes_to_the_others_and_then_to_cash() -> None:
    assert capped({"a": 8.0, "b": 1.0, "c": 1.0}, 0.5) == pytest.approx({"a": 0.5, "b": 0.25, "c": 0.25})
    assert capped({"a": 8.0, "b": 1.0}, 0.3) == pytest.approx({"a": 0.3, "b": 0.3})


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_rule_obeys_its_cap(kind: type[Any]) -> None:
    assert max(_weights(kind(cap=0.2))) <= 0.2


def test_large_exponents_do_not_overflow() -> None:
    far = {"a": Standing(9.0, 900.0), "b": Standing(-9.0, -900.0)}
    assert _weights(Hedge(eta=100.0), far) == _weights(Softmax(temperature_bp=0.1), far) == [1.0, 0.0]


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"kind": "equal", "cap": 0}, "greater than 0"),
        ({"kind": "equal", "cap": 1.5}, "less than or equal to 1"),
        ({"kind": "top_k", "k": 0}, "greater than or equal to 1"),
        ({"kind": "positive_proportional", "none_positive": "panic"}, "'cash' or 'equal'"),
        ({"kind": "hedge", "k": 3}, "Extra inputs"),
    ],
)
def test_nonsense_is_refused(given_: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(AnyAllocator).validate_python(given_)
