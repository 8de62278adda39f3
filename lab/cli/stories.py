"""A run as a story: what it is and who takes part, then instant by instant, then the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from db.reading import get_run
from lab.analysis.transcript import DecisionLine, ExposureLine, find_event, transcript
from lab.cli.instants import DIM, Instant, Names, Shown
from lab.cli.printing import Line, Span, counted, json_line
from lab.cli.words import fork_words, quoted, signed, value_words
from lab.core.errors import UsageError
from lab.core.records import Event
from lab.runner.repeat import scenario_of
from scenarios.catalog import shipped_files

if TYPE_CHECKING:
    from db.reading import RunInfo
    from db.store import Store
    from lab.analysis.transcript import Cast, Header
    from lab.analysis.transcript import Line as Row


def story(store: Store, run: str, *, agent: str | None = None) -> Iterator[Line]:
    """The lines of a run's story; memory does not grow with the run.

    Args:
        store: the log.
        run: the beginning of a run's id, or ``last``.
        agent: only what concerns this agent.
    """
    header = transcript(store, run, agent=agent, limit=1).header
    names = Names(
        tuple(one.name for one in header.agents),
        header.params,
        digits=len(str(header.run.rows)),
        positives=_positives(store, header.run),
    )
    base = get_run(store, header.run.parent) if header.run.parent else None
    yield from _opening(header, names, base)
    totals: dict[str, float] = defaultdict(float)

    def event_at(seq: int) -> Event | None:
        return find_event(store, header.run.id, seq)

    for instant in _instants(rows(store, header.run.id, agent=agent), event_at):
        for line in instant.lines:
            if isinstance(line, Event) and line.kind == "payoff" and line.agent:
                totals[line.agent] += line.value or 0.0
        yield from instant.told(names)
    yield from _ending(header, {name: totals[name] for name in names.names if name in totals})


def raw_lines(store: Store, run: str, *, agent: str | None = None) -> Iterator[str]:
    """The rows of a run by seq, each as one line of JSON."""
    for row in rows(store, get_run(store, run).id, agent=agent):
        yield json_line(_row_json(row))


def rows(store: Store, run_id: str, *, agent: str | None = None) -> Iterator[Row]:
    """Every row of a run that a transcript has, read page by page."""
    after: int | None = 0
    while after is not None:
        page = transcript(store, run_id, agent=agent, after=after)
        yield from page.lines
        after = page.next_after


def _positives(store: Store, info: RunInfo) -> dict[str, Any]:
    """Hidden variable → the value whose log-odds are logged; none where the environment is not at hand."""
    try:
        truth = scenario_of(store, info).environment_class().truth
    except UsageError:
        return {}
    return {name: spec.positive for name, spec in truth.items() if spec.positive is not None}


def _instants(found: Iterator[Row], event_at: Callable[[int], Event | None]) -> Iterator[Instant]:
    """Each tick's decisions and events, with what agents were shown that no event tells."""
    shown: dict[int, list[Shown]] = defaultdict(list)
    kinds: set[str] = set()

    def happened() -> Iterator[DecisionLine | Event]:
        for row in found:
            if isinstance(row, ExposureLine):
                if row.decision is not None and not (row.kind in kinds and row.item.isdecimal()):
                    shown[row.decision].append(Shown(row, _event_of(row, event_at)))
                continue
            if isinstance(row, Event):
                kinds.add(row.kind)
            yield row

    for tick, lines in groupby(happened(), key=lambda row: row.tick):
        own = list(lines)
        yield Instant(tick, own, {row.seq: shown.pop(row.seq) for row in own if row.seq in shown})


def _event_of(row: ExposureLine, event_at: Callable[[int], Event | None]) -> Event | None:
    """The event that an agent was shown, when it was one that happened to the agent."""
    if not row.item.isdecimal() or int(row.item) >= row.seq:
        return None
    event = event_at(int(row.item))
    return event if event and row.agent in (event.agent, event.target) else None


def _opening(header: Header, names: Names, base: RunInfo | None) -> Iterator[Line]:
    info = header.run
    yield (Span(info.name, "bold"), Span(f"  {info.environment}, seed {info.seed}"))
    question = next((one.question for one in shipped_files() if one.path.stem == info.name), None)
    if question:
        yield (Span(question, "italic"),)
    where = f", {info.study}: {info.cell}" if info.study else ""
    yield (Span(f"run {info.id}{where}, {info.status}, digest {info.digest or 'none'}", DIM),)
    if base:
        yield (Span(f"forked {fork_words(info, base)}", DIM),)
    yield ()
    for one in header.agents:
        yield (Span("  "), names.name(one.name), Span(f"  {_policy_words(one)}"))
        if one.persona:
            yield (Span(" " * (names.width + 4)), Span(quoted(one.persona), DIM))
    yield ()
    yield (Span(f"  {_params_words(header.params)}", DIM),)
    look = header.look
    worded = f"wording {look['wording']}, cover {look['cover']}"
    labels = f", labels {value_words(look['labels'])}" if look["labels"] else ""
    yield (Span(f"  a tick is one {header.tick}; {worded}{labels}", DIM),)


def _policy_words(one: Cast) -> str:
    options = dict(one.policy)
    kind = options.pop("kind")
    name = options.pop("name", None) or options.pop("model", None)
    words = f"{kind}/{name}" if name else str(kind)
    role = f", {one.role}" if one.role else ""
    return words + role + (f" ({value_words(options)})" if options else "")


def _params_words(params: Mapping[str, Any]) -> str:
    """The params in words, those that are off left out."""
    return value_words({name: one for name, one in params.items() if one is not None and one is not False})


def _ending(header: Header, totals: Mapping[str, float]) -> Iterator[Line]:
    info = header.run
    yield ()
    why = f": {info.error}" if info.error else ""
    counts = f"{counted(info.decisions, 'decision')}, {info.invalid} invalid"
    yield (Span(f"{info.status} at tick {info.ticks}", "bold"), Span(f"{why}  {counts}"))
    if totals:
        yield (Span("  earned  "), Span(", ".join(f"{name} {signed(sum_)}" for name, sum_ in totals.items())))


def _row_json(row: Row) -> dict[str, Any]:
    if isinstance(row, Event):
        return {"table": "event", **row._asdict()}
    if isinstance(row, ExposureLine):
        return {"table": "exposure", **asdict(row)}
    return {
        "table": "decision",
        **row.decision._asdict(),
        "observation": row.observation,
        "space": row.space,
        "payoff": row.payoff,
        "truths": {name: asdict(truth) for name, truth in row.truths.items()},
        "claims": [asdict(claim) for claim in row.claims],
    }
