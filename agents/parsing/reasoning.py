"""Reasoning that a model wrote into its reply: blanked out, so that only the answer is read."""

from __future__ import annotations

import re

_NAMES = "think|thinking|thought|thoughts|reasoning|analysis|scratchpad|reflection"
_TAG = re.compile(
    rf"""(?P<open> <(?:{_NAMES})> | \[THINK\] | ◁think▷ | <\|channel\|>analysis<\|message\|> )
       | (?P<close> </(?:{_NAMES})> | \[/THINK\] | ◁/think▷ | <\|channel\|>final<\|message\|> )""",
    re.VERBOSE | re.IGNORECASE,
)
_TURN_ENDS = re.compile(r"<\|(?:im_end|im_start|eot_id|endoftext)\|>|<end_of_turn>|</s>|\[INST\]")
_SIGNS = re.compile(r"<\|[a-z_]{1,20}\|>")


def without_reasoning(text: str) -> str | None:
    """`text` with spaces where it reasons, every other character at its place.

    A closing tag without an opening one ends reasoning that began in the prompt: all before it goes. So does
    all that follows the end of the agent's turn.

    Returns:
        None when the reply ends inside its reasoning.
    """
    opened: int | None = None
    spans = []
    for tag in _TAG.finditer(text):
        if tag["open"]:
            opened = tag.start() if opened is None else opened
        else:
            spans.append((opened or 0, tag.end()))
            opened = None
    if opened is not None:
        return None
    turn_end = _TURN_ENDS.search(text)
    if turn_end:
        spans.append((turn_end.start(), len(text)))
    return _blanked(text, spans + [sign.span() for sign in _SIGNS.finditer(text)])


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` with spaces in every span; spans that begin at 0 may cover earlier ones."""
    pieces, done = [], 0
    for start, end in sorted(spans):
        if end <= done:
            continue
        pieces += [text[done : max(start, done)], " " * (end - max(start, done))]
        done = end
    return "".join(pieces) + text[done:]
