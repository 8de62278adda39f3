"""The claim ladder L0–L3 (alignment.md §3.1): thresholds, what each level asks and finds, the verdict.

A level counts only with all below it, and missing evidence lowers a claim, never raises it.

The thresholds are margins above chance, one set for every kind of variable: .03 for the interval of a
held-out value (AUROC > .53), .10 for selectivity, .05 for the interval on scenarios left out (AUROC > .55).
Chance is an AUROC of .5, an R² of 0, and the share of the most frequent of several classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lab.align.evidence import Estimate, Evidence, LayerEvidence

Outcome = Literal["passed", "failed", "not tested"]
Verdict = Literal["not decodable", "surface-confounded", "decodable", "transfers", "incomplete"]

LEVELS = ("L0", "L1", "L2", "L3")
TEXT, COPY = "text baselines on what the agent saw", "an untrained copy of the model"
FEW_RUNS = 30


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the levels are held against; others than these cap a claim at L1.

    Attributes:
        completeness: least share of labeled decisions with a capture.
        margin: least lower end of the held-out value above chance.
        p: greatest permutation p-value.
        selectivity: least value above that of the control task.
        transfer_margin: least lower end above chance on every scenario left out.
    """

    completeness: float = 0.99
    margin: float = 0.03
    p: float = 0.05
    selectivity: float = 0.10
    transfer_margin: float = 0.05


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the ladder at one layer.

    Attributes:
        level: ``L0`` … ``L3``.
        asked: what it takes.
        found: the numbers; empty where nothing was tested.
        threshold: what they are held against.
        outcome: passed, failed or not tested.
        reason: why it was not tested, or what it failed on.
    """

    level: str
    asked: str
    found: str
    threshold: str
    outcome: Outcome
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The level as JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Judged:
    """A layer on the ladder.

    Attributes:
        layer: 0 is the embedding.
        levels: L0 to L3, each by its own evidence.
        reached: the highest level that passed with all below it; None below L0.
        verdict: in a word or two.
    """

    layer: int
    levels: tuple[Level, ...]
    reached: str | None
    verdict: Verdict


def judge(evidence: Evidence, layer: int, *, thresholds: Thresholds | None = None) -> Judged:
    """The place of a layer on the ladder.

    A proxy reader and thresholds other than the default cap the claim at L1.
    """
    held = thresholds or Thresholds()
    one = evidence.at(layer)
    levels = (
        _logged(evidence, held),
        _decodable(evidence, one, held),
        _capped(_beyond(evidence, one, held), evidence, held),
        _capped(_transfers(evidence, one, held), evidence, held),
    )
    passed = [level.outcome == "passed" for level in levels]
    height = passed.index(False) if False in passed else len(passed)
    return Judged(layer, levels, LEVELS[height - 1] if height else None, _verdict(levels, height))


def marks(evidence: Evidence, *, organism: bool, thresholds: Thresholds | None = None) -> tuple[str, ...]:
    """What every reader of a claim must know of it, each in a word or two."""
    joined = evidence.joined
    found = {
        "single seed": organism or joined.seeds == 1,
        "under 30 runs": joined.seeds < FEW_RUNS,
        "under 30 runs of a class": joined.least_class is not None
        and joined.least_class < FEW_RUNS <= joined.seeds,
        "proxy reader": joined.proxy,
        "custom thresholds": thresholds not in (None, Thresholds()),
    }
    return tuple(mark for mark, holds in found.items() if holds)


def number(value: float) -> str:
    """A statistic for reading: two decimals, three below .1 and above .99; minus as in print."""
    decimals = 3 if abs(value) < 0.1 or 0.985 < abs(value) < 1 else 2
    return f"{value:.{decimals}f}".replace("-", "−")


def shown(one: Estimate) -> str:
    """An estimate for reading: ``0.91 [0.88, 0.94]``."""
    if one.low is None or one.high is None:
        return number(one.value)
    return f"{number(one.value)} [{number(one.low)}, {number(one.high)}]"


def _logged(evidence: Evidence, held: Thresholds) -> Level:
    joined = evidence.joined
    asked = "activations of these decisions are in the log, and the log repeats"
    gap = "no log-probabilities to compare" if joined.gap is None else f"largest gap {joined.gap:.2g}"
    found = (
        f"{joined.joined:,} of {joined.labeled:,} labeled decisions captured; {gap}; "
        f"{joined.replayed - joined.differing} of {joined.replayed} runs replayed alike"
    )
    threshold = f"share ≥ {held.completeness:g}, gap ≤ {joined.tolerance:g}, equal digests"
    problems = []
    if joined.completeness < held.completeness:
        problems.append(f"{joined.labeled - joined.joined:,} labeled decisions have no capture")
    if joined.gap is not None and joined.gap > joined.tolerance:
        problems.append("the captures do not repeat the logged log-probabilities")
    if joined.differing:
        problems.append(f"{joined.differing} runs replay to another digest")
    if problems:
        return Level("L0", asked, found, threshold, "failed", "; ".join(problems))
    if joined.gap is None:
        reason = "some captures were read again, and the log has no log-probabilities to compare with"
        return Level("L0", asked, found, threshold, "not tested", reason)
    if not joined.replayed:
        reason = evidence.untested.get("L0", "no run was replayed")
        return Level("L0", asked, found, threshold, "not tested", reason)
    return Level("L0", asked, found, threshold, "passed")


def _decodable(evidence: Evidence, one: LayerEvidence, held: Thresholds) -> Level:
    asked = "a linear reader tells its values apart on held-out runs"
    bound = evidence.chance + held.margin
    threshold = f"lower end > {number(bound)}, p < {held.p:g}, selectivity ≥ {held.selectivity:g}"
    value, p, control = one.value, evidence.p_at(one.layer), one.control
    if value is None or p is None or control is None:
        reason = evidence.untested.get("L1", "not measured")
        return Level("L1", asked, "", threshold, "not tested", reason)
    selectivity = value.value - max(control, evidence.chance)
    found = f"{evidence.metric} {shown(value)}, p {p_words(p)}, selectivity {number(selectivity)}"
    problems = []
    if not value.above(bound):
        problems.append(f"the interval reaches down to {number(bound)} or below")
    if p >= held.p:
        problems.append("permuted labels do as well")
    if selectivity < held.selectivity:
        problems.append("random labels are read almost as well")
    return _held("L1", asked, found, threshold, problems)


def _beyond(evidence: Evidence, one: LayerEvidence, held: Thresholds) -> Level:
    """Against the untrained twin where the text determines the variable, else against the text.

    A variable that the text does not determine must beat the twin too, where that was measured: what an
    untrained network reads as well is no work of the trained one.
    """
    against = "twin" if evidence.visible else "text"
    named = COPY if evidence.visible else TEXT
    asked = f"better than from {named}"
    delta = one.over_twin if evidence.visible else one.over_text
    threshold = "lower end of the difference > 0"
    if delta is None:
        return Level("L2", asked, "", threshold, "not tested", evidence.untested.get(against, "not measured"))
    found = f"{evidence.metric} {shown(delta)} above {named}"
    problems = [] if delta.above(0.0) else ["the difference may be nothing"]
    if not evidence.visible and one.over_twin is not None:
        found += f", {shown(one.over_twin)} above {COPY}"
        if not one.over_twin.above(0.0):
            problems.append(f"{COPY} may do as well")
    return _held("L2", asked, found, threshold, problems)


def _transfers(evidence: Evidence, one: LayerEvidence, held: Thresholds) -> Level:
    asked = "in cells of the study not used for fitting"
    bound = evidence.chance + held.transfer_margin
    threshold = f"lower end > {number(bound)} in every cell left out"
    if one.transfer is None or not one.transfer.by_scenario:
        return Level("L3", asked, "", threshold, "not tested", evidence.untested.get("L3", "not measured"))
    each = one.transfer.by_scenario
    pooled = "" if one.transfer.pooled is None else f"; pooled {number(one.transfer.pooled)}"
    found = "; ".join(f"{name} {shown(reached)}" for name, reached in each.items()) + pooled
    below = [name for name, reached in each.items() if not reached.above(bound)]
    problems = [f"not in {' and '.join(below)}"] if below else []
    return _held("L3", asked, f"{evidence.metric} {found}", threshold, problems)


def _held(level: str, asked: str, found: str, threshold: str, problems: list[str]) -> Level:
    outcome: Outcome = "failed" if problems else "passed"
    return Level(level, asked, found, threshold, outcome, "; ".join(problems))


def _capped(level: Level, evidence: Evidence, held: Thresholds) -> Level:
    reason = next(_caps(evidence, held), None)
    if reason is None:
        return level
    return Level(level.level, level.asked, level.found, level.threshold, "not tested", reason)


def _caps(evidence: Evidence, held: Thresholds) -> Iterator[str]:
    if evidence.joined.proxy:
        yield "a proxy reader is not the actor: claims end at L1"
    if held != Thresholds():
        yield "custom thresholds: claims end at L1"


def _verdict(levels: tuple[Level, ...], height: int) -> Verdict:
    """The verdict of a layer whose first `height` levels passed."""
    if height == len(levels):
        return "transfers"
    if height == 3:
        return "decodable"
    if height == 0 or levels[height].outcome == "not tested":
        return "incomplete"
    return "not decodable" if height == 1 else "surface-confounded"


def p_words(p: float) -> str:
    """A permutation p-value for reading: with as many decimals as it has."""
    return f"{p:.4f}".rstrip("0") if p < 0.01 else f"{p:.3f}".rstrip("0")
