"""What was measured, in the terms in which the ladder asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isnan
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from probes.readers.assessment import Assessment

Metric = Literal["AUROC", "R2", "accuracy"]

METRICS: Mapping[str, Metric] = {"binary": "AUROC", "number": "R2", "classes": "accuracy"}
"""Kind of task → what its claims are made by."""


DECIMALS = 6
"""What numbers are cut to before they are stored: beyond it, libraries differ in how they sum."""


class Estimate(NamedTuple):
    """A number with its 95 % interval, by bootstrap over runs; an end is None where it is not defined."""

    value: float
    low: float | None = None
    high: float | None = None

    def above(self, bound: float) -> bool:
        """Whether the whole interval lies above `bound`; without an interval it does not."""
        return self.low is not None and self.low > bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What came together for a claim.

    Attributes:
        labeled: decisions with a label, of those that a model answered.
        joined: those of them with a capture.
        unlabeled: captured decisions without a label.
        reasons: why a labeled decision has no capture → how many.
        runs: finished runs among the joined.
        seeds: their seeds; runs of one seed share their luck and are kept together.
        least_class: the fewest runs that any class occurs in; None for a number.
        proxy: whether another model was read than the one that acted.
        gap: largest difference to the logged log-probabilities, 0 for activations of the acting pass; None
            where the log has none to compare with.
        tolerance: the most that gap may be.
        replayed: runs executed again from the log, without any model.
        differing: those of them whose digest came out different.
        unfinished: runs of the study that count for nothing here, not being done.
    """

    labeled: int
    joined: int
    unlabeled: int
    reasons: Mapping[str, int]
    runs: int
    seeds: int
    least_class: int | None
    proxy: bool
    gap: float | None
    tolerance: float
    replayed: int
    differing: int
    unfinished: int = 0

    @property
    def completeness(self) -> float:
        """The share of labeled decisions that have a capture."""
        return self.joined / self.labeled if self.labeled else 0.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """Probes on scenarios that they were not fitted on.

    Attributes:
        by_scenario: scenario → what a probe of the others reaches there.
        pooled: what they reach together, scores as they are; None where it is not defined.
    """

    by_scenario: Mapping[str, Estimate]
    pooled: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerEvidence:
    """What was measured at one layer. None stands for what was not; `Evidence.untested` says why.

    Attributes:
        layer: 0 is the embedding.
        value: of the reader that the claim is about, on held-out runs.
        p: how often permuted labels do as well at their best layer as the true ones do here.
        other: of the second reader.
        control: of the same reader on random labels of the same shape.
        over_text: value less the best text baseline's, on the same runs.
        twin: of the same reader on an untrained copy of the model.
        over_twin: value less the twin's, on the same runs.
        transfer: on scenarios left out.
    """

    layer: int
    value: Estimate | None = None
    p: float | None = None
    other: Estimate | None = None
    control: float | None = None
    over_text: Estimate | None = None
    twin: float | None = None
    over_twin: Estimate | None = None
    transfer: Transfer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the ladder looks at.

    Attributes:
        metric: what the values are.
        chance: what a reader that knows nothing reaches.
        visible: whether the variable is a function of what the agent saw; None where the log does not say.
        joined: what came together.
        readers: the kind of estimator that claims are made with, and the second one.
        layers: in rising order.
        permutation_p: of the best layer of the sweep, labels permuted; it pays for the choice of a layer. Of
            several variables it is adjusted for their number.
        family: how many variables were asked for together.
        ceiling: what 95 % of the best layers stay below when labels are permuted.
        nested: with a layer chosen inside of each fold, on runs that the choice never saw.
        nested_layer: the layer that most folds chose.
        text: name of the best text baseline, and what it reaches.
        bayes: what the exact posterior reaches; None where the log has none.
        untested: ``L0``, ``L1``, ``text``, ``twin``, ``L3`` → why there is no such number.
    """

    metric: Metric
    chance: float
    visible: bool | None
    joined: Joined
    readers: tuple[str, str] = ("", "")
    layers: tuple[LayerEvidence, ...] = ()
    permutation_p: float | None = None
    family: int = 1
    ceiling: float | None = None
    nested: Estimate | None = None
    nested_layer: int | None = None
    text: tuple[str, float] | None = None
    bayes: float | None = None
    untested: Mapping[str, str] = field(default_factory=dict)

    def at(self, layer: int) -> LayerEvidence:
        """What was measured at a layer."""
        return next(one for one in self.layers if one.layer == layer)

    def p_at(self, layer: int) -> float | None:
        """The p-value of a layer: what its best one owes to the number of variables, each owes."""
        own, best = self.at(layer).p, self.permutation_p
        return best if own is None or best is None else max(own, best)

    def with_transfer(self, transfers: Mapping[int, Transfer]) -> Evidence:
        """The same evidence with what was reached on scenarios left out, by layer."""
        layers = tuple(replace(one, transfer=transfers.get(one.layer)) for one in self.layers)
        return replace(self, layers=layers)

    def lacking(self, level: str, reason: str) -> Evidence:
        """The same evidence, without a level for that reason."""
        return replace(self, untested={**self.untested, level: reason})

    def to_json(self) -> dict[str, Any]:
        """All numbers as JSON data, cut to `DECIMALS`, so that a second process finds the same."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def evidence_of(
    assessment: Assessment,
    joined: Joined,
    *,
    visible: bool | None,
    bayes: float | None,
    untested: Mapping[str, str],
) -> Evidence:
    """What `probes.readers` measured, as the ladder asks for it."""
    best = assessment.best_text
    return Evidence(
        metric=METRICS[assessment.task.kind],
        chance=assessment.floor,
        visible=visible,
        joined=joined,
        readers=assessment.readers,
        layers=tuple(
            LayerEvidence(
                layer=one.layer,
                value=estimate_of(one.reading),
                p=one.p,
                other=estimate_of(one.plain),
                control=one.control,
                over_text=estimate_of(one.over_text),
                twin=None if one.twin is None else one.twin.value,
                over_twin=estimate_of(one.over_twin),
            )
            for one in assessment.layers
        ),
        permutation_p=assessment.p,
        ceiling=assessment.ceiling,
        nested=estimate_of(assessment.nested),
        nested_layer=assessment.nested_layer,
        text=None if best is None else (best, assessment.text[best].value),
        bayes=bayes,
        untested=untested,
    )


def estimate_of(found: tuple[float, float, float] | None) -> Estimate | None:
    """An estimate of `probes.readers`, whose undefined ends are NaN; None for none and for NaN itself."""
    if found is None or isnan(found[0]):
        return None
    return Estimate(float(found[0]), *(None if isnan(end) else float(end) for end in found[1:]))


def _plain(value: Any) -> Any:
    if isinstance(value, LayerEvidence | Joined | Transfer):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, Estimate):
        return {"value": _plain(value.value), "low": _plain(value.low), "high": _plain(value.high)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return round(value, DECIMALS) + 0.0 if type(value) is float else value
