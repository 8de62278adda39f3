"""Action spaces: what an agent may do at an ask. They describe and check themselves.

    Choice     one of named options                 action = the option,     args = {}
    Quantity   a number in a range                  action = the space name, args = {"amount": 8}
    Message    a text                               action = the space name, args = {"text": "…"}
    Form       several named fields at once         action = the space name, args = one value per field
    Menu       one action with its arguments        action = its name,       args = its arguments (`menu`)

A space never guesses: a reply it cannot take is refused with a sentence that says what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

from lab.core.canonical import canonical, clean_text, content_hash, shown
from lab.core.errors import RuleError

_BRIEF = 80


class SpaceMismatch(Exception):
    """A value outside the space; the text says what is allowed. Data, not a `LabError`."""


@dataclass(frozen=True, slots=True)
class Act:
    """A legal action: its name and its arguments."""

    action: str
    args: Mapping[str, Any]


@dataclass(frozen=True)
class Space:
    """Base of the five spaces; `read`, `sample`, `describe` and `schema` are what each defines."""

    def read(self, value: Any) -> Act:
        """The action that a plain value stands for.

        Raises:
            SpaceMismatch: when the value is not in the space.
        """
        raise NotImplementedError

    def sample(self, uniform: Callable[[], float]) -> Any:
        """A plain value drawn uniformly from the space, taking numbers in [0, 1) from `uniform`."""
        raise NotImplementedError

    def first(self) -> Any:
        """The plain value that comes first: the first option, the lowest amount, an empty text."""
        raise NotImplementedError

    def describe(self) -> str:
        """One sentence for an agent: what it may answer."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of a plain value of this space."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """The space as data, as the log keeps it."""
        raise NotImplementedError

    @cached_property
    def text(self) -> str:
        """The canonical JSON of the space; what the log stores."""
        return canonical(self.to_json())

    @cached_property
    def text_hash(self) -> str:
        """The content address of `text`."""
        return content_hash(self.text)

    def value_of(self, act: Act) -> Any:
        """The plain value of a legal action; the inverse of `read`."""
        raise NotImplementedError


@dataclass(frozen=True)
class Choice(Space):
    """One of `options`, each a distinct non-empty name."""

    options: tuple[str, ...]

    def __init__(self, *options: str) -> None:
        texts = all(isinstance(option, str) for option in options) and all(options)
        if not options or not texts or len(set(options)) != len(options):
            raise RuleError(f"a choice needs distinct, non-empty options, not {options!r}")
        object.__setattr__(self, "options", options)

    @cached_property
    def _acts(self) -> dict[str, Act]:
        return {option: Act(option, {}) for option in self.options}

    def read(self, value: Any) -> Act:
        act = self._acts.get(value) if isinstance(value, str) else None
        if act is None:
            raise SpaceMismatch(f"{_brief(value)} is not one of {', '.join(self.options)}")
        return act

    def sample(self, uniform: Callable[[], float]) -> str:
        return self.options[int(uniform() * len(self.options))]

    def first(self) -> str:
        return self.options[0]

    def describe(self) -> str:
        return f"Choose one of: {', '.join(self.options)}."

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.options)}

    def to_json(self) -> dict[str, Any]:
        return {"kind": "choice", "options": list(self.options)}

    def value_of(self, act: Act) -> str:
        return act.action


@dataclass(frozen=True)
class Quantity(Space):
    """A number from `low` to `high` in `unit`s; whole unless `whole=False`."""

    name: str
    low: float
    high: float
    unit: str = ""
    whole: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise RuleError(f"quantity '{self.name}': low {self.low} and high {self.high} are no range")
        if self.whole and math.ceil(self.low) > math.floor(self.high):
            raise RuleError(f"quantity '{self.name}': no whole number from {self.low} to {self.high}")

    def read(self, value: Any) -> Act:
        if isinstance(value, bool) or not isinstance(value, Real):
            raise SpaceMismatch(f"{self.name}: {_brief(value)} is not a number")
        if not self.low <= value <= self.high:  # type: ignore[operator]  # NaN and infinity fail here too
            raise SpaceMismatch(f"{self.name}: {_brief(value)} is not between {self.low} and {self.high}")
        if not self.whole:
            return Act(self.name, {"amount": float(value)})
        if value != int(value):  # type: ignore[call-overload]
            raise SpaceMismatch(f"{self.name}: {_brief(value)} is not a whole number")
        return Act(self.name, {"amount": int(value)})  # type: ignore[call-overload]

    def sample(self, uniform: Callable[[], float]) -> float:
        if not self.whole:
            return self.low + uniform() * (self.high - self.low)
        low, high = math.ceil(self.low), math.floor(self.high)
        return min(low + int(uniform() * (high - low + 1)), high)

    def first(self) -> float:
        return math.ceil(self.low) if self.whole else self.low

    def describe(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.name}: {kind} from {self.low} to {self.high}{unit}."

    def schema(self) -> dict[str, Any]:
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.low, "maximum": self.high}

    def to_json(self) -> dict[str, Any]:
        data = {"kind": "quantity", "name": self.name, "low": self.low, "high": self.high}
        return data | {"unit": self.unit, "whole": self.whole}

    def value_of(self, act: Act) -> Any:
        return act.args["amount"]


@dataclass(frozen=True)
class Message(Space):
    """A text of at most `max_chars` characters; empty means to say nothing."""

    name: str = "say"
    max_chars: int = 2000

    def read(self, value: Any) -> Act:
        if not isinstance(value, str):
            raise SpaceMismatch(f"{self.name}: {_brief(value)} is not a text")
        text = clean_text(value)
        if len(text) > self.max_chars:
            raise SpaceMismatch(f"{self.name}: {len(text)} characters, at most {self.max_chars}")
        return Act(self.name, {"text": text})

    def sample(self, uniform: Callable[[], float]) -> str:
        return ""

    def first(self) -> str:
        return ""

    def describe(self) -> str:
        return f"{self.name}: a text of at most {self.max_chars} characters; leave it empty to say nothing."

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max_chars}

    def to_json(self) -> dict[str, Any]:
        return {"kind": "message", "name": self.name, "max_chars": self.max_chars}

    def value_of(self, act: Act) -> str:
        return str(act.args["text"])


@dataclass(frozen=True)
class Form(Space):
    """Several named fields answered together; each field is a space of its own."""

    name: str
    fields: Mapping[str, Space]

    def read(self, value: Any) -> Act:
        if not isinstance(value, Mapping):
            raise SpaceMismatch(f"{self.name}: {_brief(value)} is not a form with {', '.join(self.fields)}")
        missing = [name for name in self.fields if name not in value]
        if missing:
            raise SpaceMismatch(f"{self.name}: not filled in: {', '.join(missing)}")
        extra = [_brief(name) for name in value if name not in self.fields]
        if extra:
            known = ", ".join(self.fields)
            raise SpaceMismatch(f"{self.name}: no such field: {', '.join(extra)} (fields: {known})")
        args = {name: space.value_of(space.read(value[name])) for name, space in self.fields.items()}
        return Act(self.name, args)

    def sample(self, uniform: Callable[[], float]) -> dict[str, Any]:
        return {name: space.sample(uniform) for name, space in self.fields.items()}

    def first(self) -> dict[str, Any]:
        return {name: space.first() for name, space in self.fields.items()}

    def describe(self) -> str:
        return f"{self.name}: fill in each of: " + " ".join(
            f"[{name}] {space.describe()}" for name, space in self.fields.items()
        )

    def schema(self) -> dict[str, Any]:
        properties = {name: space.schema() for name, space in self.fields.items()}
        required = list(self.fields)
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def to_json(self) -> dict[str, Any]:
        fields = {name: space.to_json() for name, space in self.fields.items()}
        return {"kind": "form", "name": self.name, "fields": fields}

    def value_of(self, act: Act) -> Any:
        return dict(act.args)


def _brief(value: Any) -> str:
    text = shown(value)
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"
