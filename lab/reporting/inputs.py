"""What figures and reports are made of: plain records, filled by whoever computed the numbers.

Importing them loads no drawing library. Layer 0 is the embedding, layer 1 the first block. Every number may
be None: what was not measured is left out of the drawing and stands as a null in the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from polars import DataFrame

    from lab.reporting.figure import Figure

Metric = Literal["AUROC", "R2", "accuracy"]
BaselineKind = Literal["text", "twin", "control", "bayes"]
Truth = Literal["true", "false"]
Outcome = Literal["passed", "failed", "not tested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a figure stands on; the title of every figure says it.

    Attributes:
        model: the model that was read.
        n_runs: runs, the unit of independence.
        n_decisions: decisions read in them.
        split: how what was scored was kept from what was fitted, such as ``5 folds by run``.
        place: where was read: site, layer and span, as far as they are fixed.
        marks: what every reader must know, such as ``proxy reader`` or ``single seed``.
    """

    model: str
    n_runs: int
    n_decisions: int
    split: str
    place: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReading:
    """What one reader reaches at one layer on held-out runs, with the run bootstrap's 95 % interval."""

    layer: int
    reader: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a reading must beat, or cannot: one value for all layers, or a value for each.

    Attributes:
        kind: the visible text, the untrained twin, the control task, or the exact Bayes posterior.
        value: of all layers; None where `by_layer` says it, or when it is not known.
        by_layer: layer → value.
    """

    kind: BaselineKind
    value: float | None = None
    by_layer: Mapping[int, float | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCurve:
    """A sweep over layers.

    Attributes:
        variable: what is read.
        basis: what it stands on.
        metric: what the values are.
        readings: of every layer and reader.
        chance: the value of a reader that knows nothing.
        null_high: what the best layer stays below in 95 % of all shuffles of the labels.
        baselines: what to compare with; those without a value are not drawn.
        headline: the layer that the claim is about.
        headline_how: how it was chosen, such as ``declared beforehand``.
    """

    variable: str
    basis: Basis
    metric: Metric
    readings: tuple[LayerReading, ...]
    chance: float
    null_high: float | None = None
    baselines: tuple[Baseline, ...] = ()
    headline: int | None = None
    headline_how: str = "headline layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class StripToken:
    """A token of a transcript.

    Attributes:
        text: as the tokenizer decodes it; may be anything.
        score: of the probe there; None where it was not read.
        action: whether it belongs to the action that was parsed.
        claim: whether the claim it belongs to is true or false; None outside of claims.
    """

    text: str
    score: float | None = None
    action: bool = False
    claim: Truth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenStrip:
    """The tokens of one decision with what a probe says at each.

    Attributes:
        variable: what the probe reads.
        basis: what the probe stands on.
        decision: which decision this is, such as ``run 000e045cd14e, decision 5, ann``.
        tokens: in order, those that are drawn.
        first: number of the first of them, counted from the first of the prompt.
        total: tokens of prompt and reply together; None where all are drawn.
        reference: scores of the reference runs, such as honest ones; the colors are centered at their median.
        reference_name: what these runs are.
    """

    variable: str
    basis: Basis
    decision: str
    tokens: tuple[StripToken, ...]
    reference: tuple[float, ...]
    reference_name: str = "reference runs"
    first: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint:
    """A decision with its score.

    Attributes:
        run: id of the run.
        tick: when.
        agent: who decided.
        score: of the probe; None where there is none.
        exact: what the exact posterior, or the true value, is in the unit of the score.
        action: what was done.
    """

    run: str
    tick: int
    agent: str
    score: float | None
    exact: float | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """Something that happened in a run, such as a vote, a fill, a decoy hit."""

    run: str
    tick: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Scores over time: one run drawn in full, all runs averaged around one kind of event.

    Attributes:
        variable: what the probe reads.
        basis: what the probe stands on.
        run: the run drawn above.
        points: decisions of all runs.
        events: of all runs.
        around: kind of event that the average is locked to; None for no average.
        reach: ticks before and after it.
        unit: of the score, such as ``log-odds``.
        exact_name: what `TimelinePoint.exact` is.
        chosen: how the run that is drawn was chosen; empty where somebody named it.
        seed: of the bootstrap over runs.
    """

    variable: str
    basis: Basis
    run: str
    points: tuple[TimelinePoint, ...]
    events: tuple[TimelineEvent, ...] = ()
    around: str | None = None
    reach: int = 3
    unit: str = "log-odds"
    exact_name: str = "exact posterior"
    chosen: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A level of the ladder: what it asks, what was found, what came of it.

    Attributes:
        level: such as ``L1``.
        asked: the question, in words.
        found: the numbers, in words; empty when not tested.
        threshold: what they are held against.
        outcome: passed, failed or not tested.
        reason: why it was not tested, or what kept it from passing.
    """

    level: str
    asked: str
    found: str
    threshold: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTable:
    """A table of a report with the sentence above it."""

    title: str
    frame: DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One finding as a report tells it; all of it is plain text.

    Attributes:
        variable: what is read.
        behavior: what the agent does.
        verdict: in a word or two.
        headline: the sentence that says most.
        sentences: variable, behavior, model, unit, what was found: the generated text.
        allowed: what may be said.
        disallowed: what may not.
        untested: what nothing is known of, and why.
        marks: what limits the claim: a word or two, or these with their meaning after a colon.
        rungs: the ladder, from L0 up.
        figures: in order.
        notes: on the figures, such as why one is missing.
        tables: in order.
        commands: that reproduce it.
        facts: name → value of what identifies it: finding, digests, code, settings.
    """

    variable: str
    behavior: str
    verdict: str
    headline: str
    sentences: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    disallowed: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[NamedTable, ...] = ()
    commands: tuple[str, ...] = ()
    facts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of claims: `write_report` makes one page of it.

    Attributes:
        title: of the page.
        lead: one or two sentences below it.
        claims: in order.
        commands: that reproduce the whole page.
    """

    title: str
    lead: str
    claims: tuple[Claim, ...]
    commands: tuple[str, ...] = ()
