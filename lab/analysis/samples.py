"""What statistics are made of: every finished run of a study with its run-level values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from db.store import Store
from lab.analysis.rows import rows

LOW, HIGH = ".low", ".high"
"""A measure's worst-case bounds are logged as NAME.low and NAME.high: its value had every invalid reply gone
one way, and the other."""


@dataclass(frozen=True, slots=True)
class Value:
    """A run-level value, or the reason why there is none."""

    value: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Sample:
    """A finished run.

    Attributes:
        cell: its cell.
        replicate: number of its seed; runs of one replicate share it across cells.
        decisions: decisions made.
        invalid: decisions without a valid action.
        values: measure → value; a measure that the log has for agents alone is their mean.
    """

    cell: str
    replicate: int
    decisions: int
    invalid: int
    values: dict[str, Value] = field(default_factory=dict)

    def number(self, measure: str) -> float | None:
        """The value of a measure; None where it is undefined."""
        found = self.values.get(measure)
        return found.value if found else None

    def worst(self, measure: str, side: str) -> float | None:
        """The value had every invalid reply gone to one `side`; None where the log cannot tell."""
        return self.number(measure + side) if self.invalid else self.number(measure)


def read_samples(store: Store, study_id: str) -> list[Sample]:
    """Every run of the study that is done or limited, in order of cell and replicate."""
    finished = (
        "SELECT id, cell, replicate, decisions, invalid FROM run "
        "WHERE study = ? AND status IN ('done', 'limited') ORDER BY cell_index, replicate"
    )
    samples = {
        row["id"]: Sample(row["cell"], row["replicate"], row["decisions"], row["invalid"])
        for row in rows(store, finished, study_id)
    }
    for row in rows(store, _VALUES, study_id):
        # a run that ends while this is read has values but is not in the sample
        if row["run"] in samples:
            samples[row["run"]].values[row["name"]] = Value(row["value"], row["reason"])
    return list(samples.values())


def invalid_rate(samples: Sequence[Sample]) -> float | None:
    """The share of all decisions that have no valid action; None without decisions."""
    decisions = sum(run.decisions for run in samples)
    return sum(run.invalid for run in samples) / decisions if decisions else None


_VALUES = """
SELECT m.run, m.name,
       CASE WHEN min(m.agent) = '' THEN max(CASE WHEN m.agent = '' THEN m.value END)
            ELSE avg(m.value) END AS value,
       CASE WHEN min(m.agent) = '' THEN max(CASE WHEN m.agent = '' THEN m.reason END)
            WHEN count(m.value) = 0 THEN min(m.reason)
            ELSE min(CASE WHEN m.value IS NOT NULL THEN m.reason END) END AS reason
FROM measure m JOIN run r ON r.id = m.run
WHERE r.study = ? AND r.status IN ('done', 'limited')
GROUP BY m.run, m.name
"""
