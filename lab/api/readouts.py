"""Readouts from Python: questions to the activations of a study, findings and probes of the log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from db.store import open_store

if TYPE_CHECKING:
    from db.probes import ProbeRow
    from lab.align.applying import Applied
    from lab.align.finding import Finding
    from lab.align.pictures import Picture
    from lab.align.question import Question


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question found.

    Attributes:
        findings: of every variable, one for each layer.
        new: how many of them the log did not have.
        db: URL of the log.
    """

    findings: tuple[Finding, ...]
    new: int
    db: str

    @property
    def headlines(self) -> tuple[Finding, ...]:
        """The finding of each variable that the claim is about."""
        return tuple(one for one in self.findings if one.headline)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of the log at `db`."""

    finding: Finding
    db: str


def align_study(
    question: Question,
    *,
    budget_s: float | None = 300.0,
    report: Path | None = None,
    figures: Path | None = None,
    db: str | None = None,
) -> Answer:
    """The findings that answer a question, stored; see `lab.align.climb`.

    Args:
        question: what is asked of which study.
        budget_s: seconds after which what is left is not tested; None for no limit.
        report: where to write a report, one HTML page.
        figures: where to write its figures, a folder: HTML, PNG and CSV of each.
        db: the log.
    """
    from lab.align.climb import climb
    from lab.align.question import Budget

    with open_store(db, create=False) as store:
        climbed = climb(store, question, budget=Budget(budget_s))
        if report is not None or figures is not None:
            from lab.align.report import write_findings

            write_findings(store, climbed, page=report, figures=figures)
        return Answer(climbed.findings, climbed.new, store.url)


def get_finding(name: str, *, db: str | None = None) -> Found:
    """The finding whose id begins with `name`, or the headline written last for ``last``."""
    from db import findings
    from lab.align.finding import Finding

    with open_store(db, create=False) as store:
        return Found(Finding.from_row(findings.get_finding(store, name)), store.url)


def fit_probes(question: Question, *, db: str | None = None) -> tuple[ProbeRow, ...]:
    """The probes of a question's one variable, fitted on all runs; their held-out scores are logged."""
    from db.probes import get_probe
    from lab.align.fitted import fit_all, keep_probes
    from lab.align.measuring import measure
    from lab.align.question import Budget

    with open_store(db, create=False) as store:
        measured = measure(store, question, Budget(None))
        probes = fit_all(store, measured)
        keep_probes(store, measured, probes)
        return tuple(get_probe(store, probe.id) for probe in probes.values())


def score_runs(probe: str, name: str, *, db: str | None = None) -> Applied:
    """A probe applied as it is to the captured decisions of a study, or of a run; its scores are logged."""
    from lab.align.applying import apply_probe

    with open_store(db, create=False) as store:
        return apply_probe(store, probe, name)


def list_probes(study: str | None = None, *, db: str | None = None) -> list[ProbeRow]:
    """Every probe of the log, or those of a study."""
    from db import probes

    with open_store(db, create=False) as store:
        return probes.list_probes(store, study)


def get_probe(name: str, *, db: str | None = None) -> ProbeRow:
    """The probe whose id begins with `name`, or the one written last for ``last``."""
    from db import probes

    with open_store(db, create=False) as store:
        return probes.get_probe(store, name)


def picture_probe(
    probe: str,
    run: str,
    *,
    at: int | None = None,
    around: str | None = None,
    reference: str | None = None,
    db: str | None = None,
) -> tuple[Picture, ...]:
    """The timeline of a run as a probe reads it and, with `at`, the tokens of one of its decisions.

    Each is a figure and a name for its files: `picture.figure.save(folder, picture.name)`.

    Args:
        probe: the beginning of a probe's id, or ``last``.
        run: the beginning of a run's id.
        at: seq of a decision; its tokens are read again by the model, where their scores are not in the log.
        around: what to average the study's runs around: a kind of event, an action, a SELECT of run and tick.
        reference: what tokens are compared with: a cell, or a value of the variable.
        db: the log.

    Raises:
        UnknownName: when there is no such probe, run, event or reference.
        UsageError: when the probe did not read the run or decision, or the weights are not at hand.
    """
    from lab.align.pictures import Shot, pictures_of

    with open_store(db, create=False) as store:
        return pictures_of(store, probe, Shot(run=run, at=at, around=around, reference=reference))
