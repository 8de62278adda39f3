"""From a question to findings: everything measured, judged layer by layer, told in sentences, stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from db.findings import put_findings, refuse_others
from db.store import Store
from lab.align.association import Association, associate
from lab.align.evidence import DECIMALS, Evidence
from lab.align.finding import Finding, code_hash, finding_id, layer_metrics
from lab.align.fitted import Fitted, fit_all, keep_probes
from lab.align.ladder import judge, marks
from lab.align.measuring import Measured, declared_layer, measure
from lab.align.question import TWIN_SEED, Budget, Question, settings_json
from lab.align.wording import Subject, sentences

FEW_POSITIVES = 30
"""With fewer of a value no layer is chosen from the data (alignment.md §3.3): the middle one is declared."""

DECLARED = "declared beforehand"
MIDDLE = "the middle one, declared beforehand because a value occurs too seldom for a choice"
CHOSEN = "the one that most folds chose among their own training runs"


@dataclass(frozen=True, slots=True)
class Climbed:
    """The answer to a question.

    Attributes:
        findings: of every variable, one for each layer.
        measured: of every variable, what they come from.
        new: findings that the log did not have.
    """

    findings: tuple[Finding, ...]
    measured: tuple[Measured, ...]
    new: int

    @property
    def headlines(self) -> tuple[Finding, ...]:
        """The finding of each variable that the claim is about."""
        return tuple(one for one in self.findings if one.headline)


def climb(store: Store, question: Question, *, budget: Budget | None = None) -> Climbed:
    """The findings that answer a question, stored with the probes behind them.

    The same question of the same log gives the same findings; those that the log has stay as they are.

    Raises:
        UnknownName: for a study, variable, behavior, agent, environment, site or span that is not in the log.
        UsageError: when there is nothing to read, or too little.
        StoreError: when the log has other numbers for this question.
    """
    time = budget or Budget()
    measured = [measure(store, question.of(name), time) for name in question.variables]
    measured = _corrected(measured)
    fitted = [fit_all(store, one) for one in measured]
    findings = [
        finding
        for one, probes in zip(measured, fitted, strict=True)
        for finding in _findings(question, one, probes)
    ]
    rows = [one.to_row() for one in findings]
    refuse_others(store, rows)
    for one, probes in zip(measured, fitted, strict=True):
        keep_probes(store, one, probes)
    return Climbed(tuple(findings), tuple(measured), put_findings(store, rows))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """`p_values` adjusted for their number, in the given order (Benjamini & Hochberg 1995, step-up)."""
    order = np.argsort(p_values)
    ranked = np.asarray(p_values, dtype=float)[order] * len(p_values) / np.arange(1, len(p_values) + 1)
    adjusted = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    found = np.empty(len(p_values))
    found[order] = adjusted
    return found.tolist()


def headline_layer(question: Question, measured: Measured) -> tuple[int, str]:
    """The layer that the claim is about, and how it came about."""
    layers = measured.aligned.captured.layers
    if question.layer is not None:
        return declared_layer(question.layer, layers, question.site), DECLARED
    evidence, table = measured.evidence, measured.table
    middle = [layer for layer in layers if layer > 0] or list(layers)
    if evidence.nested_layer is None:
        return middle[len(middle) // 2], MIDDLE
    counts = table.runs_by_value if table.is_constant_in_runs else table.counts
    if counts and min(counts.values()) < FEW_POSITIVES:
        return middle[len(middle) // 2], MIDDLE
    return evidence.nested_layer, CHOSEN


def _corrected(measured: list[Measured]) -> list[Measured]:
    """The p-values of several variables, adjusted for their number."""
    known = [one for one in measured if one.evidence.permutation_p is not None]
    if len(measured) < 2 or not known:
        return measured
    adjusted = dict(zip(map(id, known), benjamini_hochberg([_p(one.evidence) for one in known]), strict=True))
    return [
        replace(one, evidence=replace(one.evidence, permutation_p=adjusted[id(one)], family=len(measured)))
        if id(one) in adjusted
        else one
        for one in measured
    ]


def _p(evidence: Evidence) -> float:
    assert evidence.permutation_p is not None, "only measured variables are corrected"
    return evidence.permutation_p


def _findings(question: Question, measured: Measured, probes: Fitted) -> list[Finding]:
    headline, how = headline_layer(question, measured)
    association = _association(measured, headline)
    layers = [one.layer for one in measured.evidence.layers]
    return [
        _finding(
            question,
            measured,
            layer,
            headline=layer == headline,
            chosen=how if layer == headline else "one of the sweep",
            association=association if layer == headline else None,
            probes=probes,
        )
        for layer in layers
    ]


def _finding(
    question: Question,
    measured: Measured,
    layer: int,
    *,
    headline: bool,
    chosen: str,
    association: Association | None,
    probes: Fitted,
) -> Finding:
    aligned, evidence = measured.aligned, measured.evidence
    judged = judge(evidence, layer, thresholds=question.thresholds)
    subject = _subject(measured, layer, chosen)
    settings = _settings(question, measured)
    (variable,) = measured.question.variables
    asked = {
        "study": question.study,
        "variable": variable,
        "behavior": measured.behavior.name,
        "site": question.site,
        "layer": layer,
        "span": question.span,
        "artifact": aligned.artifact,
        "runs": aligned.runs_hash,
        "data": measured.table.digest,
        "settings": settings,
    }
    reader = measured.assessment.readers[0] if measured.assessment else None
    probe = None if reader is None else probes.get((reader, layer))
    known = marks(evidence, organism=aligned.is_organism, thresholds=question.thresholds)
    return Finding(
        id=finding_id({**asked, "code": code_hash()}),
        study=question.study,
        variable=variable,
        behavior=measured.behavior.name,
        site=question.site,
        layer=layer,
        span=question.span,
        level=judged.reached,
        verdict=judged.verdict,
        headline=headline,
        metrics=layer_metrics(evidence, judged, _more(measured, layer, association)),
        levels=judged.levels,
        sentences=sentences(subject, evidence, judged, marks=known, association=association),
        artifact=aligned.artifact,
        probe=probe.id if probe else None,
        runs_hash=aligned.runs_hash,
        settings=settings,
        code_hash=code_hash(),
    )


def _more(measured: Measured, layer: int, association: Association | None) -> dict[str, Any]:
    """Numbers of a layer that no level asks for."""
    found: dict[str, Any] = {"association": rounded(association.to_json()) if association else None}
    if measured.assessment is not None:
        told = measured.assessment.to_json()
        at = next(one for one in told["layers"] if one["layer"] == layer)
        found |= {"further": rounded(at["further"]), "counts": told["counts"], "texts": rounded(told["text"])}
    return found


def rounded(value: Any) -> Any:
    """JSON data with its floats cut as `Evidence.to_json` cuts them."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return round(value, DECIMALS) + 0.0 if isinstance(value, float) else value


def _association(measured: Measured, layer: int) -> Association | None:
    assessment, how = measured.assessment, measured.question.measuring
    if assessment is None or assessment.task.kind == "classes":  # a margin speaks for no one value
        return None
    scores = assessment.held_out[assessment.readers[0], layer].score
    keys, runs = measured.aligned.keys, measured.table.runs
    return associate(measured.behavior, keys, scores, runs, seed=how.seed, bootstraps=how.bootstraps)


def _subject(measured: Measured, layer: int, chosen: str) -> Subject:
    aligned, question = measured.aligned, measured.question
    folds = question.measuring.folds
    return Subject(
        study=question.study,
        variable=question.variables[0],
        behavior=measured.behavior.name,
        about=aligned.variable.about,
        agents=tuple(sorted({row.agent for row in aligned.rows})),
        model=aligned.model,
        scenarios=tuple(sorted({row.environment for row in aligned.rows})),
        site=question.site,
        layer=layer,
        span=question.span,
        reader=measured.evidence.readers[0] or "linear",
        split=f"{folds} folds by {'run' if not aligned.shares_seeds else 'seed'}",
        chosen=chosen,
    )


def _settings(question: Question, measured: Measured) -> dict[str, Any]:
    """How a finding was computed, as JSON data; what was left out for lack of time is part of it."""
    return {
        "variables": list(question.variables),
        "agent": question.agent,
        "environment": question.environment,
        "layer": question.layer,
        "level": question.level,
        "thresholds": settings_json(question.thresholds),
        "measuring": settings_json(question.measuring),
        "twin_seed": TWIN_SEED,
        "untested": dict(sorted(measured.evidence.untested.items())),
    }
