"""One variable measured: labels and captures joined, then every number that the ladder asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

import numpy as np

from db.store import Store
from lab.align.evidence import METRICS, Evidence, Joined, LayerEvidence, evidence_of
from lab.align.labels import read_variable
from lab.align.outcomes import Behavior, read_behavior
from lab.align.question import TWIN_SEED, Budget, Question
from lab.align.scope import read_scope
from lab.align.tables import Aligned, align, seen
from lab.align.transfer import left_out, untestable
from lab.align.twin import OUT_OF_TIME, twin_layers
from lab.analysis.rows import rows
from lab.core.canonical import parse
from lab.core.errors import LabError, UsageError
from lab.runner.repeat import replay_run
from probes.readers.assess import assess
from probes.readers.assessment import Assessment
from probes.readers.metrics import primary
from probes.readers.table import Table
from probes.readers.threads import few_threads

REPLAYS = 5
"""Runs replayed to see that the log repeats, spread over the study."""

TOLERANCE_FP32, TOLERANCE_16_BIT = 1e-3, 5e-2
"""The most that log-probabilities of a reread may be off, nats (alignment.md §3.1)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one variable.

    Attributes:
        question: what was asked, about this variable alone.
        aligned: the decisions.
        behavior: what was done at them.
        evidence: as the ladder asks for it.
        table: labels, activations and runs.
        assessment: what it comes from; None where no reader was fitted.
    """

    question: Question
    aligned: Aligned
    behavior: Behavior
    evidence: Evidence
    table: Table
    assessment: Assessment | None


def measure(store: Store, question: Question, budget: Budget) -> Measured:
    """What can be measured within a budget; what cannot is left out with the reason.

    Raises:
        UnknownName: for a study, variable, behavior, agent, environment, site or span that is not in the log.
        UsageError: when there is nothing to read, or too little.
    """
    aligned, behavior = gather(store, question)
    if question.layer is not None:  # before minutes are spent on the others
        declared_layer(question.layer, aligned.captured.layers, question.site)
    table = aligned.table()
    untested: dict[str, str] = {}
    joined = _joined(store, aligned, table, untested, budget)
    assessment = None
    if not question.asks("L1"):
        untested["L1"] = _only(question)
    elif not budget.left():
        untested["L1"] = OUT_OF_TIME
    else:
        assessment = _assessed(store, question, aligned, table, untested, budget)
    if assessment is None:
        evidence = _nothing(aligned, table, joined, untested)
        return Measured(question, aligned, behavior, evidence, table, None)
    bayes = _bayes(aligned, table)
    visible = aligned.variable.visible
    evidence = evidence_of(assessment, joined, visible=visible, bayes=bayes, untested=untested)
    evidence = _with_transfer(question, aligned, table, assessment, evidence, budget)
    return Measured(question, aligned, behavior, evidence, table, assessment)


def declared_layer(layer: int, layers: tuple[int, ...], site: str) -> int:
    """The layer that a question names, counted from the end where it is negative.

    Raises:
        UsageError: when it was not captured.
    """
    found = layers[layer] if -len(layers) <= layer < 0 else layer
    if found not in layers:
        raise UsageError(f"layer {layer} of {site} was not captured (layers: {', '.join(map(str, layers))})")
    return found


def gather(store: Store, question: Question) -> tuple[Aligned, Behavior]:
    """The decisions that a question is about, and what was done at them.

    Only decisions of the behavior's phase count, and only environments that log the variable.
    """
    (name,) = question.variables
    scope = read_scope(store, question.study, environment=question.environment, agent=question.agent)
    variable = read_variable(store, scope, name)
    scope = scope.only(environments=frozenset(scope.runs[run].environment for run, _ in variable.labels))
    phases = {scope.decisions[key].phase: None for key in variable.labels}
    behavior = read_behavior(store, scope, question.behavior or next(iter(phases)))
    if behavior.phase is not None:
        scope = scope.only(phase=behavior.phase)
        variable = read_variable(store, scope, name)
    aligned = align(store, scope, variable, site=question.site, span=question.span, agent=question.agent)
    return aligned, behavior


def _only(question: Question) -> str:
    return f"asked for {question.level} only"


def _assessed(
    store: Store, question: Question, aligned: Aligned, table: Table, untested: dict[str, str], budget: Budget
) -> Assessment:
    text = twin = None
    if not question.asks("L2"):
        untested |= {"text": _only(question), "twin": _only(question)}
    else:
        text = seen(store, aligned)
        layers = twin_layers(store, aligned, seed=TWIN_SEED, in_time=budget.left)
        if isinstance(layers, str):
            untested["twin"] = layers
        else:
            twin = aligned.table(layers)
    with few_threads(table.numbers):
        return assess(table, text=text, twin=twin, settings=question.measuring)


def _joined(store: Store, aligned: Aligned, table: Table, untested: dict[str, str], budget: Budget) -> Joined:
    gaps = [0.0 if row.origin in ("live", "recomputed") else row.logprob_gap for row in aligned.rows]
    known = [gap for gap in gaps if gap is not None]
    runs = sorted({row.run for row in aligned.rows})
    replayed, differing = _replayed(store, runs, untested, budget)
    classes = table.runs_by_value
    return Joined(
        labeled=aligned.labeled,
        joined=len(aligned),
        unlabeled=aligned.unlabeled,
        reasons=aligned.reasons,
        runs=len(runs),
        seeds=table.n_runs,
        least_class=min(classes.values()) if classes else None,
        proxy=any(row.proxy for row in aligned.rows),
        gap=max(known) if len(known) == len(gaps) else None,
        tolerance=_tolerance(store, aligned),
        replayed=replayed,
        differing=differing,
        unfinished=aligned.scope.unfinished,
    )


def _replayed(store: Store, runs: list[str], untested: dict[str, str], budget: Budget) -> tuple[int, int]:
    """How many of some runs were replayed, and how many of them to another digest; all of them, or none."""
    some = [runs[index * len(runs) // min(REPLAYS, len(runs))] for index in range(min(REPLAYS, len(runs)))]
    replayed = differing = 0
    for run in some:
        if not budget.left():
            untested["L0"] = OUT_OF_TIME
            return 0, 0
        try:
            differing += not replay_run(store, run).same
        except LabError as error:
            untested["L0"] = f"run {run} cannot be replayed: {error}"
            return 0, 0
        replayed += 1
    return replayed, differing


def _tolerance(store: Store, aligned: Aligned) -> float:
    found = next(rows(store, "SELECT config FROM model_artifact WHERE id = ?", aligned.artifact), None)
    dtypes = parse(found["config"]).get("dtypes", {}) if found else {}
    return TOLERANCE_FP32 if set(dtypes) == {"float32"} else TOLERANCE_16_BIT


def _bayes(aligned: Aligned, table: Table) -> float | None:
    """The AUROC of the exact posterior; None where the log lacks it at some decision."""
    posterior = aligned.posterior
    if table.task.kind != "binary" or np.isnan(posterior).any():
        return None
    value = float(primary(table.task, table.y, posterior)[0])
    return None if isnan(value) else value


def _nothing(aligned: Aligned, table: Table, joined: Joined, untested: Mapping[str, str]) -> Evidence:
    """The evidence where no reader was fitted."""
    reason = untested["L1"]
    return Evidence(
        metric=METRICS[table.task.kind],
        chance=0.5 if table.task.kind == "binary" else 0.0,
        visible=aligned.variable.visible,
        joined=joined,
        layers=tuple(LayerEvidence(layer=layer) for layer in aligned.captured.layers),
        untested={**untested, "text": reason, "twin": reason, "L3": reason},
    )


def _with_transfer(
    question: Question,
    aligned: Aligned,
    table: Table,
    assessment: Assessment,
    evidence: Evidence,
    budget: Budget,
) -> Evidence:
    reason = untestable(table, aligned.cells) if question.asks("L3") else _only(question)
    if reason is not None:
        return evidence.lacking("L3", reason)
    reader = assessment.readers[0]
    fold = assessment.held_out[reader, assessment.layers[0].layer].fold
    transfers = {}
    for layer in table.layers:
        if not budget.left():
            return evidence.lacking("L3", OUT_OF_TIME)
        with few_threads(table.numbers):
            transfers[layer] = left_out(
                table,
                aligned.cells,
                fold,
                layer=layer,
                reader=reader,
                bootstraps=question.measuring.bootstraps,
                seed=question.measuring.seed,
            )
    return evidence.with_transfer(transfers)
