"""The answer that a JSON object gives: under `answer`, in the fields of a form, or inside a tool call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.parsing.plain import near_value
from agents.parsing.scan import Node
from lab.core.spaces import Choice, Form, Message, Quantity, Space, SpaceMismatch

KEY = "answer"
"""The one field of an answer that is no form."""

_OTHER_KEYS: Mapping[type[Space], frozenset[str]] = {
    Choice: frozenset({"choice", "action", "decision", "option", "final_answer"}),
    Quantity: frozenset({"amount", "decision", "final_answer"}),
    Message: frozenset({"message", "text", "final_answer"}),
}
_WRAPPERS = frozenset(
    {"answer", "arguments", "args", "function", "function_call", "input", "output", "parameters", "response"}
    | {"result", "tool_call", "tool_calls"}
)
REMARKS = frozenset(
    {"analysis", "comment", "confidence", "explanation", "justification", "note", "notes", "rationale"}
    | {"reason", "reasoning", "reasons", "thinking", "thought", "thoughts", "why"}
)
BELIEFS = frozenset({"belief", "beliefs", "expectation", "guess", "prediction", "predictions"})
_PLACEHOLDER = re.compile(r"\s*<[^<>]{1,60}>\s*")


@dataclass(frozen=True, slots=True)
class Reading:
    """What an object answers.

    Attributes:
        value: plain value, legal in the space.
        spans: where in the text each value stands.
        exact: whether the object is just what was asked for.
        remarks: what else the object says, in its own words.
    """

    value: Any
    spans: Mapping[str, tuple[int, int]]
    exact: bool
    remarks: tuple[str, ...] = ()


def answers(node: Node, space: Space) -> Iterator[Reading | str]:
    """Every answer in an object; one that the space refuses is the sentence that says why."""
    members = _named(node.value, space)
    if members is not None:
        try:
            yield _read(node, members, space)
        except SpaceMismatch as problem:
            yield str(problem)
        return
    for key, child in node.value.items():
        if key.casefold() in _WRAPPERS or key == getattr(space, "name", None):
            for inner in child.value if isinstance(child.value, list) else [child]:
                if isinstance(inner.value, dict):
                    yield from map(_inexact, answers(inner, space))


def _inexact(answer: Reading | str) -> Reading | str:
    return answer if isinstance(answer, str) else replace(answer, exact=False)


def _named(members: Mapping[str, Node], space: Space) -> dict[str, Node] | None:
    """The members under the names the space knows, remarks left out; None when the object is no answer."""
    names = space.fields.keys() if isinstance(space, Form) else {KEY}
    known = _near_keys(space, members)
    named = {key if key in names else known.get(key.casefold(), key): node for key, node in members.items()}
    if names and not names & named.keys():
        return None
    if len(named) < len(members):  # two keys for one name
        return dict(members)
    aside = REMARKS | BELIEFS
    return {name: node for name, node in named.items() if name in names or name.casefold() not in aside}


def _near_keys(space: Space, members: Mapping[str, Node]) -> dict[str, str]:
    """Case-folded key to the name it stands for, where that is clear."""
    if isinstance(space, Form):
        folded = [name.casefold() for name in space.fields]
        pairs = zip(folded, space.fields, strict=True)
        return {key: name for key, name in pairs if folded.count(key) == 1}
    if any(key.casefold() == KEY for key in members):
        return {KEY: KEY}
    others = _OTHER_KEYS[type(space)] | {str(getattr(space, "name", KEY)).casefold()}
    return dict.fromkeys(others, KEY)


def _read(node: Node, members: dict[str, Node], space: Space) -> Reading:
    """The reading of an answer object.

    Raises:
        SpaceMismatch: when a value is illegal, or a field is missing or one too many.
    """
    fields = space.fields if isinstance(space, Form) else {KEY: space}
    read = {name: _value(members[name], field) for name, field in fields.items() if name in members}
    values: dict[str, Any] = {name: value for name, (value, _) in read.items()}
    Form(getattr(space, "name", KEY), fields).read(values | dict.fromkeys(members.keys() - values.keys()))
    spans = {name: (members[name].start, members[name].end) for name in values}
    exact = node.exact and members.keys() == node.value.keys() and all(one for _, one in read.values())
    said = (child.value for key, child in node.value.items() if key.casefold() in REMARKS - members.keys())
    remarks = tuple(remark for remark in said if isinstance(remark, str))
    return Reading(values if isinstance(space, Form) else values[KEY], spans, exact, remarks)


def _value(node: Node, space: Space) -> tuple[Any, bool]:
    """The legal value at a node, and whether it is written as asked.

    Raises:
        SpaceMismatch: when there is none.
    """
    if isinstance(space, Form) and isinstance(node.value, dict):
        members = _named(node.value, space)
        if members is not None:
            reading = _read(node, members, space)
            return reading.value, reading.exact
    said = plain(node)
    if isinstance(space, Message) and isinstance(said, str) and _PLACEHOLDER.fullmatch(said):
        raise SpaceMismatch(f"{said} is a placeholder; write the text itself")
    try:
        return space.value_of(space.read(said)), node.exact
    except SpaceMismatch:
        near = _near(node, space)
        if near is None:
            raise
        return space.value_of(space.read(near)), False


def _near(node: Node, space: Space) -> Any:
    """What a text, or for a choice a number or a truth value, stands for."""
    if isinstance(space, Choice) and isinstance(node.value, str | bool | int | float):
        return near_value(str(node.value), space)
    if isinstance(space, Quantity) and isinstance(node.value, str):
        return near_value(node.value, space)
    return None


def plain(node: Node) -> Any:
    """The node's value without places."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value
