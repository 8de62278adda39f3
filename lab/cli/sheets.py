"""What is printed of one run, of a forecast and of a study's state: facts under each other, then numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lab.cli.printing import counted, duration, moment, number, say
from lab.cli.table import table
from lab.cli.words import fork_words

if TYPE_CHECKING:
    from lab.analysis.plan import Forecast
    from lab.analysis.status import StudyStatus
    from lab.analysis.summary import HumanValue
    from lab.api import Run

UNKNOWN = "not known before it runs"
HUMAN = "human values from nearby designs"


def facts(named: Mapping[str, object]) -> None:
    """Print facts under each other, values aligned; empty ones are left out."""
    width = max(map(len, named))
    for name, value in named.items():
        if value not in (None, ""):
            say(f"{name.ljust(width)}  {value}")


def tell_references(found: Iterable[HumanValue]) -> None:
    """Print human values, and once for all that share it what must be known before comparing.

    Cells are named where the value is not from a design like that of every cell.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[HumanValue]] = {}
    for one in found:
        groups.setdefault((one.reference.caveat, one.cells), []).append(one)
    if groups:
        say(f"\n{HUMAN}")
    for (caveat, cells), values in groups.items():
        for reference in dict.fromkeys(one.reference for one in values):
            measures = ", ".join(one.measure for one in values if one.reference == reference)
            say(f"  {measures}: {reference.value}  {reference.source}, {reference.n}")
        say(f"      {caveat}")
        if cells:
            say(f"      design of {' and '.join(cells)}")


def run_json(run: Run) -> dict[str, Any]:
    """A run as JSON data."""
    info = run.info
    return {
        "run": run.id,
        "status": run.status.value,
        "digest": run.digest,
        "measures": dict(run.measures),
        "db": run.db,
        "scenario": info.name,
        "environment": info.environment,
        "seed": info.seed,
        "ticks": info.ticks,
        "decisions": info.decisions,
        "invalid": info.invalid,
        "parent": info.parent,
        "fork_at": info.fork_at,
        "error": run.error,
    }


def run_sheet(run: Run) -> None:
    """Print a run: what it is, how it ended, its measures, and human values beside them."""
    from db.reading import get_run
    from db.store import open_store
    from lab.analysis.summary import HumanValue
    from lab.runner.repeat import scenario_of

    info = run.info
    with open_store(run.db, create=False) as store:
        scenario = scenario_of(store, info)
        forked = fork_words(info, get_run(store, info.parent)) if info.parent else None
    counts = f"{counted(info.decisions, 'decision')}, {info.invalid} invalid, {counted(info.ticks, 'tick')}"
    facts(
        {
            "run": run.id,
            "scenario": f"{info.name} ({info.environment}), seed {info.seed}",
            "forked": forked,
            "status": f"{run.status}: {counts}",
            "limit": run.error if run.digest else None,
            "digest": run.digest,
            "database": run.db,
        }
    )
    if not run.digest:
        return
    environment = scenario.environment_class()
    units = {spec.name: spec.unit for spec in environment.measures}
    measures = run.measures.items()
    say()
    table(
        ("measure", "value", "unit"), [(name, *_valued(value, units.get(name))) for name, value in measures]
    )
    references = environment.references(scenario.environment_params())
    tell_references(HumanValue(name, one, ()) for name in run.measures for one in references.get(name, ()))


def _valued(value: float | None, unit: str | None) -> tuple[str, str]:
    return number(value), "undefined" if value is None else unit or ""


def forecast_sheet(forecast: Forecast) -> None:
    """Print what a study would take."""
    facts(
        {
            "study": forecast.study,
            "runs": f"{forecast.runs:,} in {counted(forecast.cells, 'cell')}",
            "decisions": _about(forecast.decisions),
            "model calls": _about(forecast.model_calls),
            "tokens": _between(forecast.tokens),
            "cost": _cost(forecast),
            "captures": _captures(forecast),
        }
    )
    if forecast.basis:
        say(f"model calls, tokens and cost are {forecast.basis}")


def _captures(forecast: Forecast) -> str:
    memory, kept = forecast.capture_memory_bytes, _about(forecast.capture_bytes, " bytes")
    return f"{kept}; in memory at most {memory:,} bytes a process" if memory else kept


def _cost(forecast: Forecast) -> str:
    if forecast.unpriced:
        return f"unknown: no price for {', '.join(forecast.unpriced)}"
    if forecast.cost_usd is None:
        return UNKNOWN
    low, high = forecast.cost_usd
    return f"{_usd(low)} to {_usd(high)} USD" if high else "none"


def _usd(amount: float) -> str:
    return f"{amount:.2f}" if amount >= 0.1 or not amount else f"{amount:.1g}"


def _about(count: int | None, unit: str = "") -> str:
    return UNKNOWN if count is None else f"about {count:,}{unit}" if count else "none"


def _between(counts: tuple[int, int] | None) -> str:
    if counts is None:
        return UNKNOWN
    return f"about {counts[0]:,} to {counts[1]:,}" if counts[1] else "none"


def status_json(status: StudyStatus) -> dict[str, Any]:
    """The state of a study as JSON data."""
    return {
        "study": status.study,
        "planned": status.planned,
        "finished": status.finished,
        **{name.value: count for name, count in status.counts.items()},
        "decisions": status.decisions,
        "tokens": status.tokens,
        "cost_usd": status.cost_usd,
        "runs_per_s": status.runs_per_s,
        "seconds_left": status.seconds_left,
        "started": status.started,
        "heartbeat": status.heartbeat,
    }


def status_sheet(status: StudyStatus) -> None:
    """Print the state of one study."""
    left = status.seconds_left
    facts(
        {
            "study": status.study,
            "runs": f"{status.finished} of {status.planned} done",
            **{name.value: count for name, count in status.counts.items()},
            "decisions": f"{status.decisions:,}",
            "tokens": f"{status.tokens:,}",
            "cost": "unknown" if status.cost_usd is None else f"{status.cost_usd:.2f} USD",
            "begun": moment(status.started) if status.started else None,
            "last sign of life": moment(status.heartbeat) if status.heartbeat else None,
            "rate": f"{status.runs_per_s:.1f} runs/s" if status.runs_per_s else None,
            "time left": duration(left) if left else None,
        }
    )
