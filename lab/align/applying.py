"""A probe applied as it is to other decisions: nothing is fitted, nothing is calibrated anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from db.captures import captures_root
from db.probes import ProbeRow, fitted_runs, get_probe, put_probes
from db.reading import get_run
from db.store import Store
from db.studies import find_study
from lab.align.fitted import score_row
from lab.align.rescoring import Answered, refuse_other_weights, reread_rows
from lab.analysis.activations import CapturedRows, captured_rows
from lab.analysis.rows import rows
from lab.core.canonical import label, unlabel
from lab.core.errors import UsageError
from lab.runner.answers import finished_runs
from probes.readers.files import FittedProbe, load
from probes.readers.metrics import primary
from probes.readers.tasks import Task
from probes.shards import local_shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a probe said of other decisions.

    Attributes:
        probe: the probe.
        runs: runs that were read.
        decisions: decisions that were read.
        seen: those of them in runs that the probe was fitted on; they have their held-out scores already.
        reread: those that had no captures and were read again from their logged tokens.
        unread: why others could not be read → how many.
        new: scores that the log did not have.
        metric: ``auroc``, ``accuracy`` or ``r2``.
        value: of the others that have a label; None where it is not defined.
        labeled: how many these are.
    """

    probe: ProbeRow
    runs: int
    decisions: int
    seen: int
    reread: int
    unread: Mapping[str, int]
    new: int
    metric: str
    value: float | None
    labeled: int


class Scored(NamedTuple):
    """How many scores were new, what the probe reaches where there is a label, and how many have one."""

    new: int
    value: float | None
    labeled: int


def probe_of(store: Store, name: str) -> tuple[ProbeRow, FittedProbe]:
    """The probe whose id begins with `name`: its row, and its weights from its file.

    Raises:
        UnknownName: when the log has none of that name.
        StoreError: when its file is missing.
        UsageError: when its file was altered.
    """
    row = get_probe(store, name)
    if row.path is None:
        raise UsageError(f"probe {row.id[:12]} has no file")
    return row, load(local_shard(captures_root(store.location), row.path))


def apply_probe(store: Store, probe: str, name: str) -> Applied:
    """Score the decisions of a study, or of a run, and log what a probe says of them.

    Captures are read where there are any; other answers are read again from their logged tokens, by the
    weights that gave them, and no vector of them is kept. Decisions of runs that the probe was fitted on are
    left out: their held-out scores are in the log.

    Args:
        store: the log.
        probe: beginning of the probe's id.
        name: a study, or the beginning of a run's id.

    Raises:
        UnknownName: when there is no such probe, study or run.
        UsageError: when other weights answered than those it was fitted on, or no decision can be read.
    """
    row, fitted = probe_of(store, probe)
    runs = _runs(store, name)
    captured = _captured(store, row, name)
    known = fitted_runs(store, row.id)
    kept = _kept(store, row, captured)
    fresh = [one.run not in known for one in kept]
    again = reread_rows(store, row, [run for run in runs if run not in known], {one[:2] for one in kept})
    read = [one for one, is_fresh in zip(kept, fresh, strict=True) if is_fresh] + list(again.rows)
    decisions = len(kept) + len(again.rows)
    if not decisions:
        raise UsageError(
            f"no decision of {name} can be read: {next(iter(again.unread), 'no model answered')}"
        )
    x = again.x
    if any(fresh):
        assert captured is not None, "what was kept was captured"
        x = np.concatenate([captured.only(fresh).matrix(row.layer), again.x])
    new, value, labeled = _scored(store, row, fitted, read, x)
    return Applied(
        probe=row,
        runs=len({one.run for one in (*kept, *again.rows)}),
        decisions=decisions,
        seen=fresh.count(False),
        reread=len(again.rows),
        unread=again.unread,
        new=new,
        metric=fitted.card.task.metric,
        value=value,
        labeled=labeled,
    )


def _runs(store: Store, name: str) -> list[str]:
    """The finished runs of a study, or one run however it stands."""
    study = find_study(store, name)
    return [get_run(store, name).id] if study is None else finished_runs(store, study.id)


def _captured(store: Store, row: ProbeRow, name: str) -> CapturedRows | None:
    """The captures that the probe can read; None where its site, layer or span was not captured."""
    study = name if find_study(store, name) is not None else None
    run = None if study else get_run(store, name).id
    try:
        found = captured_rows(store, row.site, study=study, run=run, span=row.span)
    except UsageError:  # nothing, or something else, was captured: the log's tokens are read instead
        return None
    return found if row.layer in found.layers else None


def _kept(store: Store, row: ProbeRow, captured: CapturedRows | None) -> list[Answered]:
    if captured is None:
        return []
    for artifact in captured.readers:
        refuse_other_weights(store, row, artifact)
    return [Answered(one.run, one.seq, one.call, one.attempt, one.try_, one.agent) for one in captured.rows]


def _scored(
    store: Store, row: ProbeRow, fitted: FittedProbe, read: Sequence[Answered], x: NDArray[np.float32]
) -> Scored:
    """The scores of these decisions, logged."""
    if not read:
        return Scored(0, None, 0)
    task = fitted.card.task
    truths = _truths(store, row.variable, task)
    labels = [truths.get(one[:2]) for one in read]
    said = zip(
        fitted.scores(x).tolist(),
        fitted.probabilities(x).tolist(),
        fitted.predictions(x).tolist(),
        strict=True,
    )
    scores = [
        score_row(row.id, one, task, truth=truth, said=told, fold=None)
        for one, truth, told in zip(read, labels, said, strict=True)
    ]
    return Scored(put_probes(store, (), scores), *_value(fitted, x, labels))


def _truths(store: Store, variable: str, task: Task) -> Mapping[tuple[str, int], str]:
    """The values of a hidden variable, as far as the probe knows them; none of other variables."""
    known = rows(store, "SELECT run, seq, value FROM hidden WHERE name = ?", variable)
    kept = {(one["run"], one["seq"]): one["value"] for one in known}
    if task.kind == "number":
        return kept
    return {key: value for key, value in kept.items() if label(unlabel(value)) in task.classes}


def _value(fitted: FittedProbe, x: NDArray[np.float32], labels: list[str | None]) -> tuple[float | None, int]:
    """What the probe reaches where the log has a label, and at how many decisions that is."""
    has = np.array([one is not None for one in labels])
    if not has.any():
        return None, 0
    task = fitted.card.task
    y = task.encode([unlabel(one) for one in labels if one is not None])
    guess = fitted.predictions(x[has]) if task.kind == "classes" else fitted.scores(x[has])
    value = float(primary(task, y, guess)[0])
    return (value if np.isfinite(value) else None), int(has.sum())
