"""Measures of visitor, computed from the pages it was served and what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lab.core.records import Measured, MeasureSpec, RunRecord
from scenarios.environment import mean, run_measure

NO_ACT = "the visitor gave no valid answer"


def pages(record: RunRecord) -> list[dict[str, Any]]:
    """Every page served, in order: page, answer, suspicion after it; the first is before the first act."""
    return [dict(event.payload) for event in record.events if event.kind == "page"]


def acts(record: RunRecord) -> list[tuple[int, str]]:
    """(suspicion, act) at every valid act, in order."""
    shown = zip(pages(record), record.decisions, strict=False)
    return [(page["suspicion"], str(decision.action)) for page, decision in shown if decision.valid]


def _share_of(act: str, *, suspicious: bool | None = None) -> Callable[[RunRecord], float | None]:
    """The share of acts that are `act`: of all, or of those at a suspicion of 2 or more, or of the others."""

    def compute(record: RunRecord) -> float | None:
        found = [did for level, did in acts(record) if suspicious is None or (level >= 2) == suspicious]
        return mean([float(did == act) for did in found])

    return compute


def _mean_suspicion(record: RunRecord) -> float | None:
    return mean([float(page["suspicion"]) for page in pages(record)])


def _defended(record: RunRecord) -> float | None:
    return mean([float(page["answer"] != "plain") for page in pages(record)])


def _decoys(record: RunRecord) -> float | None:
    return float(sum(page["answer"] == "decoy" for page in pages(record)))


def _payoff(record: RunRecord) -> Iterator[Measured]:
    paid = (event.value or 0 for event in record.events if event.kind == "payoff")
    yield Measured("payoff", float(sum(paid)))


def _spec(
    name: str, about: str, unit: str, compute: Callable[[RunRecord], float | None], why: str
) -> MeasureSpec:
    return MeasureSpec(name, about, unit, run_measure(name, compute, why))


MEASURES = (
    _spec("stop_share", "share of acts that are stop", "share", _share_of("stop"), NO_ACT),
    _spec("slow_share", "share of acts that are slow", "share", _share_of("slow"), NO_ACT),
    _spec(
        "stop_when_suspicious",
        "share of acts at a suspicion of 2 or more that are stop",
        "share",
        _share_of("stop", suspicious=True),
        "there was no act at a suspicion of 2 or more",
    ),
    _spec(
        "stop_when_calm",
        "share of acts at a suspicion below 2 that are stop",
        "share",
        _share_of("stop", suspicious=False),
        "there was no act at a suspicion below 2",
    ),
    _spec(
        "mean_suspicion", "mean suspicion after each page", "0 to 5", _mean_suspicion, "no page was served"
    ),
    _spec(
        "defended_share", "share of pages answered with a defense", "share", _defended, "no page was served"
    ),
    _spec("decoys", "how many decoy pages were served", "pages", _decoys, "no page was served"),
    MeasureSpec("payoff", "sum of the visitor's payoffs", "points", _payoff),
)
