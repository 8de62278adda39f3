"""Options under the names an agent was shown, and back.

All parsing happens in the shown space, so that no problem an agent reads tells it a name that it never saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.core.spaces import Choice, Form, Space

NO_LABELS: Mapping[str, str] = {}


def shown_space(space: Space, labels: Mapping[str, str]) -> Space:
    """The space as the agent saw it: its options under their shown names, in every field.

    Raises:
        RuleError: when two options of a choice are shown under one name.
    """
    if isinstance(space, Choice):
        return Choice(*(labels.get(option, option) for option in space.options))
    if isinstance(space, Form):
        return Form(space.name, {name: shown_space(field, labels) for name, field in space.fields.items()})
    return space


def meant(value: Any, space: Space, labels: Mapping[str, str]) -> Any:
    """The plain value of `space` behind a legal value of its shown space."""
    if isinstance(space, Choice):
        return next(option for option in space.options if labels.get(option, option) == value)
    if isinstance(space, Form):
        return {name: meant(value[name], field, labels) for name, field in space.fields.items()}
    return value
