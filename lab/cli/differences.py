"""Where two runs part, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.analysis.transcript import DecisionLine
from lab.cli.printing import say
from lab.cli.words import act_words, value_words
from lab.core.records import Event

if TYPE_CHECKING:
    from lab.analysis.diff import Difference, Side
    from lab.analysis.transcript import Line


def difference_json(difference: Difference | None) -> dict[str, Any]:
    """A difference as JSON data; ``same`` is true without one."""
    if difference is None:
        return {"same": True}
    pair = difference.decisions
    return {
        "same": False,
        "runs": list(difference.runs),
        "settings": list(difference.settings),
        "seq": difference.seq,
        "decisions": [_side_json(side) for side in pair] if pair else None,
    }


def _side_json(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    decision = side.line.decision
    return {
        "seq": decision.seq,
        "tick": decision.tick,
        "agent": decision.agent,
        "phase": decision.phase,
        "observation": side.line.observation,
        "prompts": list(side.prompts),
        "action": decision.action,
        "args": decision.args,
        "status": decision.status,
        "raw": decision.raw,
    }


def tell_difference(difference: Difference | None) -> None:
    """Print where two runs part: their settings, the first row, the first decision with what it was asked."""
    if difference is None:
        say("the runs behave the same from end to end")
        return
    first, second = difference.runs
    say(f"{first} and {second} part at row {difference.seq}")
    if difference.settings:
        say("\nsettings that differ (first → second)")
        for setting in difference.settings:
            say(f"  {setting}")
    say(f"\nrow {difference.seq}")
    for run, line in zip(difference.runs, difference.rows, strict=True):
        say(f"  {run}  {_line_words(line)}")
    if difference.decisions is None:
        say("\nall decisions are the same")
        return
    say("\nthe first decision that differs")
    for run, side in zip(difference.runs, difference.decisions, strict=True):
        _tell_side(run, side)


def _tell_side(run: str, side: Side | None) -> None:
    if side is None:
        say(f"  {run}  the run is over")
        return
    decision = side.line.decision
    say(f"  {run}  {_line_words(side.line)}")
    say(f"    saw   {value_words(side.line.observation)}")
    for prompt in side.prompts:
        say(f"    asked {prompt}")
    if decision.raw is not None:
        say(f"    said  {decision.raw}")


def _line_words(line: Line | None) -> str:
    if line is None:
        return "the run is over"
    if isinstance(line, DecisionLine):
        decision = line.decision
        return f"tick {line.tick}, {decision.phase}: {decision.agent} {act_words(decision, line.space)}"
    if isinstance(line, Event):
        value = "" if line.value is None else f" {value_words(line.value)}"
        payload = f": {value_words(line.payload)}" if line.payload else ""
        return f"tick {line.tick}: {line.agent or 'world'} {line.kind}{value}{payload}"
    return f"tick {line.tick}: {line.agent} is shown {line.kind} {line.item}"
