"""Actions and plans as text: ``stack(a, b)`` and ``(stack a b)``, one to a line."""

from __future__ import annotations

import re

from scenarios.planning.strips.schemas import Action

_NAME = r"[a-z0-9_][a-z0-9_-]*"
_CALL = re.compile(rf"({_NAME})\s*\(\s*((?:[a-z0-9_-]+(?:\s*,\s*[a-z0-9_-]+)*)?)\s*\)")
_LIST = re.compile(rf"\(\s*({_NAME})((?:\s+[a-z0-9_-]+)*)\s*\)")
_STEP = re.compile(r"^\d+(?:\.\d+)?\s*:\s*")

MAX_LINE = 1_000
"""The longest line that is looked at, in characters; a longer one is no action."""


def parse_action(line: str) -> Action | None:
    """The action that a line says, in either form and any case; None when it says none (``parse_error``).

    Nothing is guessed: the whole line must be one action.
    """
    text = line.strip().lower()
    if len(line) > MAX_LINE or not text.isascii():
        return None
    if call := _CALL.fullmatch(text):
        return Action(call[1], tuple(re.split(r"\s*,\s*", call[2])) if call[2] else ())
    if listed := _LIST.fullmatch(text):
        return Action(listed[1], tuple(listed[2].split()))
    return None


def parse_plan(text: str) -> tuple[Action | None, ...]:
    """The actions of a plan file, None for each line that is none; ``;`` begins a comment.

    A step may carry its time or number in front, as in ``0: (pick-up a)``.
    """
    lines = [line.partition(";")[0].strip() for line in text.splitlines()]
    return tuple([parse_action(_STEP.sub("", line)) for line in lines if line])
