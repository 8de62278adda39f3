"""Declared hypotheses against samples made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agents.catalog import Catalog
from lab.analysis.samples import Sample, Value
from lab.analysis.stats import SURE, Interval
from lab.analysis.verdicts import HypothesisResult, judge
from scenarios.load import load_study
from scenarios.study import Hypothesis, Seeds, Study, cell_name, combinations

Number = Callable[[dict[str, str], int], float | None]


@pytest.fixture(scope="module")
def study(study_file: Path) -> Study:
    """The study `small` with eight seeds."""
    return replace(load_study(study_file, policies=Catalog()), seeds=Seeds(8, 1))


def samples(
    study: Study,
    number: Number,
    *,
    invalid: dict[str, int] | None = None,
    width: float | None = None,
) -> list[Sample]:
    """A sample for every run of the study; `invalid` by level of punish, of ten decisions."""
    made = []
    for levels in combinations(study.factors):
        for replicate in range(study.seeds.count):
            value = number(levels, replicate)
            values = {"contribution_share": Value(value, None)}
            if width is not None and value is not None:
                values["contribution_share.low"] = Value(value - width, None)
                values["contribution_share.high"] = Value(value + width, None)
            n_invalid = (invalid or {}).get(levels["punish"], 0)
            made.append(Sample(cell_name(levels), replicate, 10, n_invalid, values))
    return made


def lifted(levels: dict[str, str], replicate: int) -> float:
    """Punishment lifts contributions by .3 over the first eight seeds, more where bob cooperates."""
    base = 0.1 + 0.02 * replicate
    lift = 0.2 + (0.2 + 0.01 * (replicate - 3.5)) * (levels["bob"] == "full_contributor")
    return base + (levels["punish"] == "3") * lift


def only(found: tuple[HypothesisResult, ...]) -> HypothesisResult:
    (one,) = found
    return one


def test_the_difference_is_averaged_over_the_other_factors_within_each_seed(study: Study) -> None:
    found = only(judge(study, samples(study, lifted)))
    assert found.estimand == "punish: 3 − 0"
    assert found.averaged_over == ("bob",)
    assert found.comparison.n_pairs == 8
    assert found.comparison.mean_difference == pytest.approx(0.3)
    assert (found.comparison.p_value, found.verdict, found.flags) == (2**-8, "supported", ())


def test_a_seed_is_one_unit_however_many_cells_share_it(study: Study) -> None:
    def lucky(levels: dict[str, str], replicate: int) -> float:
        return (1.0 if replicate % 2 else -0.9) * (levels["punish"] == "3")

    assert only(judge(study, samples(study, lucky))).verdict == "not supported"


def test_a_difference_against_the_expected_sign_is_not_support(study: Study) -> None:
    found = only(judge(study, samples(study, lambda levels, n: -lifted(levels, n))))
    assert (found.comparison.p_value, found.verdict) == (1.0, "not supported")


def test_too_few_seeds_give_no_verdict(study: Study) -> None:
    few = replace(study, seeds=Seeds(5, 1))
    found = only(judge(few, samples(few, lifted)))
    assert found.verdict == "no verdict: 5 pairs; a verdict needs 6"
    assert found.comparison.p_value == 2**-5


def test_nothing_run_is_no_data(study: Study) -> None:
    found = only(judge(study, []))
    assert (found.verdict, found.p_holm) == ("no data", None)
    assert found.flags == ("0 of 16 pairs of runs have a value",)


def test_runs_without_a_value_are_left_out_and_told(study: Study) -> None:
    def holed(levels: dict[str, str], replicate: int) -> float | None:
        return None if levels["bob"] == "free_rider" and replicate < 2 else lifted(levels, replicate)

    found = only(judge(study, samples(study, holed)))
    assert found.comparison.n_pairs == 8
    assert found.flags == ("14 of 16 pairs of runs have a value",)


def test_identical_arms_are_told(study: Study) -> None:
    found = only(judge(study, samples(study, lambda levels, n: 0.5)))
    assert (found.verdict, found.flags) == ("not supported", ("the arms are identical",))


def test_a_difference_that_no_seed_changes_is_told_to_be_no_chance(study: Study) -> None:
    found = only(judge(study, samples(study, lambda levels, n: 0.1 * n + (levels["punish"] == "3"))))
    assert (found.verdict, found.flags) == ("supported, but nothing is random", (SURE,))


def test_what_stands_in_the_verdict_is_not_told_twice(study: Study) -> None:
    few = replace(study, seeds=Seeds(5, 1))
    assert only(judge(few, samples(few, lambda levels, n: 0.5))).flags == ()


def test_holm_takes_the_whole_family(study: Study) -> None:
    shadow = Hypothesis("H2", "bob", ("full_contributor", "free_rider"), "contribution_share", "two-sided")
    both = replace(study, hypotheses=(*study.hypotheses, shadow))
    first, second = judge(both, samples(both, lifted))
    assert (first.family, second.family) == (2, 2)
    assert (first.p_holm, second.p_holm) == (2 * 2**-8, 2 * 2**-8)
    assert second.verdict == "difference found"


def test_arms_with_unlike_invalid_rates_are_not_compared_without_bounds(study: Study) -> None:
    found = only(judge(study, samples(study, lifted, invalid={"3": 1})))
    assert found.verdict.startswith("no verdict: invalid rates differ too much")
    assert found.flags == ("invalid rates differ: 10.0% and 0.0%",)
    assert found.bounds is None


@pytest.mark.parametrize(
    ("width", "bounds", "verdict"),
    [
        (0.1, Interval(0.2, 0.4), "supported"),
        (0.31, Interval(-0.01, 0.61), "undecided: invalid replies could reverse it"),
    ],
)
def test_worst_case_bounds_decide_whether_a_verdict_stands(
    study: Study, width: float, bounds: Interval, verdict: str
) -> None:
    # the arm without an invalid reply is sure of its value: its bounds in the log are not used
    found = only(judge(study, samples(study, lifted, invalid={"3": 1}, width=width)))
    assert found.bounds is not None
    assert (found.bounds.low, found.bounds.high) == pytest.approx((bounds.low, bounds.high), abs=1e-12)
    assert found.verdict == verdict
