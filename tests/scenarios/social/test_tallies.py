from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.records import NOTHING, Decision, Event, RunRecord, Status
from scenarios.social.tallies import contrast, gini, payoffs, tally, worst_case


def _half_mean_difference(values: list[float]) -> float:
    n = len(values)
    return sum(abs(a - b) for a, b in combinations(values, 2)) / (n * sum(values))


@given(st.lists(st.integers(0, 100), min_size=1, max_size=8).filter(sum))
def test_gini_is_half_the_mean_difference_over_the_mean(values: list[float]) -> None:
    assert gini(values) == pytest.approx(_half_mean_difference(values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [([5, 5, 5], 0.0), ([0, 0, 0, 8], 0.75), ([0, 0], None), ([3, -1], None)],
)
def test_gini_of_known_shares(values: list[float], expected: float | None) -> None:
    assert gini(values) == (None if expected is None else pytest.approx(expected))


def _paid(agent: str, value: float) -> Event:
    return Event(1, 0, "payoff", agent, None, None, value, {})


def test_payoffs_sum_by_agent_and_are_zero_for_the_unpaid() -> None:
    record = RunRecord(("a", "b", "c"), {}, events=[_paid("a", 2), _paid("b", -1), _paid("a", 0.5)])
    assert payoffs(record) == {"a": 2.5, "b": -1, "c": 0}


def test_a_tally_pools_values_over_agents_and_says_why_it_has_none() -> None:
    values = {"a": [1.0, 1.0, 1.0], "b": [0.0], "c": []}
    compute = tally("rate", lambda record, agent: values[agent], "never asked")
    found = {m.agent: (m.value, m.reason) for m in compute(RunRecord(("a", "b", "c"), {}))}
    assert found == {"a": (1, None), "b": (0, None), "c": (None, "never asked"), None: (0.75, None)}


def test_a_contrast_needs_both_sides() -> None:
    plus, minus = {"a": [1.0], "b": []}, {"a": [0.0], "b": [1.0]}
    compute = contrast("d", lambda _, agent: plus[agent], lambda _, agent: minus[agent], "one side is empty")
    found = {m.agent: (m.value, m.reason) for m in compute(RunRecord(("a", "b"), {}))}
    assert found == {"a": (1, None), "b": (None, "one side is empty"), None: (0.5, None)}


def _decided(seq: int, *, valid: bool, phase: str = "choose") -> Decision:
    status = Status.OK if valid else Status.INVALID
    return Decision("a", seq, seq, seq, phase, "x" if valid else None, NOTHING, status)


def test_invalid_replies_widen_a_share_to_all_that_they_could_have_been() -> None:
    decisions = [_decided(1, valid=True), _decided(2, valid=True), _decided(3, valid=False)]
    record = RunRecord(("a",), {}, decisions=[*decisions, _decided(4, valid=False, phase="talk")])
    low, high = worst_case("rate", [1.0, 0.0], record, "choose")
    assert [low.name, high.name] == ["rate.low", "rate.high"]
    assert [low.value, high.value] == pytest.approx([1 / 3, 2 / 3])


def test_without_invalid_replies_there_is_nothing_to_bound() -> None:
    record = RunRecord(("a",), {}, decisions=[_decided(1, valid=True)])
    assert list(worst_case("rate", [1.0], record, "choose")) == []


def test_when_all_replies_are_invalid_a_share_could_be_anything() -> None:
    record = RunRecord(("a",), {}, decisions=[_decided(1, valid=False)])
    assert [one.value for one in worst_case("rate", [], record, "choose")] == [0.0, 1.0]
