"""The menu: one of several actions, each with its own arguments, written as a call.

    ACT: stack(a, b)          ACT: limit(buy, 5, 1002)          ACT: open("/staff?page=2")

One line of text and one object of JSON say the same; both are read, and `line` writes the first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import ceil, floor, prod
from typing import Any

from lab.core.errors import RuleError, suggestion
from lab.core.spaces import Act, Choice, Form, Message, Quantity, Space, SpaceMismatch

ACTION = "action"
"""The member of a plain value that names the action; no argument has this name."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

_NEEDS_QUOTES = frozenset('"(),\n')
"""What a bare argument has none of."""


@dataclass(frozen=True)
class Menu(Space):
    """One of `actions`, each with the arguments it takes, in order.

    The plain value of an action is ``{"action": "stack", "x": "a", "y": "b"}``; its act has the name
    ``stack`` and the arguments as they are.
    """

    actions: Mapping[str, Mapping[str, Space]]

    def __post_init__(self) -> None:
        if not self.actions:
            raise RuleError("a menu needs one action or more")
        for action, fields in self.actions.items():
            simple = all(isinstance(one, Choice | Quantity | Message) for one in fields.values())
            if not _NAME.fullmatch(action) or ACTION in fields or not simple:
                raise RuleError(
                    f"action '{action}': a menu needs a plain name of letters, digits, - and _, and "
                    f"arguments that are choices, quantities or messages under other names than '{ACTION}'"
                )

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """The arguments of each action as a form of that name."""
        return {action: Form(action, dict(fields)) for action, fields in self.actions.items()}

    def read(self, value: Any) -> Act:
        name = value.get(ACTION) if isinstance(value, Mapping) else None
        if not isinstance(name, str):
            raise SpaceMismatch(f"no action is named (actions: {', '.join(self.actions)})")
        form = self.forms.get(name)
        if form is None:
            hint = suggestion(name, self.actions)
            raise SpaceMismatch(f"no action '{name[:40]}'{hint} (actions: {', '.join(self.actions)})")
        return form.read({key: one for key, one in value.items() if key != ACTION})

    def sample(self, uniform: Callable[[], float]) -> dict[str, Any]:
        """An action, all equally likely, and then arguments for it."""
        names = tuple(self.actions)
        name = names[int(uniform() * len(names))]
        return {ACTION: name, **self.forms[name].sample(uniform)}

    def first(self) -> dict[str, Any]:
        name = next(iter(self.actions))
        return {ACTION: name, **self.forms[name].first()}

    def describe(self) -> str:
        return "Do one of: " + "; ".join(map(self.usage, self.actions)) + "."

    def usage(self, action: str) -> str:
        """An action with what each argument may be: ``limit(side: buy or sell, qty: 1 to 10)``."""
        return f"{action}({', '.join(f'{name}: {_kind(one)}' for name, one in self.actions[action].items())})"

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self._schema_of(action) for action in self.actions]}

    def to_json(self) -> dict[str, Any]:
        actions = {
            action: {name: one.to_json() for name, one in fields.items()}
            for action, fields in self.actions.items()
        }
        return {"kind": "menu", "actions": actions}

    def value_of(self, act: Act) -> dict[str, Any]:
        return {ACTION: act.action, **act.args}

    def line(self, value: Mapping[str, Any]) -> str:
        """A plain value as a call: ``stack(a, b)``; a text is quoted as in JSON where it must be."""
        name = value[ACTION]
        arguments = (_written(field, value[field]) for field in self.actions[name])
        return f"{name}({', '.join(arguments)})"

    def finite(self, limit: int) -> Iterator[dict[str, Any]] | None:
        """Every plain value, None when they are more than `limit` or some argument is free."""
        ranges = {action: [_all(one) for one in fields.values()] for action, fields in self.actions.items()}
        if any(one is None for each in ranges.values() for one in each):
            return None
        known = {action: [one for one in each if one is not None] for action, each in ranges.items()}
        if sum(prod(map(len, each)) for each in known.values()) > limit:
            return None
        return (
            {ACTION: action, **dict(zip(self.actions[action], values, strict=True))}
            for action, each in known.items()
            for values in product(*each)
        )

    def _schema_of(self, action: str) -> dict[str, Any]:
        schema = self.forms[action].schema()
        properties = {ACTION: {"enum": [action]}, **schema["properties"]}
        return schema | {"properties": properties, "required": list(properties)}


def _all(space: Space) -> range | tuple[str, ...] | None:
    """Every value of an argument, None where they have no end."""
    if isinstance(space, Choice):
        return space.options
    if isinstance(space, Quantity) and space.whole:
        return range(ceil(space.low), floor(space.high) + 1)
    return None


def _kind(space: Space) -> str:
    """What an argument may be, in a few words."""
    if isinstance(space, Choice):
        return " or ".join(space.options)
    if isinstance(space, Quantity):
        return f"{'whole ' if space.whole else ''}number from {space.low:.12g} to {space.high:.12g}"
    return "text"


def _written(field: str, value: Any) -> str:
    """An argument as it stands in a call: in quotes where it would be read as something else without."""
    if not isinstance(value, str):
        return str(value)
    bare = value and value == value.strip() and not _NEEDS_QUOTES & set(value)
    if not bare or value[0] == "'" or re.match(rf"{re.escape(field)}\s*[=:]", value):
        return json.dumps(value, ensure_ascii=False)
    return value
