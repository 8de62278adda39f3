"""What a probe says of decisions, as the log has it: held-out scores beside what was done and what was so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from db.probes import ProbeRow
from db.store import Store
from lab.align.ladder import FEW_RUNS
from lab.align.scope import Key
from lab.analysis.rows import rows
from lab.core.canonical import unlabel
from lab.core.errors import UnknownName, UsageError
from lab.reporting.inputs import Basis

FEW_SCORES = 2
"""A run with fewer has no range of scores."""


class Reading(NamedTuple):
    """What a probe says of a decision.

    Attributes:
        run, seq, tick, agent, action: the decision.
        cell, seed: of its run.
        score: log-odds, a value, or a margin; None where there is none.
        truth: the value of the variable, as the log shows it; None where it is unknown.
        posterior: log-odds that an ideal observer of the text gives to its positive value.
        fold: the fold that the run was held out in; None of a run that the probe was not fitted on.
        oof: whether the probe behind the score was fitted without the run.
    """

    run: str
    seq: int
    tick: int
    agent: str
    action: str | None
    cell: str
    seed: int
    score: float | None
    truth: str | None
    posterior: float | None
    fold: int | None
    oof: int

    @property
    def number(self) -> float | None:
        """The truth as a number; None where it is none."""
        value = None if self.truth is None else unlabel(self.truth)
        return float(value) if isinstance(value, int | float) else None


class Reference(NamedTuple):
    """Scores to compare with, and whose they are."""

    name: str
    scores: tuple[float, ...]


def readings_of(store: Store, probe: ProbeRow, *, study: str | None) -> tuple[Reading, ...]:
    """What a probe says of the decisions of a study, runs in its order; the last call of each counts.

    Args:
        store: the log.
        probe: whose scores.
        study: the study's name; None for runs of none.
    """
    found = rows(store, _READINGS, probe.variable, probe.id)
    last = {(row["run"], row["seq"]): row for row in found if row.pop("study") == study}
    return tuple(Reading(**row) for row in last.values())


def of_run(readings: Sequence[Reading], run: str) -> list[Reading]:
    """The readings of a run's decisions, by seq."""
    return [one for one in readings if one.run == run]


def median_run(readings: Sequence[Reading]) -> str | None:
    """The run whose range of scores is the median of all runs'; None where no run has a range.

    Neither the steadiest nor the liveliest run is shown as if it were the rule; of an even number, the one
    with the smaller range.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    for one in readings:
        if one.score is not None:
            scores[one.run].append(one.score)
    ranges = sorted((max(some) - min(some), run) for run, some in scores.items() if len(some) >= FEW_SCORES)
    return ranges[(len(ranges) - 1) // 2][1] if ranges else None


def reference_of(
    readings: Sequence[Reading], variable: str, wish: str | None, classes: Sequence[str]
) -> Reference:
    """The scores that the wish means: a cell's, or those of decisions whose truth is a value.

    Args:
        readings: to choose among.
        variable: what is read.
        wish: name of a cell, or a value; None for the negative value of two, and for all of more.
        classes: the values that the probe tells apart, the negative one first; empty for numbers.

    Raises:
        UnknownName: when no reading is of such a cell or value.
    """
    wanted = classes[0] if wish is None and len(classes) == 2 else wish
    scored = [one for one in readings if one.score is not None]
    if wanted is None:
        return Reference("all decisions", _scores(scored))
    cells, truths = {one.cell for one in scored}, {one.truth for one in scored if one.truth is not None}
    if wanted in truths:
        name = f"decisions where {variable} is {wanted}"
        return Reference(name, _scores(one for one in scored if one.truth == wanted))
    if wanted in cells:
        return Reference(f"decisions of {wanted}", _scores(one for one in scored if one.cell == wanted))
    if wish is None:  # nobody knows the truth of these runs
        return Reference("all decisions", _scores(scored))
    raise UnknownName("reference", wanted, [*sorted(truths), *sorted(cells)])


def read_basis(store: Store, probe: ProbeRow, readings: Sequence[Reading]) -> Basis:
    """What figures of a probe's scores stand on."""
    model = next(rows(store, "SELECT name FROM model_artifact WHERE id = ?", probe.artifact), {"name": ""})
    runs = {one.run for one in readings}
    folds = {one.fold for one in readings if one.fold is not None}
    seeds = len({one.seed for one in readings})
    unit = "seed" if len(runs) > seeds else "run"
    marks = {
        "single seed": model["name"].startswith("organisms/"),
        "under 30 runs": seeds < FEW_RUNS,
        "proxy reader": any(True for _ in rows(store, _PROXY, probe.artifact, probe.span, probe.id)),
    }
    return Basis(
        model=model["name"],
        n_runs=len(runs),
        n_decisions=len(readings),
        split=f"{len(folds)} folds by {unit}" if folds else "fitted on other runs",
        place=f"{probe.reader} on {probe.site}[{probe.layer}] at {probe.span}",
        marks=tuple(mark for mark, holds in marks.items() if holds),
    )


def scored_run(readings: Sequence[Reading], probe: ProbeRow, run: str) -> list[Reading]:
    """The readings of a run.

    Raises:
        UsageError: when the probe has none of it; says what would give some.
    """
    found = of_run(readings, run)
    if not found:
        name = probe.id[:12]
        raise UsageError(
            f"probe {name} says nothing of run {run}: `lab probe score {name} {run}` reads its captures"
        )
    return found


def scored_key(readings: Sequence[Reading], run: str, seq: int) -> Key:
    """The decision, of those that were read.

    Raises:
        UsageError: when it was not; lists those that were.
    """
    known = [one.seq for one in of_run(readings, run)]
    if seq not in known:
        raise UsageError(f"--at {seq}: run {run} was read at decisions {', '.join(map(str, known))}")
    return run, seq


def _scores(readings: Iterable[Reading]) -> tuple[float, ...]:
    return tuple(one.score for one in readings if one.score is not None)


_READINGS = """
SELECT s.run, s.seq, d.tick, s.agent, d.action, coalesce(r.cell, '') AS cell, r.seed, s.score,
       coalesce(s.truth, h.value) AS truth, h.posterior, s.fold, s.oof, t.name AS study
FROM probe_score s JOIN run r ON r.id = s.run JOIN decision d ON d.run = s.run AND d.seq = s.seq
LEFT JOIN study t ON t.id = r.study
LEFT JOIN hidden h ON h.run = s.run AND h.seq = s.seq AND h.name = ? AND h.agent = s.agent
WHERE s.probe = ?
ORDER BY r.cell_index, r.replicate, r.id, s.seq, s.attempt, s.call, s."try"
"""

_PROXY = """
SELECT 1 FROM capture c WHERE c.artifact = ? AND c.span = ? AND c.proxy = 1
AND EXISTS (SELECT 1 FROM probe_score s WHERE s.probe = ? AND s.run = c.run AND s.seq = c.seq) LIMIT 1
"""
