"""A form filled in by lines of ``field: value`` instead of JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agents.parsing.cues import DOUBT, NEGATION, OTHERS, without_fences
from agents.parsing.plain import near_value
from lab.core.spaces import Choice, Form, Quantity

MAX_CHARS = 4_000
_PART = re.compile(r"[^\n,;]+")
_AROUND_VALUE = "*_`\"'“” \t"
_OWN = re.compile(
    r"\W*+(?:here are )?(?:i assign|(?:my )?(?:final )?(?:points|deductions|answers?|decisions?))\b",
    re.IGNORECASE,
)
_AROUND_NAME = _AROUND_VALUE + "•#-"


def field_lines(text: str, form: Form) -> Mapping[str, tuple[Any, int, int]] | None:
    """(value, start, end) of every field, where `text` is one ``field: value`` for each and nothing else.

    A first line that only announces them is let be. Every field must be a choice or a quantity.
    """
    plain = all(isinstance(space, Choice | Quantity) for space in form.fields.values())
    names = {name.casefold(): name for name in form.fields}
    if not plain or len(names) < len(form.fields) or len(text) > MAX_CHARS:
        return None
    parts = [part for part in _PART.finditer(without_fences(text)) if part[0].strip()]
    if len(parts) == len(form.fields) + 1 and _announces(parts[0][0]):
        parts = parts[1:]
    read: dict[str, tuple[Any, int, int]] = {}
    for part in parts:
        key, _, written = part[0].partition("=" if "=" in part[0] else ":")
        name = names.get(key.strip(_AROUND_NAME).casefold(), "")
        value = near_value(written, form.fields[name]) if name in form.fields else None
        if value is None or name in read:
            return None
        start = part.end() - len(written.lstrip(_AROUND_VALUE))
        read[name] = (value, start, start + len(written.strip(_AROUND_VALUE)))
    return read if read and read.keys() == form.fields.keys() else None


def _announces(line: str) -> bool:
    """Whether a line leads over to the agent's own values."""
    own = _OWN.match(line) and line.rstrip(_AROUND_VALUE).endswith(":")
    return bool(own and not any(cue.search(line) for cue in (DOUBT, NEGATION, OTHERS)))
