"""Logged values in words: what an agent did, what it saw, what an event says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.core.canonical import parse
from lab.core.records import Decision

if TYPE_CHECKING:
    from db.reading import RunInfo

MOST_NUMBERS = 4
MOST_CHARS = 300


def value_words(value: Any) -> str:
    """JSON data in words: names before their values, mappings inside others in parentheses."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_inside(one)}" for name, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return _list_words(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return quoted(value) if " " in value else value
    return "none" if value is None else str(value)


def _inside(value: Any) -> str:
    return f"({value_words(value)})" if isinstance(value, Mapping) and value else value_words(value)


def _list_words(value: Sequence[Any]) -> str:
    """Items after each other; pairs and other rows of numbers inside a list keep together."""
    words = [",".join(map(value_words, one)) if _is_short(one) else _inside(one) for one in value]
    return " ".join(words) or "none"


def act_words(decision: Decision, space: Mapping[str, Any]) -> str:
    """What an agent did: ``chooses stag``, ``contribute 8 points``, ``says “hello”``, ``punish bob 2``."""
    if decision.action is None:
        return f"no valid answer ({decision.status})"
    if space["kind"] == "message":
        text = str(decision.args["text"])
        return f"“{text}”" if text else "says nothing"
    if space["kind"] == "quantity":
        return f"{decision.action} {value_words(decision.args['amount'])} {space.get('unit') or ''}".rstrip()
    if space["kind"] == "form":
        told = {name: one for name, one in decision.args.items() if one}
        return f"{decision.action} {value_words(told)}" if told else f"{decision.action} nothing"
    if space["kind"] == "choice":
        return f"chooses {decision.action}"
    return f"{decision.action} {value_words(decision.args)}" if decision.args else decision.action


def fork_words(fork: RunInfo, base: RunInfo) -> str:
    """How a run came from its base: ``from 4f… at row 42; from there: bob → scripted/grim, reseed 3``."""
    made = parse(fork.fork or "{}")
    changes = [" → ".join(swap.split("=", 1)) for swap in made.get("swap", ())]
    changes += [*made.get("set", ()), *([f"reseed {made['reseed']}"] if made.get("reseed") else [])]
    same = "; identical to its base" if fork.digest and fork.digest == base.digest else ""
    told = ", ".join(changes) or "nothing changed"
    return f"from {base.id} at row {fork.fork_at}; from there: {told}{same}"


def plain_facts(observation: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, str]:
    """The numbers and short texts of an observation in words, less those that the params fix."""
    return {
        name: value_words(value)
        for name, value in observation.items()
        if name not in known and (_is_plain(value) or _is_short(value))
    }


def facts_words(facts: Mapping[str, str]) -> str:
    """Facts after each other: ``stake 1, cards 4 3``."""
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def quoted(text: str) -> str:
    """A text in quotes on one line, cut when it is long."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= MOST_CHARS else line[: MOST_CHARS - 1] + '…'}”"


def signed(value: float) -> str:
    """A payoff with its sign."""
    return f"{value:+.6g}" if value else "0"


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= MOST_CHARS // 10)


def _is_short(value: Any) -> bool:
    listed = isinstance(value, list) and 0 < len(value) <= MOST_NUMBERS
    return listed and all(isinstance(one, int | float) for one in value)
