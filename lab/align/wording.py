"""What may be said of a finding, and what may not: fixed sentences with numbers filled in.

No sentence speaks of what an agent holds true or is after: below L5 a reading says what is there to be read,
not what it is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lab.align.association import Association
from lab.align.evidence import Evidence
from lab.align.ladder import COPY, TEXT, Judged, Level, number, p_words, shown

BEFORE_THE_ACTION = ("pre_action", "pre_choice")
HIGHER = (
    "L4 (moves the action), L5 (is needed for it) and L6 (mediates) are not tested: nothing was changed "
    "inside the model"
)

MARKS = {
    "single seed": "one seed stands behind the weights or the runs; another seed may give another model",
    "under 30 runs": "fewer than 30 runs: the best layer of pure noise reaches an AUROC of .7 with so few",
    "under 30 runs of a class": "a class occurs in fewer than 30 runs",
    "proxy reader": "another model was read than the one that acted; claims end at L1",
    "custom thresholds": "thresholds other than the default; claims end at L1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a claim is about, as the sentences name it.

    Attributes:
        study, variable, behavior: as they were asked for.
        about: what the variable is; empty where nobody declared it.
        agents: who was read.
        model: which model.
        scenarios: in which environments.
        site, layer, span: where.
        reader: kind of estimator.
        split: how what was scored was kept from what was fitted.
        chosen: how the layer came about.
    """

    study: str
    variable: str
    behavior: str
    about: str
    agents: tuple[str, ...]
    model: str
    scenarios: tuple[str, ...]
    site: str
    layer: int
    span: str
    reader: str
    split: str
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """The text of a finding.

    Attributes:
        headline: the sentence that says most.
        body: variable, behavior, model, unit; what was read where; what it was compared with; the verdict.
        allowed: what may be said; empty where nothing may.
        disallowed: readings that the evidence does not carry.
        untested: levels that nothing is known of, and why.
        marks: what weakens the claim, each with its meaning.
    """

    headline: str
    body: tuple[str, ...]
    allowed: tuple[str, ...]
    disallowed: tuple[str, ...]
    untested: tuple[str, ...]
    marks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The sentences as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sentences:
        """The sentences that `to_json` wrote down."""
        lists = {name: tuple(said) for name, said in data.items() if name != "headline"}
        return cls(headline=data["headline"], **lists)


def sentences(
    subject: Subject,
    evidence: Evidence,
    judged: Judged,
    *,
    marks: tuple[str, ...],
    association: Association | None,
) -> Sentences:
    """The sentences of one layer's finding."""
    return Sentences(
        headline=_headline(subject, evidence, judged),
        body=(
            *_setting(subject, evidence),
            *_reading(subject, evidence),
            *_compared(subject, evidence),
            *_transferred(subject, evidence),
            *_associated(subject, association),
            f"Verdict at layer {subject.layer}: {judged.verdict}.",
        ),
        allowed=tuple(_allowed(subject, evidence, judged)),
        disallowed=tuple(_disallowed(subject, judged)),
        untested=(*(f"{one.level}: {one.reason}" for one in _untested(judged)), HIGHER),
        marks=tuple(f"{mark}: {MARKS[mark]}" for mark in marks),
    )


def _headline(subject: Subject, evidence: Evidence, judged: Judged) -> str:
    where = f"at layer {subject.layer} of {subject.model}"
    name = _named(subject.variable)
    one = evidence.at(subject.layer)
    figure = "" if one.value is None else f" ({evidence.metric} {shown(one.value)} on held-out runs)"
    beats_text = one.over_text is not None and one.over_text.above(0.0)
    twin_rivals = evidence.visible or (judged.verdict == "surface-confounded" and beats_text)
    rival = COPY if twin_rivals else TEXT
    said = {
        "not decodable": f"{name} was not found to be readable {where}",
        "surface-confounded": f"{name} is readable {where}, but not shown to be more so than from {rival}",
        "decodable": f"{name} is readable {where}, better than from {rival}",
        "transfers": f"{name} is readable {where}, also in cells not used for fitting",
        "incomplete": f"What was tested does not settle whether {name} is readable {where}",
    }
    if judged.verdict == "incomplete" and judged.reached == "L1":
        return f"{name} is readable {where}; whether better than from {rival} was not tested{figure}."
    return f"{said[judged.verdict]}{figure}."


def _setting(subject: Subject, evidence: Evidence) -> Iterator[str]:
    about = f": {subject.about}" if subject.about else ""
    yield f"Variable: {_named(subject.variable)}{about}. Behavior: {_named(subject.behavior)}."
    joined = evidence.joined
    unit = "run" if joined.runs == joined.seeds else f"seed ({joined.seeds} of them)"
    reader = "read with another model," if joined.proxy else "played by"
    yield (
        f"Read: {' and '.join(subject.agents)}, {reader} {subject.model}, "
        f"in {' and '.join(subject.scenarios)}; "
        f"{joined.runs:,} runs, {joined.joined:,} decisions; the unit is the {unit}."
    )
    lost = joined.labeled - joined.joined
    if lost or joined.unlabeled:
        why = "; ".join(f"{count:,} × {reason}" for reason, count in joined.reasons.items())
        yield (
            f"{lost:,} labeled decisions have no capture{f' ({why})' if why else ''}; "
            f"{joined.unlabeled:,} captured decisions have no label."
        )
    if joined.unfinished:
        yield f"{joined.unfinished:,} runs of the study are not done and count for nothing here."


def _reading(subject: Subject, evidence: Evidence) -> Iterator[str]:
    one = evidence.at(subject.layer)
    place = f"{subject.site}[{subject.layer}] at {subject.span}"
    if one.value is None:
        yield f"Nothing was read at {place}: {evidence.untested.get('L1', 'not measured')}."
        return
    p = evidence.p_at(subject.layer)
    chance = f"chance {number(evidence.chance)}"
    chance += "" if p is None else f"; permutation p over all layers {p_words(p)}"
    yield (
        f"A {subject.reader} reader of {place} reaches {evidence.metric} {shown(one.value)} "
        f"({subject.split}; {chance}). Layer {subject.layer} is {subject.chosen}."
    )
    every = [f"{layer.layer}: {number(layer.value.value)}" for layer in evidence.layers if layer.value]
    if len(every) > 1:
        yield f"By layer, 0 the embedding: {', '.join(every)}."


def _compared(subject: Subject, evidence: Evidence) -> Iterator[str]:
    one = evidence.at(subject.layer)
    parts = []
    if evidence.text:
        parts.append(f"visible text {number(evidence.text[1])} ({evidence.text[0]})")
    if one.twin is not None:
        parts.append(f"untrained copy {number(one.twin)}")
    if one.control is not None:
        parts.append(f"random labels {number(one.control)}")
    if evidence.bayes is not None:
        parts.append(
            f"exact posterior {number(evidence.bayes)}, which no reader of the text can beat on average"
        )
    if parts:
        yield f"For comparison: {'; '.join(parts)}."
    if evidence.visible and one.value is not None:
        yield (
            f"What the agent saw determines {_named(subject.variable)}, so the claim is held against an "
            "untrained copy of the model, not against the text."
        )


def _transferred(subject: Subject, evidence: Evidence) -> Iterator[str]:
    transfer = evidence.at(subject.layer).transfer
    if transfer and transfer.by_scenario:
        each = "; ".join(f"{name} {shown(one)}" for name, one in transfer.by_scenario.items())
        pooled = "" if transfer.pooled is None else f"; pooled {number(transfer.pooled)}"
        yield f"Fitted on the other cells: {each}{pooled}."


def _associated(subject: Subject, association: Association | None) -> Iterator[str]:
    if association is not None and association.bins:
        each = "; ".join(f"{one.name} third {shown(one.estimate)}" for one in association.bins)
        yield (
            f"By held-out score, {association.outcome}: {each}. This is association, not cause: whatever "
            "moves the score may move the behavior by another way."
        )


def _allowed(subject: Subject, evidence: Evidence, judged: Judged) -> Iterator[str]:
    if judged.reached is None:
        return
    if judged.reached == "L0":
        yield "Activations of these decisions are in the log."
        return
    when = "before the action" if subject.span in BEFORE_THE_ACTION else f"at {subject.span}"
    beyond = " better than from " + (COPY if evidence.visible else TEXT)
    said = f"{_named(subject.variable)} can be read linearly at layer {subject.layer} {when}"
    said += f",{beyond}" if judged.reached in ("L2", "L3") else ""
    transfer = evidence.at(subject.layer).transfer
    if judged.reached == "L3" and transfer:
        said += f", in cells not used for fitting: {' and '.join(transfer.by_scenario)}"
    yield f"{said} ({subject.model}, {' and '.join(subject.scenarios)})."


def _disallowed(subject: Subject, judged: Judged) -> Iterator[str]:
    name = _named(subject.variable)
    if judged.reached in (None, "L0"):
        yield f"That {name} is absent from the model: another site, span, reader or more runs may show it."
    yield f"That the agent uses {name}, or acts because of it: being readable is not being used."
    if judged.verdict == "surface-confounded":
        yield f"That the model has worked {name} out: what was compared with does as well."
    if judged.reached in ("L1", "L2"):
        yield "That the same reader works in other cells or scenarios."
    if judged.reached == "L3":
        yield "That the same reader works in other cells or scenarios than these of one study."
    yield "That other models, other weights of this one, or other wordings show the same."
    yield "Anything about safety, or about people."


def _untested(judged: Judged) -> list[Level]:
    return [one for one in judged.levels if one.outcome == "not tested"]


def _named(name: str) -> str:
    """A variable or behavior as it stands in a sentence; SQL on one line."""
    return f"`{' '.join(name.split())}`"
