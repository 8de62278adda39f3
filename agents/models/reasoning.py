"""Thinking that a model writes into its reply, kept apart from the answer."""

from __future__ import annotations

import re

_OPENED = re.compile(r"\s*<think>(.*?)(?:</think>\s*|\Z)", re.DOTALL)
_ONLY_CLOSED = re.compile(r"((?:(?!<think>).)*?)</think>\s*", re.DOTALL)


def split_reasoning(text: str) -> tuple[str | None, str]:
    """(thinking or None, answer) of a reply that may begin with ``<think>…</think>``.

    Thinking cut off before its end leaves an empty answer. Some chat templates open the tag in the prompt, so
    that the reply only closes it.
    """
    match = _OPENED.match(text) or _ONLY_CLOSED.match(text)
    if match is None:
        return None, text
    return match[1].strip() or None, text[match.end() :]
