"""Probes: fitted on every run of a study, kept beside its captures, their held-out scores in the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.captures import captures_root
from db.owners import wall_clock
from db.probes import ProbeRow, ScoreRow, put_probes
from db.store import Store
from lab.align.finding import code_hash
from lab.align.measuring import Measured
from lab.align.rescoring import Answered
from lab.analysis.rows import rows
from lab.core.canonical import canonical, parse
from lab.runner.answers import logged_model
from probes.readers.evaluate import HeldOut, ReaderName
from probes.readers.files import FittedProbe, save
from probes.readers.fit import Source, fit_probe
from probes.readers.tasks import Task
from probes.readers.threads import few_threads

if TYPE_CHECKING:
    from db.capture_rows import CapturedRow

FOLDER = "probes"

Fitted = Mapping[tuple[ReaderName, int], FittedProbe]
"""Reader and layer → probe."""


def fit_all(store: Store, measured: Measured) -> Fitted:
    """Both readers at every layer, fitted on all runs; empty where no reader was measured."""
    table, assessment, aligned = measured.table, measured.assessment, measured.aligned
    if assessment is None:
        return {}
    model = logged_model(store, aligned.artifact)
    source = Source(
        aligned.variable.name,
        aligned.captured.site,
        measured.question.span,
        aligned.artifact,
        tokenizer=model.tokenizer,
        weights=model.fingerprint,
    )
    with few_threads(table.numbers):
        return {
            (reader, layer): fit_probe(table, assessment, source, layer=layer, reader=reader)
            for reader, layer in assessment.held_out
        }


def keep_probes(store: Store, measured: Measured, probes: Fitted) -> int:
    """Keep the files of probes, and log them with what they say of held-out runs.

    Probes of the same table are the same: what the log has already stays as it is.

    Returns:
        How many scores are new.

    Raises:
        StoreError: when a file or row cannot be written.
    """
    assessment = measured.assessment
    if assessment is None:
        return 0
    root = captures_root(store.location)
    scores = [
        row
        for key, probe in probes.items()
        for row in _held_out_scores(measured, probe.id, assessment.held_out[key])
    ]
    return put_probes(store, [_row(measured, probe, root) for probe in probes.values()], scores)


def tokenizer_of(store: Store, artifact: str) -> str | None:
    """The hash of a model's tokenizer; None where the log does not tell."""
    found = next(rows(store, "SELECT config FROM model_artifact WHERE id = ?", artifact), None)
    hash_ = parse(found["config"]).get("tokenizer") if found else None
    return None if hash_ is None else str(hash_)


def score_row(
    probe: str,
    row: CapturedRow | Answered,
    task: Task,
    *,
    truth: str | None,
    said: tuple[float, float, float],
    fold: int | None,
) -> ScoreRow:
    """What a probe says of a decision of a run that it was not fitted on for this score.

    `said` is the score, the probability, and the predicted code or number.
    """
    score, p, guess = said
    return ScoreRow(
        probe=probe,
        run=row.run,
        seq=row.seq,
        call=row.call,
        attempt=row.attempt,
        try_=row.try_,
        agent=row.agent,
        truth=truth,
        score=_finite(score),
        p=_finite(p),
        predicted=task.decode(guess) if isfinite(guess) else None,
        fold=fold,
        oof=1,
    )


def _held_out_scores(measured: Measured, probe: str, read: HeldOut) -> Iterator[ScoreRow]:
    aligned, task = measured.aligned, measured.aligned.variable.task
    said = zip(read.score.tolist(), read.p.tolist(), read.predicted(task).tolist(), strict=True)
    for row, truth, one, fold in zip(aligned.rows, aligned.values, said, read.fold.tolist(), strict=True):
        yield score_row(probe, row, task, truth=truth, said=one, fold=fold)


def _row(measured: Measured, probe: FittedProbe, root: str) -> ProbeRow:
    """The probe's row, its file written; captures at a URL have no folder for one."""
    card, aligned = probe.card, measured.aligned
    file = None if "://" in root else save(probe, Path(root) / FOLDER)
    return ProbeRow(
        id=probe.id,
        study=aligned.scope.study,
        variable=card.variable,
        task=card.task.kind,
        reader=card.reader,
        site=card.site,
        layer=card.layer,
        span=card.span,
        artifact=card.artifact,
        width=card.width,
        runs_hash=aligned.runs_hash,
        metrics=canonical(_plain(card.metrics)),
        path=None if file is None else f"{FOLDER}/{file.name}",
        code_hash=code_hash(),
        created=wall_clock(),
    )


def _plain(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _finite(one) if isinstance(one, float) else one for name, one in metrics.items()}


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None
