"""A study in numbers: per cell each measure with its interval, the declared comparisons, what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from db import studies
from db.store import Store
from lab.analysis.rows import Row, rows
from lab.analysis.samples import HIGH, LOW, Sample, invalid_rate, read_samples
from lab.analysis.stats import Interval, bootstrap_interval
from lab.analysis.status import StudyStatus, study_status
from lab.analysis.verdicts import HypothesisResult, judge
from lab.core.canonical import parse
from lab.core.errors import UsageError
from lab.core.records import MeasureSpec, Reference, RunStatus
from lab.core.streams import stream_key
from scenarios.spec import Scenario
from scenarios.study import Cell, Study


@dataclass(frozen=True, slots=True)
class CellMeasure:
    """A measure in one cell, over its finished runs.

    Attributes:
        measure: its name.
        unit: what one unit of it is; empty where the environment's code is not at hand.
        n: runs with a value.
        mean: over those runs; None without any.
        interval: of the mean, by run-level bootstrap, 95 %.
        undefined: reason → number of runs without a value for it.
        remarks: what must be known of the values → number of runs whose value has that remark.
        bounds: the mean had every invalid reply gone one way, and the other; None where there was none or
            the log does not tell.
    """

    measure: str
    unit: str
    n: int
    mean: float | None
    interval: Interval | None
    undefined: Mapping[str, int]
    remarks: Mapping[str, int]
    bounds: Interval | None


@dataclass(frozen=True, slots=True)
class CellSummary:
    """One cell of a study.

    Attributes:
        cell: its name.
        levels: alias → level.
        n: finished runs.
        decisions: decisions in them.
        invalid_rate: share of those without a valid action; None without decisions.
        measures: in the scenario's order.
    """

    cell: str
    levels: Mapping[str, str]
    n: int
    decisions: int
    invalid_rate: float | None
    measures: tuple[CellMeasure, ...]


@dataclass(frozen=True, slots=True)
class HumanValue:
    """A human value to set beside a measure, and the cells whose game it fits."""

    measure: str
    reference: Reference
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Runs that failed or stopped for one reason.

    Attributes:
        status: failed or stopped.
        error: the reason; None when a run was ended from outside.
        runs: how many they are.
        cells: where they are, in file order.
        first: the id of the first of them.
    """

    status: RunStatus
    error: str | None
    runs: int
    cells: tuple[str, ...]
    first: str


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A study in numbers.

    Attributes:
        study: its name.
        status: runs planned and where they stand.
        cells: in file order.
        hypotheses: in file order.
        references: human values from nearby designs.
        troubles: runs that failed or stopped, by reason.
    """

    study: str
    status: StudyStatus
    cells: tuple[CellSummary, ...]
    hypotheses: tuple[HypothesisResult, ...]
    references: tuple[HumanValue, ...]
    troubles: tuple[Trouble, ...]

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON data; `study`, `runs`, `done`, `failed` and `cells` as in contract §5."""
        counts = {status.value: self.status.counts.get(status, 0) for status in RunStatus}
        return {
            "study": self.study,
            "runs": self.status.planned,
            **counts,
            "cells": [_cell_json(cell) for cell in self.cells],
            "hypotheses": [asdict(one) for one in self.hypotheses],
            "references": [asdict(one) for one in self.references],
            "troubles": [asdict(one) for one in self.troubles],
        }


def summarize(store: Store, study_name: str) -> StudySummary:
    """The study of that name in numbers, whatever part of it has run.

    Raises:
        UnknownName: when the log has no such study.
    """
    info = studies.get_study(store, study_name)
    study = Study.from_json(parse(info.spec))
    samples = read_samples(store, info.id)
    cells = study.cells()
    return StudySummary(
        study=study.name,
        status=study_status(store, study_name),
        cells=tuple(_cell(study, cell, [run for run in samples if run.cell == cell.name]) for cell in cells),
        hypotheses=judge(study, samples),
        references=tuple(_human_values(cells)),
        troubles=tuple(_troubles(store, info.id)),
    )


def _cell(study: Study, cell: Cell, samples: Sequence[Sample]) -> CellSummary:
    specs = {spec.name: spec for spec in _declared(cell.scenario)}
    return CellSummary(
        cell=cell.name,
        levels=dict(cell.levels),
        n=len(samples),
        decisions=sum(run.decisions for run in samples),
        invalid_rate=invalid_rate(samples),
        measures=tuple(
            _measure(name, specs.get(name), samples, stream_key(study.seeds.root, f"{cell.name} {name}"))
            for name in cell.scenario.measures
        ),
    )


def _measure(name: str, spec: MeasureSpec | None, samples: Sequence[Sample], seed: int) -> CellMeasure:
    numbers = [number for run in samples if (number := run.number(name)) is not None]
    return CellMeasure(
        measure=name,
        unit=spec.unit if spec else "",
        n=len(numbers),
        mean=fmean(numbers) if numbers else None,
        interval=bootstrap_interval(numbers, seed=seed),
        undefined=_undefined(name, samples),
        remarks=_remarks(name, samples),
        bounds=_bounds(name, samples),
    )


def _undefined(name: str, samples: Sequence[Sample]) -> dict[str, int]:
    missing = [run.values.get(name) for run in samples if run.number(name) is None]
    return dict(Counter((value.reason if value else None) or "not logged" for value in missing))


def _remarks(name: str, samples: Sequence[Sample]) -> dict[str, int]:
    known = [run.values[name] for run in samples if run.number(name) is not None]
    return dict(Counter(value.reason for value in known if value.reason))


def _bounds(name: str, samples: Sequence[Sample]) -> Interval | None:
    valued = [run for run in samples if run.number(name) is not None]
    lows = [low for run in valued if (low := run.worst(name, LOW)) is not None]
    highs = [high for run in valued if (high := run.worst(name, HIGH)) is not None]
    if not any(run.invalid for run in valued) or not len(lows) == len(highs) == len(valued):
        return None
    return Interval(fmean(lows), fmean(highs))


def _declared(scenario: Scenario) -> tuple[MeasureSpec, ...]:
    """What the environment says of its measures; nothing where its code is no longer at hand."""
    try:
        return scenario.environment_class().measures
    except UsageError:
        return ()


def _human_values(cells: Sequence[Cell]) -> Iterator[HumanValue]:
    """Each human value once, with the cells whose game it fits."""
    fitting: dict[tuple[str, Reference], list[str]] = {}
    for cell in cells:
        for measure, found in _references(cell.scenario).items():
            for reference in found if measure in cell.scenario.measures else ():
                fitting.setdefault((measure, reference), []).append(cell.name)
    for (measure, reference), names in fitting.items():
        yield HumanValue(measure, reference, tuple(names))


def _references(scenario: Scenario) -> Mapping[str, tuple[Reference, ...]]:
    """The human values for a game with these params; none where its code is no longer at hand."""
    try:
        return scenario.environment_class().references(scenario.environment_params())
    except UsageError:
        return {}


def _troubles(store: Store, study_id: str) -> Iterator[Trouble]:
    ended = (
        "SELECT id, cell, status, error FROM run "
        "WHERE study = ? AND status IN ('failed', 'stopped') ORDER BY status, cell_index, replicate"
    )
    alike: dict[tuple[str, str | None], list[Row]] = {}
    for row in rows(store, ended, study_id):
        alike.setdefault((row["status"], row["error"]), []).append(row)
    for (status, error), own in alike.items():
        cells = tuple(dict.fromkeys(row["cell"] for row in own))
        yield Trouble(RunStatus(status), error, len(own), cells, own[0]["id"])


def _cell_json(cell: CellSummary) -> dict[str, Any]:
    data = asdict(cell)
    return data | {"measures": {one.pop("measure"): one for one in data["measures"]}}
