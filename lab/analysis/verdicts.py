"""Declared hypotheses against the runs: paired differences, Holm's correction, and what weakens a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from lab.analysis.permutation import Direction
from lab.analysis.samples import HIGH, LOW, Sample, invalid_rate
from lab.analysis.stats import MIN_PAIRS, SURE, Comparison, Interval, holm, paired_difference
from lab.core.streams import stream_key
from scenarios.study import Hypothesis, Study, cell_name, combinations

ALPHA = 0.05
"""A hypothesis is supported when its adjusted p is at most this."""

INVALID_GAP = 0.05
"""Arms whose invalid rates differ by more are not compared without worst-case bounds."""


@dataclass(frozen=True, slots=True)
class HypothesisResult:
    """A declared comparison and what the runs say about it.

    Attributes:
        id: its short name in the study file.
        measure: what is compared.
        direction: the expected sign.
        estimand: which level less which, such as ``punish: 3 − 0``.
        averaged_over: the other factors; a seed's difference is its mean over their levels.
        comparison: the difference over seeds, in the measure's unit.
        p_holm: the p-value adjusted for all hypotheses of the study.
        family: how many those are.
        bounds: worst-case bounds of the difference, where invalid replies make them differ.
        verdict: one phrase.
        flags: what a reader must know before believing it.
    """

    id: str
    measure: str
    direction: Direction
    estimand: str
    averaged_over: tuple[str, ...]
    comparison: Comparison
    p_holm: float | None
    family: int
    bounds: Interval | None
    verdict: str
    flags: tuple[str, ...]


class Pair(NamedTuple):
    """Two runs that differ in one factor alone and share their seed."""

    first: Sample
    second: Sample


Number = Callable[[Sample], float | None]


def judge(study: Study, samples: Sequence[Sample]) -> tuple[HypothesisResult, ...]:
    """Every declared hypothesis of `study`, in file order.

    Runs of one seed share their luck in all cells, so the seed is the unit: its differences over the levels
    of the other factors are averaged before signs are flipped.
    """
    pairs = [_pairs(study, one, samples) for one in study.hypotheses]
    compared = [_compare(study, one, own) for one, own in zip(study.hypotheses, pairs, strict=True)]
    known = [index for index, one in enumerate(compared) if one.p_value is not None]
    adjusted = dict(zip(known, holm([compared[index].p_value or 0.0 for index in known]), strict=True))
    return tuple(
        _result(study, one, pairs[index], compared[index], adjusted.get(index))
        for index, one in enumerate(study.hypotheses)
    )


def _pairs(study: Study, hypothesis: Hypothesis, samples: Sequence[Sample]) -> list[Pair]:
    runs = {(sample.cell, sample.replicate): sample for sample in samples}
    first, second = hypothesis.contrast
    found = []
    for levels in combinations(study.factors):
        if levels[hypothesis.factor] != first:
            continue
        cells = (cell_name(levels), cell_name(levels | {hypothesis.factor: second}))
        for replicate in range(study.seeds.count):
            pair = [runs.get((cell, replicate)) for cell in cells]
            if pair[0] is not None and pair[1] is not None:
                found.append(Pair(pair[0], pair[1]))
    return found


def _compare(study: Study, hypothesis: Hypothesis, pairs: Sequence[Pair]) -> Comparison:
    def number(sample: Sample) -> float | None:
        return sample.number(hypothesis.measure)

    return paired_difference(
        *_by_seed(pairs, number, number),
        direction=hypothesis.direction,
        seed=stream_key(study.seeds.root, f"hypothesis {hypothesis.id}"),
    )


def _by_seed(
    pairs: Iterable[Pair], first: Number, second: Number
) -> tuple[dict[int, float], dict[int, float]]:
    """For each arm, seed → mean over the pairs of that seed in which both runs have a value."""
    firsts: dict[int, list[float]] = {}
    seconds: dict[int, list[float]] = {}
    for pair in pairs:
        one, other = first(pair.first), second(pair.second)
        if one is not None and other is not None:
            firsts.setdefault(pair.first.replicate, []).append(one)
            seconds.setdefault(pair.first.replicate, []).append(other)
    return _means(firsts), _means(seconds)


def _means(values: dict[int, list[float]]) -> dict[int, float]:
    return {seed: fmean(own) for seed, own in values.items()}


def _result(
    study: Study,
    hypothesis: Hypothesis,
    pairs: Sequence[Pair],
    comparison: Comparison,
    p_holm: float | None,
) -> HypothesisResult:
    rates = [invalid_rate([pair[arm] for pair in pairs]) or 0.0 for arm in (0, 1)]
    bounds = _bounds(pairs, hypothesis.measure) if any(rates) else None
    return HypothesisResult(
        id=hypothesis.id,
        measure=hypothesis.measure,
        direction=hypothesis.direction,
        estimand=f"{hypothesis.factor}: {' − '.join(hypothesis.contrast)}",
        averaged_over=tuple(one.alias for one in study.factors if one.alias != hypothesis.factor),
        comparison=comparison,
        p_holm=p_holm,
        family=len(study.hypotheses),
        bounds=bounds,
        verdict=_verdict(hypothesis.direction, comparison, p_holm, rates, bounds),
        flags=tuple(_flags(study, hypothesis, pairs, comparison, rates, bounds)),
    )


def _bounds(pairs: Sequence[Pair], measure: str) -> Interval | None:
    """How low and how high the difference could be; None where the log cannot tell."""
    valued = [pair for pair in pairs if _has_value(pair, measure)]
    ends = [run.worst(measure, side) for pair in valued for run in pair for side in (LOW, HIGH)]
    if not ends or None in ends:
        return None
    return Interval(_extreme(valued, measure, LOW, HIGH), _extreme(valued, measure, HIGH, LOW))


def _extreme(pairs: Sequence[Pair], measure: str, first_side: str, second_side: str) -> float:
    """The difference had every invalid reply of each arm gone to that arm's side."""
    first, second = _by_seed(
        pairs, lambda run: run.worst(measure, first_side), lambda run: run.worst(measure, second_side)
    )
    return fmean(first[seed] - second[seed] for seed in first)


def _has_value(pair: Pair, measure: str) -> bool:
    return all(run.number(measure) is not None for run in pair)


def _verdict(
    direction: Direction,
    comparison: Comparison,
    p_holm: float | None,
    rates: Sequence[float],
    bounds: Interval | None,
) -> str:
    if p_holm is None:
        return "no data"
    if (comparison.n_pairs or 0) < MIN_PAIRS:
        return f"no verdict: {comparison.note}"
    if _gap(rates) and bounds is None:
        return "no verdict: invalid rates differ too much, and the log has no worst-case bounds"
    if p_holm > ALPHA:
        return "no difference found" if direction == "two-sided" else "not supported"
    if _crosses(bounds):
        return "undecided: invalid replies could reverse it"
    found = "difference found" if direction == "two-sided" else "supported"
    return f"{found}, but nothing is random" if comparison.note == SURE else found


def _flags(
    study: Study,
    hypothesis: Hypothesis,
    pairs: Sequence[Pair],
    comparison: Comparison,
    rates: Sequence[float],
    bounds: Interval | None,
) -> Iterator[str]:
    levels = len(next(one for one in study.factors if one.alias == hypothesis.factor).levels)
    planned = study.n_runs // levels
    valued = sum(_has_value(pair, hypothesis.measure) for pair in pairs)
    if valued < planned:
        yield f"{valued} of {planned} pairs of runs have a value"
    if comparison.note and (comparison.n_pairs or 0) >= MIN_PAIRS:
        yield comparison.note
    if _gap(rates):
        yield f"invalid rates differ: {rates[0]:.1%} and {rates[1]:.1%}"
    if bounds is not None and _crosses(bounds):
        yield f"worst-case bounds {bounds.low:.3g} to {bounds.high:.3g} hold 0"


def _gap(rates: Sequence[float]) -> bool:
    return abs(rates[0] - rates[1]) > INVALID_GAP


def _crosses(bounds: Interval | None) -> bool:
    return bounds is not None and bounds.low <= 0 <= bounds.high
