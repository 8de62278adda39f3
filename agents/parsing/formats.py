"""What an agent is told about how to answer: the JSON Schema, the sentence, and every legal reply."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agents.parsing.objects import KEY
from agents.parsing.shown import NO_LABELS, shown_space
from lab.core.errors import UsageError
from lab.core.menu import Menu
from lab.core.spaces import Choice, Form, Message, Quantity, Space


def answer_schema(space: Space, labels: Mapping[str, str] = NO_LABELS) -> dict[str, Any]:
    """The JSON Schema of a reply: an object with ``answer``, or with the fields of a form.

    Args:
        space: what may be answered.
        labels: option to the name it is shown under.
    """
    return _typed(_answer_form(shown_space(space, labels)).schema())


def reply_format(space: Space, labels: Mapping[str, str] = NO_LABELS) -> str:
    """The sentences that tell an agent what it may answer: in JSON, or from a menu as a call."""
    shown = shown_space(space, labels)
    if isinstance(shown, Menu):
        quotes = " A text that holds commas stands in double quotes." if _mixes_texts(shown) else ""
        return (
            f"{_menu(shown)} Reply with one line of the form ACT: name(argument, …) and nothing else.{quotes}"
        )
    shape = _shape(_answer_form(shown))
    return f"{_allowed(shown)} Reply with a JSON object of this shape and nothing else: {shape}"


def choice_format(space: Space, labels: Mapping[str, str] = NO_LABELS) -> str:
    """The sentence that tells an agent to answer with one legal reply and no other word.

    Raises:
        UsageError: when the space has no finite list of replies.
    """
    shown = shown_space(space, labels)
    if isinstance(shown, Choice):
        return f"Answer with exactly one of these and nothing else: {', '.join(shown.options)}"
    if isinstance(shown, Quantity) and shown.whole:
        return f"Answer with exactly one whole number from {shown.low} to {shown.high} and nothing else."
    if isinstance(shown, Menu):
        return f"{_menu(shown)} Answer with exactly one of these calls and nothing else."
    raise UsageError(f"no finite list of replies to score: {shown.describe()} Use `decide: generate`.")


def finite_choices(
    space: Space, labels: Mapping[str, str] = NO_LABELS, limit: int = 256
) -> tuple[tuple[str, Any], ...] | None:
    """(reply, plain value) of every legal reply to a choice, a whole quantity or a menu of such arguments.

    Returns:
        None for other spaces, and when there are more than `limit` replies.
    """
    if isinstance(space, Choice):
        shown = shown_space(space, labels).schema()["enum"]
        return tuple(zip(shown, space.options, strict=True)) if len(shown) <= limit else None
    if isinstance(space, Quantity) and space.whole:
        low, high = math.ceil(space.low), math.floor(space.high)
        return tuple((str(n), n) for n in range(low, high + 1)) if high - low < limit else None
    if isinstance(space, Menu):
        values = space.finite(limit)
        return None if values is None else tuple((space.line(value), value) for value in values)
    return None


def _mixes_texts(menu: Menu) -> bool:
    """Whether some action takes a text beside other arguments."""
    every = (fields.values() for fields in menu.actions.values())
    return any(len(each) > 1 and any(isinstance(one, Message) for one in each) for each in every)


def _menu(menu: Menu) -> str:
    """Every action with what its arguments may be."""
    return "You can do one of: " + "; ".join(map(menu.usage, menu.actions)) + "."


def _answer_form(space: Space) -> Form:
    """The space as an object: a form is one, anything else becomes its one field."""
    return space if isinstance(space, Form) else Form(KEY, {KEY: space})


def _allowed(space: Space) -> str:
    """What may be answered; without a unit, which the question has in the words of the cover story."""
    if not isinstance(space, Form):
        return f"{_instruction(space)}."
    fields: dict[str, list[str]] = {}
    for name, leaf in _leaves(space):
        fields.setdefault(_instruction(leaf), []).append(name)
    return " ".join(f"For {_each(names)}: {one[0].lower()}{one[1:]}." for one, names in fields.items())


def _each(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"each of {', '.join(names)}"


def _leaves(form: Form, inside: str = "") -> Iterator[tuple[str, Space]]:
    """The fields that take one answer, by their path in the form."""
    for name, field in form.fields.items():
        if isinstance(field, Form):
            yield from _leaves(field, f"{inside}{name}.")
        else:
            yield inside + name, field


def _instruction(space: Space) -> str:
    """What to do about a space that takes one answer."""
    if isinstance(space, Choice):
        return f"Choose one of: {', '.join(space.options)}"
    if isinstance(space, Quantity):
        return f"Give a {'whole ' if space.whole else ''}number from {space.low} to {space.high}"
    assert isinstance(space, Message), "what takes one answer is a choice, a quantity or a message"
    return f"Write a text of at most {space.max_chars} characters; leave it empty to say nothing"


def _typed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the type of every choice; strict servers refuse a schema without."""
    if "enum" in schema:
        return {"type": "string", **schema}
    if "anyOf" in schema:
        return schema | {"anyOf": [_typed(one) for one in schema["anyOf"]]}
    if "properties" in schema:
        return schema | {"properties": {name: _typed(one) for name, one in schema["properties"].items()}}
    return schema


def _shape(space: Space) -> str:
    """An object to fill in; no placeholder is a legal value."""
    if isinstance(space, Form):
        return "{" + ", ".join(f"{_quoted(name)}: {_shape(one)}" for name, one in space.fields.items()) + "}"
    if isinstance(space, Quantity):
        return "<number>"
    return '"<text>"' if isinstance(space, Message) else '"<option>"'


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
