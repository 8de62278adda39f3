"""What happens at one tick, as lines: in each phase what its agents did and got, then what the world did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.analysis.transcript import DecisionLine
from lab.cli.printing import Line, Span
from lab.cli.words import act_words, facts_words, plain_facts, quoted, signed, value_words
from lab.core.records import VALID, Claim, Event, Status

if TYPE_CHECKING:
    from lab.analysis.transcript import ExposureLine

WIDEST = 48
DIM = "dim"
COLORS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red", "bright_cyan", "bright_magenta")


@dataclass(frozen=True, slots=True)
class Names:
    """The agents of a run as lines show them, and what lines need not repeat.

    Attributes:
        names: the agents, in the scenario's order.
        params: those of the environment, which no line repeats.
        digits: how wide the numbers of rows are.
        positives: hidden variable → the value whose log-odds are logged, where that is known.
    """

    names: tuple[str, ...]
    params: Mapping[str, Any]
    digits: int = 1
    positives: Mapping[str, Any] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How wide names are."""
        return max(map(len, self.names))

    def name(self, agent: str | None) -> Span:
        """An agent's name, padded, in its own color."""
        if agent not in self.names:
            return Span((agent or "").ljust(self.width))
        return Span(agent.ljust(self.width), f"bold {COLORS[self.names.index(agent) % len(COLORS)]}")

    def row(self, seq: int) -> Span:
        """The number of a row, which `lab fork --at` takes."""
        return Span(f"{seq:>{self.digits}}  ", DIM)

    def indent(self) -> Span:
        """The room that numbers and names take."""
        return Span(" " * (self.digits + self.width + 4))


class Shown(NamedTuple):
    """Something an agent was shown, with the event that it was where the log has that."""

    line: ExposureLine
    event: Event | None


class _Widths(NamedTuple):
    """How wide the columns of a phase are, in letters."""

    act: int
    payoff: int


@dataclass(frozen=True, slots=True)
class Instant:
    """One tick: its decisions and events by seq, and what was shown to agents before its decisions."""

    tick: int
    lines: Sequence[DecisionLine | Event]
    shown: Mapping[int, Sequence[Shown]]

    def told(self, names: Names) -> Iterator[Line]:
        """The instant, phase by phase."""
        payoffs = self._payoffs()
        for phase, block in self._blocks():
            decisions = [line for line in block if isinstance(line, DecisionLine)]
            common, own = _facts(decisions, names.params)
            yield ()
            yield _title(self.tick, phase, common)
            earned = {line.seq: signed(payoffs[line.seq]) for line in decisions if line.seq in payoffs}
            widths = _Widths(
                act=min(WIDEST, max((len(_words(line)) for line in decisions), default=0)),
                payoff=max(map(len, earned.values()), default=0),
            )
            for line in decisions:
                yield from (_shown_line(one, names) for one in self.shown.get(line.seq, ()))
                yield _decision_line(line, names, widths, earned.get(line.seq, ""), own[line.seq])
                yield from _beside(line, names)
            yield from self._world(block, names)

    def _blocks(self) -> Iterator[tuple[str | None, list[DecisionLine | Event]]]:
        """The lines of each phase; events belong to the phase that they follow."""
        phase: str | None = None
        block: list[DecisionLine | Event] = []
        for line in self.lines:
            if isinstance(line, DecisionLine) and line.decision.phase != phase:
                if block:
                    yield phase, block
                phase, block = line.decision.phase, []
            block.append(line)
        yield phase, block

    def _payoffs(self) -> dict[int, float]:
        """What this instant paid for each of its own decisions."""
        own = {line.seq for line in self.lines if isinstance(line, DecisionLine)}
        sums: dict[int, float] = defaultdict(float)
        for line in self.lines:
            if isinstance(line, Event) and line.kind == "payoff" and line.decision in own:
                sums[line.decision] += line.value or 0.0
        return sums

    def _world(self, block: Sequence[DecisionLine | Event], names: Names) -> Iterator[Line]:
        decisions = {line.seq: line for line in self.lines if isinstance(line, DecisionLine)}
        for line in block:
            if isinstance(line, Event) and not _is_told(line, decisions):
                yield _event_line(line, names)


def _facts(
    decisions: Sequence[DecisionLine], params: Mapping[str, Any]
) -> tuple[dict[str, str], dict[int, dict[str, str]]]:
    """What all agents of a phase saw alike, and what each saw besides, by seq."""
    seen = {line.seq: plain_facts(line.observation, params) for line in decisions}
    every = list(seen.values())
    alike = every[0].items() if len(every) > 1 else ()
    common = {name: value for name, value in alike if all(one.get(name) == value for one in every)}
    own = {
        seq: {name: value for name, value in facts.items() if name not in common}
        for seq, facts in seen.items()
    }
    return common, own


def _title(tick: int, phase: str | None, common: Mapping[str, str]) -> Line:
    title = f"tick {tick}" + (f" · {phase}" if phase else "")
    return (Span(title, "bold"), Span(f"  {facts_words(common)}" if common else "", DIM))


def _words(line: DecisionLine) -> str:
    return act_words(line.decision, line.space)


def _decision_line(
    line: DecisionLine, names: Names, widths: _Widths, payoff: str, facts: Mapping[str, str]
) -> Line:
    status = line.decision.status
    mended = status in VALID and status is not Status.OK
    return (
        names.row(line.seq),
        names.name(line.decision.agent),
        Span(f"  {_words(line).ljust(widths.act)}", "" if status in VALID else "bold red"),
        Span(f" ({status})" if mended else "", "yellow"),
        Span(f"  {payoff.rjust(widths.payoff)}" if widths.payoff else "", _color(payoff)),
        Span(f"  {facts_words(facts)}" if facts else "", DIM),
    )


def _color(payoff: str) -> str:
    return "red" if payoff.startswith("-") else "green"


def _beside(line: DecisionLine, names: Names) -> Iterator[Line]:
    """Under a decision: the reply in its own words, what was claimed, what was hidden."""
    decision = line.decision
    if decision.raw and decision.raw.strip() != decision.action:
        yield (names.indent(), Span(quoted(decision.raw), "italic"))
    for claim in line.claims:
        yield (names.indent(), _claim_span(claim))
    if line.truths:
        told = (f"{name} {value_words(truth.value)}" for name, truth in line.truths.items())
        yield (names.indent(), Span(f"hidden: {', '.join(told)}", DIM))
    for name, truth in line.truths.items():
        if truth.posterior is not None:
            of = value_words(names.positives[name]) if name in names.positives else name
            odds = f"log-odds of {of} {truth.posterior:+.2f}"
            yield (names.indent(), Span(f"an observer of the text: {odds}", DIM))


def _claim_span(claim: Claim) -> Span:
    said, world = value_words(claim.said), value_words(claim.world)
    if claim.said == claim.private:
        return Span(f"claims {claim.subject} {said}, truly", DIM)
    knew = "" if claim.private == claim.world else f", believes {value_words(claim.private)}"
    return Span(f"claims {claim.subject} {said}, but it is {world}{knew}", "yellow")


def _is_told(event: Event, decisions: Mapping[int, DecisionLine]) -> bool:
    """Whether a decision's own line says already what an event says."""
    made = decisions.get(event.decision) if event.decision is not None else None
    if made is None:
        return False
    if event.kind == "message":
        return event.text == made.decision.args.get("text")
    return event.kind in ("payoff", made.decision.action, made.decision.phase)


def _event_line(event: Event, names: Names) -> Line:
    if event.kind == "payoff":
        paid, why = signed(event.value or 0.0), event.payload.get("why")
        who = (names.name(event.agent), Span("  payoff "), Span(paid, _color(paid)))
        return (names.row(event.seq), *who, Span(f"  {why}" if why else "", DIM))
    words = event.kind + (f" → {event.target}" if event.target else "") + _content(event)
    if event.agent:
        return (names.row(event.seq), names.name(event.agent), Span(f"  {words}"))
    return (names.row(event.seq), Span(words, "italic"))


def _content(event: Event) -> str:
    """What an event holds, to stand behind its kind."""
    value = {} if event.value is None else {"value": event.value}
    text = f" {quoted(event.text)}" if event.text else ""
    return text + (f": {value_words({**value, **event.payload})}" if value or event.payload else "")


def _shown_line(shown: Shown, names: Names) -> Line:
    line, event = shown
    if event is not None:
        what = f": payoff {signed(event.value or 0.0)}" if event.kind == "payoff" else _content(event)
    else:
        item = "" if line.item.isdecimal() else f" {line.item}"  # a bare number says nothing to a reader
        what = item + (f" {quoted(line.text)}" if line.text else "")
    return (names.row(line.seq), names.name(line.agent), Span(f"  is shown {line.kind}{what}", DIM))
