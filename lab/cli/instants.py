"""What happens at one tick, as lines: in each phase what its agents did and got, then what the world did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.analysis.transcript import DecisionLine
from lab.cli.printing import Line, Span
from lab.cli.words import act_words, facts_words, plain_facts, quoted, signed, value_words
from lab.core.records import VALID, Claim, Event, Status

if TYPE_CHECKING:
    from lab.analysis.transcript import ExposureLine

WIDEST = 48
DIM = "dim"
COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red", "bright_cyan", "bright_magenta")


@dataclass(frozen=True, slots=True)
class Names:
    """The agents of a run as lines show them, and the params that no line needs to repeat."""

    names: tuple[str, ...]
    params: Mapping[str, Any]

    def name(self, agent: str | None) -> Span:
        """An agent's name, padded, in its own colour."""
        width = max(map(len, self.names))
        if agent not in self.names:
            return Span((agent or "").ljust(width))
        return Span(agent.ljust(width), f"bold {COLOURS[self.names.index(agent) % len(COLOURS)]}")

    def indent(self) -> Span:
        """The room that names take."""
        return Span(" " * (max(map(len, self.names)) + 4))


class _Widths(NamedTuple):
    """How wide the columns of a phase are, in letters."""

    act: int
    payoff: int


@dataclass(frozen=True, slots=True)
class Instant:
    """One tick: its decisions and events by seq, and what was shown to agents before its decisions."""

    tick: int
    lines: Sequence[DecisionLine | Event]
    shown: Mapping[int, Sequence[ExposureLine]]

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
        Span("  "),
        names.name(line.decision.agent),
        Span(f"  {_words(line).ljust(widths.act)}", "" if status in VALID else "bold red"),
        Span(f" ({status})" if mended else "", "yellow"),
        Span(f"  {payoff.rjust(widths.payoff)}" if widths.payoff else "", _colour(payoff)),
        Span(f"  {facts_words(facts)}" if facts else "", DIM),
    )


def _colour(payoff: str) -> str:
    return "red" if payoff.startswith("-") else "green"


def _beside(line: DecisionLine, names: Names) -> Iterator[Line]:
    """Under a decision: the reply in its own words, what was claimed, what was hidden."""
    decision = line.decision
    if decision.raw and decision.raw.strip() != decision.action:
        yield (names.indent(), Span(quoted(decision.raw), "italic"))
    for claim in line.claims:
        yield (names.indent(), _claim_span(claim))
    if line.truths:
        told = (
            f"{name} {value_words(truth.value)}"
            + ("" if truth.posterior is None else f" (log-odds {truth.posterior:+.2f})")
            for name, truth in line.truths.items()
        )
        yield (names.indent(), Span(f"hidden: {', '.join(told)}", DIM))


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
        why = str(event.payload.get("why") or "payoff")
        value = event.value or 0.0
        return (
            Span("  "),
            names.name(event.agent),
            Span(f"  {why}  "),
            Span(signed(value), _colour(signed(value))),
        )
    words = [event.kind]
    words += [f"→ {event.target}"] if event.target else []
    words += [value_words(event.value)] if event.value is not None else []
    words += [quoted(event.text)] if event.text else []
    told = " ".join(words) + (f": {value_words(event.payload)}" if event.payload else "")
    who = (names.name(event.agent), Span("  ")) if event.agent else ()
    return (Span("  "), *who, Span(told, "" if event.agent else "italic"))


def _shown_line(exposure: ExposureLine, names: Names) -> Line:
    text = f" {quoted(exposure.text)}" if exposure.text else ""
    return (
        Span("  "),
        names.name(exposure.agent),
        Span(f"  is shown {exposure.kind} {exposure.item}{text}", DIM),
    )
