"""A report of findings: every claim with its ladder, its figures and its commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import polars

from db.probes import get_probe
from db.store import Store
from lab.align.climb import Climbed
from lab.align.finding import Finding
from lab.align.measuring import Measured
from lab.align.pictures import Picture, chosen_pictures
from lab.reporting.inputs import Baseline, Basis, Claim, LayerCurve, LayerReading, NamedTable, Report, Rung
from lab.reporting.layer_curve import layer_curve
from lab.reporting.report import write_report
from lab.runner.reread_plan import Readers


class _Told(NamedTuple):
    """A headline finding with all layers' findings, its pictures, and why others are missing."""

    finding: Finding
    sweep: list[Finding]
    pictures: tuple[Picture, ...]
    notes: tuple[str, ...]


def write_findings(
    store: Store, climbed: Climbed, *, page: Path | None = None, figures: Path | None = None
) -> None:
    """Write the report on the headline findings of a climb, its figures, or both.

    Args:
        store: the log, which has the findings and their probes.
        climbed: what was found.
        page: of the report, one HTML file; None for none.
        figures: folder for each figure as HTML, PNG and CSV; None for none.
    """
    told = list(_told(store, climbed))
    if page is not None:
        study = climbed.findings[0].study
        write_report(
            page,
            Report(
                title=f"What can be read in {study}",
                lead="How far the evidence reaches that these variables can be read from the model's "
                "activations, and what it does not license to say.",
                claims=tuple(_claim(one, store.url) for one in told),
            ),
        )
    if figures is not None:
        for one in told:
            for picture in one.pictures:
                picture.figure.save(figures, f"{_slug(one.finding.variable)}-{picture.name}")


def curve_of(sweep: list[Finding], measured: Measured) -> LayerCurve:
    """The layer curve of one variable's findings."""
    evidence, headline = measured.evidence, next(one for one in sweep if one.headline)
    first, second = evidence.readers
    readings = [
        LayerReading(layer=one.layer, reader=reader, value=found.value, low=found.low, high=found.high)
        for one in evidence.layers
        for reader, found in ((first, one.value), (second, one.other))
        if found is not None
    ]
    baselines = (
        Baseline(kind="text", value=evidence.text[1] if evidence.text else None),
        Baseline(kind="twin", by_layer={one.layer: one.twin for one in evidence.layers}),
        Baseline(kind="control", by_layer={one.layer: one.control for one in evidence.layers}),
        Baseline(kind="bayes", value=evidence.bayes),
    )
    return LayerCurve(
        variable=headline.variable,
        basis=basis_of(measured, headline),
        metric=evidence.metric,
        readings=tuple(readings),
        chance=evidence.chance,
        null_high=evidence.ceiling,
        baselines=baselines,
        headline=headline.layer,
    )


def basis_of(measured: Measured, finding: Finding) -> Basis:
    """What a figure of a finding stands on."""
    joined, aligned = measured.evidence.joined, measured.aligned
    unit = "seed" if aligned.shares_seeds else "run"
    return Basis(
        model=aligned.model,
        n_runs=joined.runs,
        n_decisions=joined.joined,
        split=f"{measured.question.measuring.folds} folds by {unit}",
        place=f"{finding.site} at {finding.span}",
        marks=tuple(mark.partition(":")[0] for mark in finding.sentences.marks),
    )


def _told(store: Store, climbed: Climbed) -> Iterator[_Told]:
    readers = Readers()
    for finding, measured in zip(climbed.headlines, climbed.measured, strict=True):
        sweep = [one for one in climbed.findings if one.variable == finding.variable]
        drawn = list(_drawn(store, finding, sweep, measured, readers))
        pictures = tuple(one for one in drawn if isinstance(one, Picture))
        notes = tuple(one for one in drawn if isinstance(one, str))
        yield _Told(finding, sweep, pictures, notes)


def _drawn(
    store: Store, finding: Finding, sweep: list[Finding], measured: Measured, readers: Readers
) -> Iterator[Picture | str]:
    """The pictures of a finding; nothing where no reader was fitted."""
    if measured.assessment is None or finding.probe is None:
        return
    yield Picture("layers", layer_curve(curve_of(sweep, measured)))
    probe = get_probe(store, finding.probe)
    place = f"{probe.reader} on {probe.site}[{probe.layer}] at {probe.span}"
    basis = replace(basis_of(measured, finding), place=place)
    yield from chosen_pictures(store, probe, basis, readers)


def _slug(name: str) -> str:
    """A variable's name as a part of a file's."""
    return re.sub(r"\W+", "-", name).strip("-")[:40]


def _claim(told: _Told, db: str) -> Claim:
    finding, sweep = told.finding, told.sweep
    said = finding.sentences
    return Claim(
        variable=finding.variable,
        behavior=finding.behavior,
        verdict=finding.verdict,
        headline=said.headline,
        sentences=said.body,
        allowed=said.allowed,
        disallowed=said.disallowed,
        untested=said.untested,
        marks=said.marks,
        rungs=tuple(_rungs(finding)),
        figures=tuple(one.figure for one in told.pictures),
        notes=told.notes,
        tables=(_by_layer(sweep), *_thirds(finding)),
        commands=finding.commands(db),
        facts={
            "finding": finding.id,
            "runs": finding.runs_hash,
            "code": finding.code_hash,
            "model": finding.artifact or "",
            "probe": finding.probe or "",
        },
    )


def _rungs(finding: Finding) -> Iterator[Rung]:
    for one in finding.levels:
        yield Rung(
            level=one.level,
            asked=one.asked,
            found=one.found,
            threshold=one.threshold,
            outcome=one.outcome,
            reason=one.reason,
        )


def _by_layer(sweep: list[Finding]) -> NamedTable:
    rows = [
        {"layer": one.layer, "level": one.level, "verdict": one.verdict}
        | {name: (one.metrics["at"]["value"] or {}).get(name) for name in ("value", "low", "high")}
        | {name: one.metrics["at"][name] for name in ("twin", "control")}
        for one in sweep
    ]
    return NamedTable(title=f"By layer, {sweep[0].metrics['metric']}", frame=polars.DataFrame(rows))


def _thirds(finding: Finding) -> Iterator[NamedTable]:
    found = finding.metrics["association"]
    if found:
        title = f"By third of the held-out score: {found['outcome']} (association, not cause)"
        yield NamedTable(title=title, frame=polars.DataFrame(found["thirds"]))
